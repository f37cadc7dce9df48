"""What the script of a layer's page knows of its cards: their words, and how they can be ordered.

A page of 384 cards has no bytes to spare, so this is a script of its own that sets one global:

    words    for each filter, in order of number, what stimuli told of it
    labels   every label of the layer's patches
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

from generator.render.captions import (
    BEFORE_ALL,
    CLEAR,
    is_coloured,
    is_oriented,
    probe_words,
)
from generator.render.facts import FilterFacts, LayerFacts

GLOBAL = "filterGalleryCards"
SIGNS = string.digits + string.ascii_uppercase + string.ascii_lowercase  # as they are coded
# Values nearer than this look alike; up to 61 of them need one sign each.
DEGREES = 3
HUE_DEGREES = 6
PER_OCTAVE = 8
HUNDREDTHS = 50  # steps in 0…1

Value = Callable[[FilterFacts, Sequence[str]], float | None]


@dataclass(frozen=True)
class Order:
    """One way to put the cards."""

    name: str
    words: str


def orders() -> tuple[Order, ...]:
    """Return the orders to choose from; the page has the first."""
    return (
        Order("number", "by number"),
        *(Order(name, words) for name, (words, _) in _VALUES.items()),
    )


def cards_script(layer: LayerFacts) -> bytes:
    """Return the script of a layer, in ASCII."""
    probes = layer.record.probes
    labels = sorted({label for facts in layer.filters for label, _ in facts.labels})
    place = {label: number for number, label in enumerate(labels)}
    tables = {
        "labels": labels,
        "named": [[place[label] for label, _ in facts.labels] for facts in layer.filters],
        "words": [probe_words(facts.probed, probes) for facts in layer.filters],
        "orders": {
            name: written([value(facts, probes.families) for facts in layer.filters])
            for name, (_, value) in _VALUES.items()
        },
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


def _purity(facts: FilterFacts, _families: Sequence[str]) -> float | None:
    return None if facts.label_purity is None else -round(HUNDREDTHS * facts.label_purity)


def _orientation(facts: FilterFacts, _families: Sequence[str]) -> float | None:
    angle = facts.probed.orientation
    if angle is None or not is_oriented(facts.probed):
        return None
    return round(angle / DEGREES) % (180 // DEGREES)


def _selectivity(facts: FilterFacts, _families: Sequence[str]) -> float | None:
    selectivity = facts.probed.orientation_selectivity
    return None if selectivity is None else -round(HUNDREDTHS * selectivity)


def _frequency(facts: FilterFacts, _families: Sequence[str]) -> float | None:
    frequency = facts.probed.frequency
    return round(PER_OCTAVE * math.log2(frequency)) if frequency else None


def _hue(facts: FilterFacts, _families: Sequence[str]) -> float | None:
    hue = facts.probed.hue
    if hue is None or not is_coloured(facts.probed):
        return None
    return round(hue / HUE_DEGREES) % (360 // HUE_DEGREES)


def _family(facts: FilterFacts, families: Sequence[str]) -> float | None:
    """Return family by family, in each those with a clear preference first."""
    family, margin = facts.probed.family, facts.probed.family_margin or 0
    if family is None:
        return None
    return 3 * families.index(family) + (margin < BEFORE_ALL) + (margin < CLEAR)


_VALUES: dict[str, tuple[str, Value]] = {
    "strength": ("by strongest activation", lambda facts, _families: -facts.strongest),
    "purity": ("by purity of labels", _purity),
    "orientation": ("by orientation", _orientation),
    "selectivity": ("by orientation selectivity", _selectivity),
    "frequency": ("by frequency of stripes", _frequency),
    "hue": ("by hue", _hue),
    "family": ("by family of forms", _family),
}
