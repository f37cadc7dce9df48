"""The cards of a layer's page, and the pages on which those of a large layer go on."""

from __future__ import annotations

from dataclasses import dataclass

from generator.atlas.schema import PLACES, LayerRecord
from generator.render import urls
from generator.render.facts import LayerFacts
from generator.render.views.frame import Frame, Frames, Link, Pair, Target
from generator.render.views.layer.cards import orders
from generator.render.views.layer.spans import page_of, spans
from generator.render.views.paging import Paging, paging
from generator.render.views.pictures import pair
from generator.render.views.study import CardPictures
from generator.render.words.rules import Projection


@dataclass(frozen=True)
class Card:
    """One filter of the layer."""

    number: str
    pair: Pair
    remark: str  # "" where all nine places are filled


@dataclass(frozen=True)
class Cards:
    """The cards on a page of a layer, and what stands about them."""

    cards: tuple[Card, ...]
    choices: tuple[CardPictures, ...]  # of pictures, that studies add
    orders: tuple[tuple[str, str], ...]  # name and words of each
    projection: Projection
    remarks: tuple[str, ...]  # plain words on dead filters and empty places, on the first page
    json: Link
    paging: Paging | None  # None where the page has every card
    elsewhere: Link | None  # where to search what the page's own field does not reach; likewise
    layer: str  # what the finder is asked there besides the reader's words: "Layer 5"


@dataclass(frozen=True)
class CardsView:
    """`<layer>/page2.html` and so on."""

    frame: Frame
    cards: Cards


def cards_view(frames: Frames, layer: LayerFacts, number: int) -> CardsView:
    """Return the view of a layer's second page or a later one; `number` counts from 1."""
    record = layer.record
    page, words = layer_pages(record)[number - 1]
    return CardsView(
        frame=frames.frame(
            page,
            f"{record.title}, filters {words}",
            f"Filters {words} of {record.title}, each with the patches that activate it most.",
            crumbs=[(urls.layer(record.name), record.title), (page, f"Filters {words}")],
            scripts=card_scripts(frames, record.name, number),
            card_of=record.name,
        ),
        cards=cards_on(frames, layer, number),
    )


def cards_on(frames: Frames, layer: LayerFacts, number: int) -> Cards:
    """Return the cards on a page of a layer, in order of number."""
    record = layer.record
    pages = layer_pages(record)
    page = pages[number - 1][0]
    span = spans(record.filters)[number - 1]
    remarks = {PLACES: "", 0: "dead"}
    return Cards(
        cards=tuple(
            Card(
                number=str(facts.number),
                pair=pair(page, layer, facts, small=True, brief=True),
                remark=remarks.get(len(facts.places), f"{len(facts.places)} of {PLACES}"),
            )
            for facts in layer.filters[span.start : span.stop]
        ),
        choices=tuple(filter(None, (study.on_cards(layer, page) for study in frames.studies))),
        orders=orders(layer, frames.studies),
        projection=layer.projection,
        remarks=_remarks(layer) if number == 1 else (),
        json=frames.link(page, urls.facts(record.name), "The facts of all filters as JSON"),
        paging=paging(page, f"Pages of {record.title}", "Filters", pages),
        elsewhere=frames.link(page, urls.FINDER, "Find in the whole layer")
        if len(pages) > 1
        else None,
        layer=record.title,
    )


def _remarks(layer: LayerFacts) -> tuple[str, ...]:
    remarks = []
    if layer.dead:
        filters = "one filter is dead" if layer.dead == 1 else f"{layer.dead} filters are dead"
        them = "it" if layer.dead == 1 else "them"
        remarks.append(f"On this image set {filters}: no image activates {them}.")
    partly = sum(0 < len(facts.places) < PLACES for facts in layer.filters)
    if partly:
        have = "One filter has" if partly == 1 else f"{partly} filters have"
        remarks.append(f"{have} fewer than nine images, so some places are empty.")
    return tuple(remarks)


def layer_pages(record: LayerRecord) -> tuple[Target, ...]:
    """Return path and words of each page of a layer: "342 to 683"."""
    return tuple(
        (urls.layer(record.name, number), f"{span[0]} to {span[-1]}")
        for number, span in enumerate(spans(record.filters), 1)
    )


def pages_above(record: LayerRecord, number: int) -> tuple[Target, ...]:
    """Return path and words of the pages above that of a filter, the one with its card last.

    That is the layer's own page, and where the card is on a later one, that as well.
    """
    own = (urls.layer(record.name), record.title)
    path, words = layer_pages(record)[page_of(number) - 1]
    return (own,) if path == own[0] else (own, (path, f"Filters {words}"))


def card_scripts(frames: Frames, layer: str, number: int) -> list[str]:
    """Name the scripts of a page of a layer, its tables before the one that reads them."""
    at = [item.record.name for item in frames.gallery.layers].index(layer)
    return [urls.cards_script(at, number), "gallery.js"]
