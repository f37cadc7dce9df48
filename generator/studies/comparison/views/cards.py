"""Filters beside their nearest of the other network: as cards, and the pages of a layer."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from generator.render import urls
from generator.render.views.frame import Fact, Frame, Pair
from generator.render.views.paging import Paging, paging
from generator.render.views.pictures import pair
from generator.render.words.words import count, decimal, share
from generator.studies.comparison.comparison import Nearest
from generator.studies.comparison.views.frames import CompareFrames, Side

MOST = 96  # cards of four sheets on a page
SILENT = "answers to no stimulus, or to all alike; so it has no nearest"
# Name, words and words of the pages on which a layer's cards stand in this order.
ORDERS = (
    ("index", "By number"),
    ("alike", "Most alike first"),
    ("alone", "Most alone first"),
)


@dataclass(frozen=True)
class Card:
    """A filter and its nearest."""

    id: str
    href: str  # the page of the filter
    words: str
    own: Pair
    other: Pair | None  # None: silent


@dataclass(frozen=True)
class LayerView:
    """A page with cards of a layer."""

    frame: Frame
    facts: tuple[Fact, ...]
    orders: Paging
    paging: Paging | None
    heading: str  # of the cards
    cards: tuple[Card, ...]


def median(nearest: Nearest) -> float | None:
    """Return the median correlation with the nearest; None where all filters are silent."""
    values = [value for value in nearest.correlation.tolist() if not math.isnan(value)]
    return statistics.median(values) if values else None


def nearest_words(side: Side, other: Side, at: int, number: int) -> str:
    """Say which filter of the other network is nearest, and how near: "B, Layer 1, filter 5"."""
    found = side.nearest[at]
    if found.filter[number] < 0:
        return SILENT
    mutual = ", each the other’s nearest" if found.mutual[number] else ""
    where = f"{other.title(int(found.layer[number]))}, filter {found.filter[number]}"
    return f"{where}, correlation {decimal(found.correlation[number])}{mutual}"


def card(page: str, sides: tuple[Side, Side], at: int, number: int, *, whole: bool = False) -> Card:
    """Return the card of a filter of the first side; its words name the layer where `whole`."""
    side, other = sides
    found, (layer, facts) = side.nearest[at], side.filter(at, number)
    nearest = None
    if found.filter[number] >= 0:
        near, near_facts = other.filter(int(found.layer[number]), int(found.filter[number]))
        nearest = pair(page, near, near_facts, small=True, brief=True)
    name = f"{side.title(at)}, filter {number}" if whole else str(number)
    return Card(
        id=str(number),
        href=urls.link(page, urls.filter_page(layer.record.name, number)),
        words=f"{name} · {nearest_words(side, other, at, number)}",
        own=pair(page, layer, facts, small=True, brief=True),
        other=nearest,
    )


def ordered(nearest: Nearest, order: str) -> list[int]:
    """Return the numbers of a layer's filters in an order; silent ones come last."""
    numbers = range(len(nearest.filter))
    if order == "index":
        return list(numbers)
    sign = -1 if order == "alike" else 1
    values = nearest.correlation.tolist()
    return sorted(numbers, key=lambda n: (math.isnan(values[n]), sign * values[n], n))


def layer_views(
    frames: CompareFrames, sides: tuple[Side, Side], at: int
) -> Iterator[tuple[str, LayerView]]:
    """Yield path and view of each page of a layer of the first side: in each order, span by span.

    The cards beside are those of the nearest filters of the second side.
    """
    side, _ = sides
    layer, nearest = side.layers[at].record, side.nearest[at]
    starts = range(0, layer.filters, MOST)
    titles = [(urls.layer(each.record.name), side.title(n)) for n, each in enumerate(side.layers)]
    # The pages of a layer lie in one folder, so that a card has the same links on each of them.
    made = [card(titles[at][0], sides, at, number) for number in range(layer.filters)]
    first_pages = [(urls.ordered(layer.name, order), words) for order, words in ORDERS]
    for order, words in ORDERS:
        numbers = ordered(nearest, order)
        pages = [
            (urls.ordered(layer.name, order, n), f"{start + 1} to {start + len(part)}")
            for n, start in enumerate(starts, 1)
            for part in [numbers[start : start + MOST]]
        ]
        for (page, span), start in zip(pages, starts, strict=True):
            crumbs = [titles[at]]
            if order != "index":
                crumbs.append((first_pages[[o for o, _ in ORDERS].index(order)][0], words))
            if start:
                crumbs.append((page, span))
            heading = side.title(at) + ("" if order == "index" else f", {words.lower()}")
            here = next(each for each in first_pages if each[1] == words)
            yield (
                page,
                LayerView(
                    frame=frames.frame(
                        page,
                        f"{heading}, {span}" if start else heading,
                        _description(sides, at),
                        crumbs=crumbs,
                        previous=titles[at - 1] if at else None,
                        following=titles[at + 1] if at + 1 < len(titles) else None,
                    ),
                    facts=_facts(nearest, sides[1]),
                    orders=_required(paging(here[0], "Order of the filters", "Order", first_pages)),
                    paging=paging(page, f"Pages of {heading}", "Filters in this order", pages),
                    heading=words,
                    cards=tuple(made[number] for number in numbers[start : start + MOST]),
                ),
            )


def _required(found: Paging | None) -> Paging:
    assert found is not None  # there are always several orders
    return found


def _description(sides: tuple[Side, Side], at: int) -> str:
    side, other = sides
    return (
        f"Each filter of {side.title(at)}, with its reconstructions and patches; beside it its "
        f"nearest filter of {other.letter}, of whatever layer."
    )


def _facts(nearest: Nearest, other: Side) -> tuple[Fact, ...]:
    filters = len(nearest.filter)
    silent = int((nearest.filter < 0).sum())
    return (
        Fact("Filters", count(filters)),
        *((Fact("Silent", count(silent)),) if silent else ()),
        Fact("Each the other’s nearest", mutual_words(nearest)),
        Fact("Median correlation", decimal(median(nearest))),
        Fact("The nearest lie in", where_words(nearest, other)),
    )


def mutual_words(nearest: Nearest) -> str:
    """Return how many filters of a layer have a mutual nearest: "12 (18.8 %)"."""
    mutual = int(nearest.mutual.sum())
    return f"{count(mutual)} ({share(mutual, len(nearest.mutual))})"


def where_words(nearest: Nearest, other: Side) -> str:
    """Say in which layers of the other network most nearest filters lie, two at most."""
    there = [at for at in nearest.layer.tolist() if at >= 0]
    times = sorted(((there.count(at), at) for at in set(there)), key=lambda t: (-t[0], t[1]))
    return ", ".join(f"{other.title(at)}: {share(n, len(there))}" for n, at in times[:2]) or "–"


def extremes(nearest: Iterable[Nearest], *, alike: bool, each: int) -> list[tuple[int, int]]:
    """Return layer and number of the filters most alike, or most alone, `each` of each layer.

    Those most alike are mutual pairs.
    """
    found = []
    for at, layer in enumerate(nearest):
        numbers = ordered(layer, "alike" if alike else "alone")
        there = [n for n in numbers if layer.filter[n] >= 0 and (layer.mutual[n] or not alike)]
        found += [(at, number) for number in there[:each]]
    return found
