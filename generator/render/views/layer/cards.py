"""What the script of a layer's page knows of its cards: their words, and how they can be ordered.

HTML has no bytes to spare for this, so it is a script of its own that sets one global:

    words    for each filter of the page, in order of number, what stimuli told of it
    labels   every label of their patches
    named    for each filter, the places in `labels` of those that its patches carry
    orders   for each order its ranks, one string: as many signs for each filter, in order of
             number, which sort as they are coded

Filters of one rank stay in order of number; those of which nothing is known come last.
"""

from __future__ import annotations

import json
import math
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from generator.render.facts import FilterFacts, LayerFacts
from generator.render.stimuli_facts import FilterMeasures
from generator.render.views.layer.spans import spans
from generator.render.words.captions import (
    BEFORE_ALL,
    CLEAR,
    is_coloured,
    is_oriented,
    own_words,
)

GLOBAL = "filterGalleryCards"
SIGNS = string.digits + string.ascii_uppercase + string.ascii_lowercase  # as they are coded
# Values nearer than this look alike; up to 61 of them need one sign each.
DEGREES = 3
HUE_DEGREES = 6
PER_OCTAVE = 8
HUNDREDTHS = 50  # steps in 0…1

PhotoValue = Callable[[FilterFacts], float | None]
MeasureValue = Callable[
    [FilterMeasures, Sequence[str]], float | None
]  # of the families' names as well


@dataclass(frozen=True)
class Order:
    """One way to put the cards."""

    name: str
    words: str


def orders(layer: LayerFacts) -> tuple[Order, ...]:
    """Return the orders to choose from; the page has the first."""
    known = {**_OF_PHOTOGRAPHS, **(_OF_STIMULI if layer.record.stimuli else {})}
    return (
        Order("number", "by number"),
        *(Order(name, words) for name, (words, _) in known.items()),
    )


def cards_script(layer: LayerFacts, page: int = 1) -> bytes:
    """Return the script of a layer's page, counted from 1, in ASCII."""
    span = spans(len(layer.filters))[page - 1]
    filters = layer.filters[span.start : span.stop]
    stimuli = layer.record.stimuli
    labels = sorted({label for facts in filters for label, _ in facts.labels})
    place = {label: number for number, label in enumerate(labels)}
    tables: dict[str, Any] = {
        "labels": labels,
        "named": [[place[label] for label, _ in facts.labels] for facts in filters],
        "words": [own_words(facts, stimuli) for facts in filters],
        "orders": {
            name: written([value(facts) for facts in filters])
            for name, (_, value) in _OF_PHOTOGRAPHS.items()
        },
    }
    if stimuli:
        measures = [facts.measures for facts in filters if facts.measures]
        tables["orders"] |= {
            name: written([value(each, stimuli.families) for each in measures])
            for name, (_, value) in _OF_STIMULI.items()
        }
    text = json.dumps(tables, ensure_ascii=True, separators=(",", ":"))
    return f"window.{GLOBAL}={text};\n".encode("ascii")


def written(values: Sequence[float | None]) -> str:
    """Return the ranks of values, the lowest first and None last, as signs of equal number."""
    known = sorted({value for value in values if value is not None})
    ranks = {value: rank for rank, value in enumerate(known)}
    most = len(known)
    width = 1
    while len(SIGNS) ** width <= most:
        width += 1
    return "".join(_signs(ranks[v] if v is not None else most, width) for v in values)


def _signs(rank: int, width: int) -> str:
    signs = ""
    for _ in range(width):
        rank, digit = divmod(rank, len(SIGNS))
        signs = SIGNS[digit] + signs
    return signs


def _purity(facts: FilterFacts) -> float | None:
    return None if facts.label_purity is None else -round(HUNDREDTHS * facts.label_purity)


def _orientation(measures: FilterMeasures, _families: Sequence[str]) -> float | None:
    angle = measures.orientation
    if angle is None or not is_oriented(measures):
        return None
    return round(angle / DEGREES) % (180 // DEGREES)


def _selectivity(measures: FilterMeasures, _families: Sequence[str]) -> float | None:
    selectivity = measures.orientation_selectivity
    return None if selectivity is None else -round(HUNDREDTHS * selectivity)


def _frequency(measures: FilterMeasures, _families: Sequence[str]) -> float | None:
    frequency = measures.frequency
    return round(PER_OCTAVE * math.log2(frequency)) if frequency else None


def _hue(measures: FilterMeasures, _families: Sequence[str]) -> float | None:
    hue = measures.hue
    if hue is None or not is_coloured(measures):
        return None
    return round(hue / HUE_DEGREES) % (360 // HUE_DEGREES)


def _family(measures: FilterMeasures, families: Sequence[str]) -> float | None:
    """Return family by family, in each those with a clear preference first."""
    family, margin = measures.family, measures.family_margin or 0
    if family is None:
        return None
    return 3 * families.index(family) + (margin < BEFORE_ALL) + (margin < CLEAR)


_OF_PHOTOGRAPHS: dict[str, tuple[str, PhotoValue]] = {
    "strength": ("by strongest activation", lambda facts: -facts.strongest),
    "purity": ("by purity of labels", _purity),
}
_OF_STIMULI: dict[str, tuple[str, MeasureValue]] = {
    "orientation": ("by orientation", _orientation),
    "selectivity": ("by orientation selectivity", _selectivity),
    "frequency": ("by frequency of stripes", _frequency),
    "hue": ("by hue", _hue),
    "family": ("by family of forms", _family),
}
