"""What the script of a layer's page knows of its cards: their words, and how they can be ordered.

HTML has no bytes to spare for this, so it is a script of its own that sets one global:

    words    for each filter of the page, in order of number, what stimuli showed of it
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
from collections.abc import Sequence
from itertools import product

from generator.render.facts import FilterFacts, FilterMeasures, LayerFacts
from generator.render.views.layer.spans import spans
from generator.render.views.study import StudySite
from generator.render.words.captions import BEFORE_ALL, CLEAR, is_coloured, is_oriented, own_words

GLOBAL = "filterGalleryCards"
SIGNS = string.digits + string.ascii_uppercase + string.ascii_lowercase  # as they are coded
# Values nearer than this look alike; up to 61 of them need one sign each.
DEGREES = 3
HUE_DEGREES = 6
PER_OCTAVE = 8
HUNDREDTHS = 50  # steps in 0…1

Values = Sequence[float | None]  # of filters, those to come first the lowest


def orders(layer: LayerFacts, studies: Sequence[StudySite] = ()) -> tuple[tuple[str, str], ...]:
    """Return name and words of the orders to choose from; the page has the first."""
    known = _orders(layer, (), studies)
    return (("number", "by number"), *((name, words) for name, (words, _) in known.items()))


def cards_script(layer: LayerFacts, page: int = 1, studies: Sequence[StudySite] = ()) -> bytes:
    """Return the script of a layer's page, counted from 1, in ASCII."""
    span = spans(len(layer.filters))[page - 1]
    filters = layer.filters[span.start : span.stop]
    labels = sorted({label for facts in filters for label, _ in facts.labels})
    place = {label: number for number, label in enumerate(labels)}
    tables = {
        "labels": labels,
        "named": [[place[label] for label, _ in facts.labels] for facts in filters],
        "words": [own_words(facts, layer.record.stimuli) for facts in filters],
        "orders": {
            name: written(values) for name, (_, values) in _orders(layer, filters, studies).items()
        },
    }
    text = json.dumps(tables, ensure_ascii=True, separators=(",", ":"))
    return f"window.{GLOBAL}={text};\n".encode("ascii")


def written(values: Values) -> str:
    """Return the ranks of values, the lowest first and None last, as signs of equal number."""
    known = sorted({value for value in values if value is not None})
    width = 1
    while len(SIGNS) ** width <= len(known):
        width += 1
    ranks = map("".join, product(SIGNS, repeat=width))
    signs: dict[float | None, str] = dict(zip((*known, None), ranks, strict=False))
    return "".join(signs[value] for value in values)


def _orders(
    layer: LayerFacts, filters: Sequence[FilterFacts], studies: Sequence[StudySite]
) -> dict[str, tuple[str, Values]]:
    """Return, by the name of each order, its words and the values of these filters."""
    found: dict[str, tuple[str, Values]] = {
        "strength": ("by strongest activation", [-facts.strongest for facts in filters]),
        "purity": ("by purity of labels", [_falling(facts.label_purity) for facts in filters]),
    }
    if record := layer.record.stimuli:
        measures = [facts.measures for facts in filters if facts.measures]
        found |= {
            "orientation": (
                "by orientation",
                [_turn(m.orientation, DEGREES, 180) if is_oriented(m) else None for m in measures],
            ),
            "selectivity": (
                "by orientation selectivity",
                [_falling(each.orientation_selectivity) for each in measures],
            ),
            "frequency": ("by frequency of stripes", list(map(_frequency, measures))),
            "hue": (
                "by hue",
                [_turn(m.hue, HUE_DEGREES, 360) if is_coloured(m) else None for m in measures],
            ),
            "family": (
                "by family of forms",
                [_family(each, record.families) for each in measures],
            ),
        }
    for order in filter(None, (study.order(layer) for study in studies)):
        found[order.name] = (order.words, [order.values[facts.number] for facts in filters])
    return found


def _falling(value: float | None) -> float | None:
    return None if value is None else -round(HUNDREDTHS * value)


def _frequency(measures: FilterMeasures) -> float | None:
    return round(PER_OCTAVE * math.log2(measures.frequency)) if measures.frequency else None


def _turn(angle: float | None, step: int, period: int) -> float | None:
    return None if angle is None else round(angle / step) % (period // step)


def _family(measures: FilterMeasures, families: Sequence[str]) -> float | None:
    """Return family by family, in each those with a clear preference first."""
    if measures.family is None:
        return None
    margin = measures.family_margin or 0
    return 3 * families.index(measures.family) + (margin < BEFORE_ALL) + (margin < CLEAR)
