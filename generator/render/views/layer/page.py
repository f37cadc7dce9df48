"""The page of a layer: its text, then every filter as a card, or the first of very many."""

from __future__ import annotations

from dataclasses import dataclass

from generator.render import urls
from generator.render.facts import LayerFacts
from generator.render.site.markup import read_markup
from generator.render.text.texts import Texts
from generator.render.views.frame import Fact, Frame, Frames, Link, Pair, Picture
from generator.render.views.layer.card_pages import Cards, card_scripts, cards_on
from generator.render.views.layer.health import Trouble, health_view
from generator.render.views.layer.summary import Summary, summary_view
from generator.render.views.layer.trends import Trends, trends_view
from generator.render.views.pictures import field_words, pair, seen_words
from generator.render.views.study import Section, sections_of
from generator.render.words.words import count, first_capital, pixels, several

SHOWN_ABOVE = 3  # filters shown beside the text
ENLARGED = 4  # screen pixels for each weight of a kernel


@dataclass(frozen=True)
class LayerView:
    """`<layer>/index.html`."""

    frame: Frame
    facts: tuple[Fact, ...]
    about: str  # what its units are, and how much of the image they see; "" where all is usual
    invitations: tuple[Link, ...]  # to studies
    sections: tuple[Section, ...]  # that studies add
    html: str
    strongest: tuple[Pair, ...]
    kernels_title: str
    # All kernels at moments of training, with words; none where maps are the input.
    kernels: tuple[tuple[Picture, str], ...]
    summary: Summary | None  # None without stimuli
    health: tuple[Trouble, ...]
    trends: Trends | None  # None with one layer
    filters: str
    cards: Cards


def layer_view(frames: Frames, texts: Texts, layer: LayerFacts) -> LayerView:
    """Return the view of a layer's page."""
    record = layer.record
    page = urls.layer(record.name)
    text = frames.content.layers[record.name]
    html = texts.html(text, page)
    seen, effective = seen_words(layer), record.effective_field
    apart = Fact("Distance between units", pixels(record.stride))
    # A text that shows filters of its own needs no others beside it.
    beside = () if "<figure" in html else layer.steadiest(SHOWN_ABOVE)
    layers = [(urls.layer(each.record.name), each.record.title) for each in frames.gallery.layers]
    at = layers.index((page, record.title))
    return LayerView(
        frame=frames.frame(
            page,
            record.title,
            text.summary,
            crumbs=[(page, record.title)],
            scripts=card_scripts(frames, record.name, 1),
            card_of=record.name,
            previous=layers[at - 1] if at else None,
            following=layers[at + 1] if at + 1 < len(layers) else None,
        ),
        facts=(
            Fact("Filters", count(record.filters)),
            Fact("Each unit sees", seen),
            *((Fact("Effective field", pixels(effective)),) if effective else ()),
            *((apart,) if record.grid != (1, 1) else ()),
            Fact("Units of one filter", f"{record.grid[0]} × {record.grid[1]}"),
        ),
        about=" ".join(filter(None, (frames.module_of(record), field_words(layer)))),
        invitations=frames.invitations(page, record.name),
        sections=sections_of(study.on_layer(frames, layer) for study in frames.studies),
        html=html,
        strongest=tuple(pair(page, layer, facts, small=True) for facts in beside if facts.places),
        kernels_title=_kernels_title(layer),
        kernels=_kernels(page, layer),
        summary=summary_view(layer),
        health=health_view(layer, read_markup(html).elements),
        trends=trends_view(frames.gallery.layers, page, record.name),
        filters=first_capital(several(record.filters, "filter", "filters")),
        cards=cards_on(frames, layer, 1),
    )


def _kernels_title(layer: LayerFacts) -> str:
    if layer.manifest.network.is_random:
        return "The kernels"
    return "While it learned" if len(layer.record.kernels) > 2 else "Before and after it learned"


def _kernels(page: str, layer: LayerFacts) -> tuple[tuple[Picture, str], ...]:
    record = layer.record
    sheets = [(sheet, sheet.words) for sheet in record.kernels]
    if layer.manifest.network.is_random:
        # Only the network's own kernels: no training lies between them and others.
        sheets = [(sheet, "random weights") for sheet in record.kernels[-1:]]
    return tuple(
        (
            Picture(
                src=urls.link(page, urls.kernels(record.name, sheet.name)),
                width=sheet.width * ENLARGED,
                height=sheet.height * ENLARGED,
                alt=f"The kernels of all {record.filters} filters, {words}",
                pixelated=True,
            ),
            first_capital(words),
        )
        for sheet, words in sheets
    )
