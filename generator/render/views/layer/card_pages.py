"""The cards of a layer's page, and the pages on which those of a large layer go on."""

from __future__ import annotations

from dataclasses import dataclass

from generator.atlas.schema import PLACES, LayerRecord
from generator.render import urls
from generator.render.facts import FilterFacts, LayerFacts
from generator.render.views.frame import Frame, Frames, Link, Neighbours, Pair
from generator.render.views.layer.cards import Order, orders
from generator.render.views.layer.spans import page_of, spans
from generator.render.views.paging import Paging, paging
from generator.render.views.pictures import pair
from generator.render.words.rules import Projection

WHOLE_LAYER = "Find in the whole layer"


@dataclass(frozen=True)
class Card:
    """One filter of the layer."""

    number: str
    pair: Pair
    remark: str  # "" where all nine places are filled


@dataclass(frozen=True)
class Elsewhere:
    """Where to search what the page's own field does not reach."""

    link: Link
    ask: str  # what the finder is asked besides the reader's words: "Layer 5"


@dataclass(frozen=True)
class CardsView:
    """`<layer>/page2.html` and so on."""

    frame: Frame
    heading: str
    orders: tuple[Order, ...]
    projection: Projection
    cards: tuple[Card, ...]
    remarks: tuple[str, ...]  # none: the first page of the layer has them
    json: Link
    paging: Paging | None
    elsewhere: Elsewhere | None


def cards_view(frames: Frames, layer: LayerFacts, number: int) -> CardsView:
    """Return the view of a layer's second page or a later one; `number` counts from 1."""
    record = layer.record
    page = urls.layer(record.name, number)
    words = layer_pages(record)[number - 1][1]
    title = f"{record.title}, filters {words}"
    return CardsView(
        frame=frames.frame(
            page,
            title,
            f"Filters {words} of {record.title}, each with the patches that activate it most.",
            crumbs=[
                (urls.HOME, "Home"),
                (urls.layer(record.name), record.title),
                (page, f"Filters {words}"),
            ],
            scripts=card_scripts(frames, record.name, number),
            card_of=record.name,
            neighbours=Neighbours(up=(urls.layer(record.name), record.title)),
        ),
        heading=title,
        orders=orders(layer),
        projection=layer.projection,
        cards=cards_on(layer, number),
        remarks=(),
        json=facts_link(frames, page, record.name),
        paging=layer_paging(record, number),
        elsewhere=elsewhere(frames, record, number),
    )


def layer_pages(record: LayerRecord) -> tuple[tuple[str, str], ...]:
    """Return path and words of each page of a layer: "342 to 683"."""
    return tuple(
        (urls.layer(record.name, number), f"{span[0]} to {span[-1]}" if span else "none")
        for number, span in enumerate(spans(record.filters), 1)
    )


def pages_above(record: LayerRecord, number: int) -> tuple[tuple[str, str], ...]:
    """Return path and words of the pages above that of a filter, the one with its card last.

    That is the layer's own page, and where the card is on a later one, that as well.
    """
    own = (urls.layer(record.name), record.title)
    path, words = layer_pages(record)[page_of(number) - 1]
    return (own,) if path == own[0] else (own, (path, f"Filters {words}"))


def layer_paging(record: LayerRecord, number: int) -> Paging | None:
    """Return the way between the pages of a layer, as on one of them; None with one page."""
    page = urls.layer(record.name, number)
    return paging(page, f"Pages of {record.title}", "Filters", layer_pages(record))


def cards_on(layer: LayerFacts, number: int) -> tuple[Card, ...]:
    """Return the cards on a page of a layer, in order of number."""
    page = urls.layer(layer.record.name, number)
    span = spans(layer.record.filters)[number - 1]
    return tuple(
        Card(
            number=str(facts.number),
            pair=pair(page, layer, facts, small=True, brief=True),
            remark=_remark(facts),
        )
        for facts in layer.filters[span.start : span.stop]
    )


def card_scripts(frames: Frames, layer: str, number: int) -> list[str]:
    """Name the scripts of a page of a layer, its tables before the one that reads them."""
    at = [item.record.name for item in frames.gallery.layers].index(layer)
    return [urls.cards_script(at, number), "gallery.js"]


def elsewhere(frames: Frames, record: LayerRecord, number: int) -> Elsewhere | None:
    """Return the way to a search of all pages of a layer; None with one page."""
    if len(spans(record.filters)) == 1:
        return None
    page = urls.layer(record.name, number)
    return Elsewhere(frames.link(page, urls.FINDER, WHOLE_LAYER), record.title)


def facts_link(frames: Frames, page: str, layer: str) -> Link:
    """Return the link to the facts of a layer's filters."""
    return frames.link(page, urls.facts(layer), "The facts of all filters as JSON")


def _remark(facts: FilterFacts) -> str:
    filled = len(facts.places)
    if filled == PLACES:
        return ""
    return "dead" if filled == 0 else f"{filled} of {PLACES}"
