"""The page of a layer: its text, then every filter as a card, or the first of very many."""

from __future__ import annotations

from dataclasses import dataclass

from generator.atlas.schema import PLACES, KernelSheet, LayerRecord
from generator.render import urls
from generator.render.facts import LayerFacts
from generator.render.site.markup import read_markup
from generator.render.text.texts import Texts
from generator.render.views.frame import Fact, Frame, Frames, Link, Neighbours, Pair, Picture
from generator.render.views.layer.card_pages import (
    Card,
    Elsewhere,
    card_scripts,
    cards_on,
    elsewhere,
    facts_link,
    layer_paging,
)
from generator.render.views.layer.cards import Order, orders
from generator.render.views.layer.portrait_view import Portrait, portrait_view
from generator.render.views.layer.trends import Depth, depth_view
from generator.render.views.paging import Paging
from generator.render.views.pictures import field_words, pair
from generator.render.words.rules import Projection
from generator.render.words.words import count, first_capital, pixels, several

SHOWN_ABOVE = 3  # filters shown beside the text
ENLARGED = 4  # screen pixels for each weight of a kernel


@dataclass(frozen=True)
class Moment:
    """All kernels of the layer at one moment of training."""

    picture: Picture
    words: str


@dataclass(frozen=True)
class LayerView:
    """`<layer>/index.html`."""

    frame: Frame
    heading: str
    summary: str
    facts: tuple[Fact, ...]
    about: str  # what its units are, and how much of the image they see; "" where all is usual
    html: str
    strongest_title: str
    strongest: tuple[Pair, ...]
    strongest_rule: str
    kernels_title: str
    kernels: tuple[Moment, ...]  # none where maps are the input
    portrait: Portrait
    depth: Depth | None  # None with one layer
    filters: str
    orders: tuple[Order, ...]
    projection: Projection
    cards: tuple[Card, ...]
    remarks: tuple[str, ...]  # plain words on dead filters and empty places
    json: Link
    paging: Paging | None  # None where the page has every card
    elsewhere: Elsewhere | None  # likewise


def layer_view(frames: Frames, texts: Texts, layer: LayerFacts) -> LayerView:
    """Return the view of a layer's page."""
    record = layer.record
    page = urls.layer(record.name)
    text = frames.content.layers[record.name]
    html = texts.html(text, page)
    cards = cards_on(layer, 1)
    # A text that shows filters of its own needs no others beside it.
    beside = () if "<figure" in html else layer.steadiest(SHOWN_ABOVE)
    shown = [facts for facts in beside if facts.places]
    return LayerView(
        frame=frames.frame(
            page,
            record.title,
            text.summary,
            crumbs=[(urls.HOME, "Home"), (page, record.title)],
            scripts=card_scripts(frames, record.name, 1),
            card_of=record.name,
            neighbours=_neighbours(frames, record.name),
        ),
        heading=record.title,
        summary=text.summary,
        facts=(
            Fact("Filters", count(record.filters)),
            Fact(
                "Each unit sees",
                "the whole image" if layer.sees_all else f"{pixels(record.receptive_field)} square",
            ),
            Fact("Distance between units", pixels(record.stride)),
            Fact("Units of one filter", f"{record.grid[0]} × {record.grid[1]}"),
        ),
        about=" ".join(filter(None, (frames.module_of(record), field_words(layer)))),
        html=html,
        strongest_title="Three that answer strongly",
        strongest=tuple(pair(page, layer, facts, small=True) for facts in shown),
        strongest_rule="The filters of this layer whose ninth patch still activates them most.",
        kernels_title=_kernels_title(layer),
        kernels=_kernels(page, layer),
        portrait=portrait_view(
            layer, frames.gallery.manifest.images.count, read_markup(html).elements
        ),
        depth=depth_view(frames.gallery.layers, page, record.name),
        filters=first_capital(several(record.filters, "filter", "filters")),
        orders=orders(layer),
        projection=layer.projection,
        cards=cards,
        remarks=_remarks(layer),
        json=facts_link(frames, page, record.name),
        paging=layer_paging(record, 1),
        elsewhere=elsewhere(frames, record, 1),
    )


def _kernels_title(layer: LayerFacts) -> str:
    if layer.manifest.network.is_random:
        return "The kernels"
    return "While it learned" if len(layer.record.kernels) > 2 else "Before and after it learned"


def _kernels(page: str, layer: LayerFacts) -> tuple[Moment, ...]:
    record = layer.record
    if layer.manifest.network.is_random:
        # Only the network's own kernels: no training lies between them and others.
        return tuple(
            _moment(page, record, sheet, "random weights") for sheet in record.kernels[-1:]
        )
    return tuple(_moment(page, record, sheet, sheet.words) for sheet in record.kernels)


def _moment(page: str, record: LayerRecord, sheet: KernelSheet, words: str) -> Moment:
    return Moment(
        Picture(
            src=urls.link(page, urls.kernels(record.name, sheet.name)),
            width=sheet.width * ENLARGED,
            height=sheet.height * ENLARGED,
            alt=f"The kernels of all {record.filters} filters, {words}",
            pixelated=True,
        ),
        first_capital(words),
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


def _position(frames: Frames, name: str) -> int:
    return [layer.record.name for layer in frames.gallery.layers].index(name)


def _neighbours(frames: Frames, name: str) -> Neighbours:
    records = [layer.record for layer in frames.gallery.layers]
    at = _position(frames, name)
    before = records[at - 1] if at else None
    after = records[at + 1] if at + 1 < len(records) else None
    return Neighbours(
        previous=(urls.layer(before.name), before.title) if before else None,
        following=(urls.layer(after.name), after.title) if after else None,
        up=(urls.HOME, "Home"),
    )
