"""The page of a filter: it and its nearest beside each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generator.render import urls
from generator.render.facts import FilterFacts, LayerFacts
from generator.render.views.filter.measured import measured
from generator.render.views.frame import Fact, Frame, Link, Pair
from generator.render.views.pictures import pair
from generator.render.words.captions import own_words
from generator.render.words.words import activation, count, first_capital, label_list, share
from generator.studies.comparison.views.cards import nearest_words
from generator.studies.comparison.views.frames import CompareFrames, Side

MOST_NAMED = 24  # filters listed at most that have this one as their nearest

Place = tuple[int, int]  # layer's number from 0, filter's number


@dataclass(frozen=True)
class Half:
    """One of the two filters."""

    heading: str
    link: Link | None  # to its own page; None on it
    words: str
    pair: Pair
    empty: str  # "" where images activate it
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class FilterView:
    """`a/<layer>/<filter>.html`."""

    frame: Frame
    halves: tuple[Half, ...]  # one where the filter is silent
    named: tuple[Link, ...]  # filters of the other network whose nearest this is
    named_words: str  # how many there are; "" for none


def named_by(side: Side) -> Mapping[Place, list[Place]]:
    """Return, for filters of the other network, the filters of this side whose nearest they are."""
    found: dict[Place, list[Place]] = defaultdict(list)
    for at, nearest in enumerate(side.nearest):
        pairs = zip(nearest.layer.tolist(), nearest.filter.tolist(), strict=True)
        for number, (layer, other) in enumerate(pairs):
            if other >= 0:
                found[layer, other].append((at, number))
    return found


Known = Mapping[str, Sequence[Sequence[tuple[Fact, ...]]]]  # letter → layer → filter → facts


def filter_view(
    frames: CompareFrames,
    sides: tuple[Side, Side],
    at: int,
    number: int,
    named: Mapping[Place, list[Place]],
    facts: Known,
) -> FilterView:
    """Return the view of a filter of the first side.

    `named` is `named_by` of the second, `facts` has `facts_of` both.
    """
    side, other = sides
    record, nearest = side.layers[at].record, side.nearest[at]
    page = urls.filter_page(record.name, number)
    halves = [_half(frames, page, side, at, number, facts)]
    if nearest.filter[number] >= 0:
        place = int(nearest.layer[number]), int(nearest.filter[number])
        halves.append(_half(frames, page, other, *place, facts))
    by = named.get((at, number), [])
    beside = {
        n: (urls.filter_page(record.name, n), f"Filter {n}") for n in (number - 1, number + 1)
    }
    return FilterView(
        frame=frames.frame(
            page,
            f"{side.title(at)}, filter {number}",
            f"Nearest: {nearest_words(side, other, at, number)}.",
            crumbs=[(urls.layer(record.name), side.title(at)), (page, f"Filter {number}")],
            previous=beside[number - 1] if number else None,
            following=beside[number + 1] if number + 1 < record.filters else None,
        ),
        halves=tuple(halves),
        named=tuple(
            frames.link(
                page,
                urls.filter_page(other.layers[layer].record.name, n),
                f"{other.title(layer)}, {n}",
            )
            for layer, n in by[:MOST_NAMED]
        ),
        named_words=_named_words(len(by), other),
    )


def _named_words(number: int, other: Side) -> str:
    if not number:
        return ""
    filters = "One filter" if number == 1 else f"{count(number)} filters"
    have = "has" if number == 1 else "have"
    first = f"; the first {MOST_NAMED}" if number > MOST_NAMED else ""
    return f"{filters} of {other.letter} {have} this one as the nearest{first}:"


def _half(frames: CompareFrames, page: str, side: Side, at: int, number: int, known: Known) -> Half:
    layer, facts = side.filter(at, number)
    own = urls.filter_page(layer.record.name, number)
    heading = f"{side.title(at)}, filter {number}"
    return Half(
        heading=heading,
        link=None if own == page else frames.link(page, own, heading),
        words=first_capital(own_words(facts, layer.record.stimuli)),
        pair=pair(page, layer, facts, small=False, brief=True),
        empty="" if facts.places else "No image activates this filter.",
        facts=known[side.letter][at][number],
    )


def facts_of(side: Side) -> list[list[tuple[Fact, ...]]]:
    """Return what is said of each filter beside its pictures, by layer and number."""
    return [[_facts(layer, facts) for facts in layer.filters] for layer in side.layers]


def _facts(layer: LayerFacts, facts: FilterFacts) -> tuple[Fact, ...]:
    found, images = measured(facts, layer.record.stimuli), layer.manifest.images.count
    seen: list[Fact] = []
    if facts.places:
        seen.append(Fact("Strongest activation", activation(facts.strongest)))
    seen.append(Fact("Images that activate it", share(facts.active, images)))
    if facts.labels:
        seen.append(Fact("Labels", label_list(facts.labels)))
    if found:
        charts = {
            "Direction of stripes": found.orientation_words,
            "Spatial frequency": found.frequency_words,
            "Hue": found.hue_words,
            "Forms": found.form_words,
        }
        seen += [Fact(name, words.rstrip(".")) for name, words in charts.items() if words]
    return tuple(seen)
