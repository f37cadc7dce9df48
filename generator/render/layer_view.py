"""The page of a layer: its text, then every filter as a card."""

from __future__ import annotations

from dataclasses import dataclass

from generator.atlas.schema import PLACES
from generator.render import urls
from generator.render.cards import Order, orders
from generator.render.depth_view import Depth, depth_view
from generator.render.facts import FilterFacts, LayerFacts
from generator.render.frame import Fact, Frame, Frames, Link, Neighbours, Pair, Picture
from generator.render.markup import read_markup
from generator.render.pictures import pair
from generator.render.portrait_view import Portrait, portrait_view
from generator.render.texts import Texts
from generator.render.words import count, first_capital, pixels, several

SHOWN_ABOVE = 3  # filters shown beside the text
ENLARGED = 4  # screen pixels for each weight of a kernel


@dataclass(frozen=True)
class Card:
    """One filter of the layer."""

    number: str
    pair: Pair
    remark: str  # "" where all nine places are filled


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
    html: str
    strongest_title: str
    strongest: tuple[Pair, ...]
    strongest_rule: str
    kernels: tuple[Moment, ...]  # none where maps are the input
    portrait: Portrait
    depth: Depth | None  # None with one layer
    filters: str
    orders: tuple[Order, ...]
    cards: tuple[Card, ...]
    pixelated: bool
    remarks: tuple[str, ...]  # plain words on dead filters and empty places
    json: Link


def layer_view(frames: Frames, texts: Texts, layer: LayerFacts) -> LayerView:
    """Return the view of a layer's page."""
    record = layer.record
    page = urls.layer(record.name)
    text = frames.content.layers[record.name]
    html = texts.html(text, page)
    cards = tuple(
        Card(
            number=str(facts.number),
            pair=pair(page, record, facts, small=True, brief=True),
            remark=_remark(facts),
        )
        for facts in layer.filters
    )
    # A text that shows filters of its own needs no others beside it.
    beside = () if "<figure" in html else layer.steadiest(SHOWN_ABOVE)
    shown = [facts for facts in beside if facts.places]
    return LayerView(
        frame=frames.frame(
            page,
            record.title,
            text.summary,
            crumbs=[(urls.HOME, "Home"), (page, record.title)],
            scripts=[urls.cards_script(_position(frames, record.name)), "gallery.js"],
            card_of=record.name,
            neighbours=_neighbours(frames, record.name),
        ),
        heading=record.title,
        summary=text.summary,
        facts=(
            Fact("Filters", count(record.filters)),
            Fact("Each unit sees", f"{pixels(record.receptive_field)} square"),
            Fact("Distance between units", pixels(record.stride)),
            Fact("Units of one filter", f"{record.grid[0]} × {record.grid[1]}"),
        ),
        html=html,
        strongest_title="Three that answer strongly",
        strongest=tuple(pair(page, record, facts, small=True) for facts in shown),
        strongest_rule="The filters of this layer whose ninth patch still activates them most.",
        kernels=_kernels(page, layer),
        portrait=portrait_view(
            layer, frames.gallery.manifest.images.count, read_markup(html).elements
        ),
        depth=depth_view(frames.gallery.layers, page, record.name),
        filters=several(record.filters, "filter", "filters"),
        orders=orders(),
        cards=cards,
        pixelated=cards[0].pair.patches.pixelated if cards else False,
        remarks=_remarks(layer),
        json=frames.link(page, urls.facts(record.name), "The facts of all filters as JSON"),
    )


def _kernels(page: str, layer: LayerFacts) -> tuple[Moment, ...]:
    record = layer.record
    return tuple(
        Moment(
            Picture(
                src=urls.link(page, urls.kernels(record.name, sheet.name)),
                width=sheet.width * ENLARGED,
                height=sheet.height * ENLARGED,
                alt=f"The kernels of all {record.filters} filters, {sheet.words}",
                pixelated=True,
            ),
            first_capital(sheet.words),
        )
        for sheet in record.kernels
    )


def _remark(facts: FilterFacts) -> str:
    filled = len(facts.places)
    if filled == PLACES:
        return ""
    return "dead" if filled == 0 else f"{filled} of {PLACES}"


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
