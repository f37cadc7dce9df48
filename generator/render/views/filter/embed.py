"""The small page of a filter, which a course can show in a frame: two sheets, words, a link."""

from __future__ import annotations

from dataclasses import dataclass

from generator.render import urls
from generator.render.facts import LayerFacts
from generator.render.views.frame import Frame, Frames, Link, Pair
from generator.render.views.pictures import pair
from generator.render.words.words import first_capital


@dataclass(frozen=True)
class EmbedView:
    """`<layer>/<filter>.embed.html`."""

    frame: Frame
    pair: Pair
    words: str
    whole: Link  # the filter's page


def embed_view(frames: Frames, layer: LayerFacts, number: int) -> EmbedView:
    """Return the view of a filter's small page."""
    record = layer.record
    page, whole = urls.embedded(record.name, number), urls.filter_page(record.name, number)
    shown = pair(page, layer, layer.filters[number], small=False)
    return EmbedView(
        frame=frames.frame(page, shown.title, shown.words, card_of=record.name),
        pair=shown,
        words=f"{first_capital(shown.words)}." if shown.words else "",
        whole=frames.link(page, whole, shown.title),
    )
