"""The section "What was measured" of a filter's page: charts, their captions, and numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from generator.atlas.measures import StimuliRecord
from generator.render.charts import tuning
from generator.render.charts.svg import Chart
from generator.render.facts import FilterFacts, FilterMeasures
from generator.render.views.frame import Fact
from generator.render.words.words import (
    NO_BREAK,
    activation,
    count,
    decimal,
    direction,
    first_capital,
    hue_name,
    in_words,
    share,
    shortened,
)

SILENT = "This filter answers to none of the {stimuli} drawn stimuli."
INTRODUCTION = (
    "Answers to {stimuli} drawn stimuli, {side} wide, on mid grey; each chart is relative to its "
    "best. The line in the circle, the mean direction, is as long as the selectivity; σ is the "
    "standard deviation of all answers."
)
NEARLY_A_TIE = 1.0  # σ between the best family of forms and the next
# Families that a change leaves nearly as they are, so that what is kept says nothing of the filter.
NO_TURN = ("rings", "blob")
NO_SCALE = ("corner", "edge")
EVEN = 0.05  # polarity up to which light and dark do alike
AT_THE_END = 1.001  # ratio to the lowest or highest frequency shown that counts as the same


@dataclass(frozen=True)
class Measured:
    """What stimuli and images showed of a filter; charts of which nothing is known are None."""

    facts: tuple[Fact, ...]
    sentence: str = ""  # "" without stimuli
    orientation: Chart | None = None
    orientation_words: str = ""
    frequency: Chart | None = None
    frequency_words: str = ""
    hues: Chart | None = None
    hue_words: str = ""
    forms: tuning.FormBars | None = None
    form_words: str = ""


def measured(facts: FilterFacts, record: StimuliRecord | None) -> Measured | None:
    """Return the section of a filter; None where neither stimuli nor images showed anything."""
    found = _image_facts(facts)
    measures = facts.measures
    if measures is None or record is None:
        return Measured(found) if found else None
    words = INTRODUCTION if measures.responds else SILENT
    sentence = words.format(stimuli=count(record.stimuli), side=f"{count(record.side)}{NO_BREAK}px")
    if not measures.responds:
        return Measured(found, sentence)
    return Measured(
        (*_measure_facts(measures), *found),
        sentence,
        orientation=tuning.polar(
            measures.orientation_curve,
            record.orientations,
            measures.orientation,
            measures.orientation_selectivity,
        ),
        orientation_words=_orientation(measures),
        frequency=tuning.spectrum(measures.frequency_curve, record.frequencies, measures.frequency),
        frequency_words=_frequency(measures, record),
        hues=tuning.hue_bars(measures.hue_curve, record.hues, measures.hue),
        hue_words=_hue(measures),
        forms=tuning.form_bars(measures.family_response, record.families, measures.family),
        form_words=_forms(measures, record),
    )


def _orientation(measures: FilterMeasures) -> str:
    width = measures.orientation_bandwidth
    half = ""
    if width is not None:
        half = f"{width:.0f}° wide at half height" if width < 180 else "nowhere down to half"
    return _sentence(
        "" if measures.orientation is None else f"mean {direction(measures.orientation)}",
        _number("selectivity ", measures.orientation_selectivity),
        half,
    )


def _frequency(measures: FilterMeasures, record: StimuliRecord) -> str:
    if measures.frequency is None:
        return ""
    lowest, highest = record.frequencies[0], record.frequencies[-1]
    ends = ("", " apart")
    if measures.frequency <= lowest * AT_THE_END:
        ends = (" or less", " or more apart")
    elif measures.frequency >= highest / AT_THE_END:
        ends = (" or more", " or less apart")
    width = ""
    if measures.frequency_bandwidth is not None:
        parts = tuning.relative(measures.frequency_curve)
        # The curve may end before it has fallen to half.
        least = "at least " if parts and max(parts[0], parts[-1]) > 1 / 2 else ""
        width = f"{least}{measures.frequency_bandwidth:.1f} octaves wide at half height"
    return _sentence(
        f"{activation(measures.frequency, 2)}{ends[0]}",
        f"stripes {tuning.distance(measures.frequency)}{ends[1]}",
        width,
    )


def _hue(measures: FilterMeasures) -> str:
    hue = measures.hue
    return _sentence(
        "" if hue is None else f"mean {hue_name(hue)}, {round(hue) % 360}°",
        _number("selectivity ", measures.hue_selectivity),
    )


def _forms(measures: FilterMeasures, record: StimuliRecord) -> str:
    if measures.family is None:
        return ""
    contrast = ""
    if measures.form_contrast is not None:
        contrast = "light on grey" if measures.form_contrast > 0 else "dark on grey"
    return _sentence(measures.family, contrast, _margin(measures, record))


def _margin(measures: FilterMeasures, record: StimuliRecord) -> str:
    """Say how far the best family is ahead of which other one."""
    others = dict(zip(record.families, measures.family_response, strict=True))
    others.pop(measures.family or "", None)
    if measures.family_margin is None or not others:
        return ""
    second = max(others, key=lambda name: others[name])
    ahead = f"{measures.family_margin:.1f}{NO_BREAK}σ ahead of {second}"
    return f"nearly a tie: {ahead}" if measures.family_margin < NEARLY_A_TIE else ahead


def _measure_facts(measures: FilterMeasures) -> tuple[Fact, ...]:
    curves = {
        "grating": measures.orientation_curve,
        "hue": measures.hue_curve,
        "form": measures.family_response,
    }
    best = (
        f"{name} {activation(max(curve)) if tuning.relative(curve) else 'none'}"
        for name, curve in curves.items()
    )
    found = {
        "Best answers": _joined(*best),
        "Answer to mid grey": activation(measures.rest),
        "Colours of the best grating": measures.axis,
        "Colour selectivity": _number("", measures.colour_selectivity),
        "Polarity of forms": _polarity(measures.polarity),
        "Kept when the best form is": _joined(
            _number("shifted ", measures.shift_invariance),
            "" if measures.family in NO_SCALE else _number("scaled ", measures.scale_invariance),
            "" if measures.family in NO_TURN else _number("turned ", measures.rotation_invariance),
        ),
    }
    return tuple(Fact(name, value) for name, value in found.items() if value)


def _polarity(value: float | None) -> str:
    if value is None:
        return ""
    if abs(value) <= EVEN:
        return f"{decimal(value)}, even"
    return f"{decimal(value, sign='+')}, {'light' if value > 0 else 'dark'} preferred"


def _image_facts(facts: FilterFacts) -> tuple[Fact, ...]:
    found = {}
    shown = len(facts.places)
    if nine := label_spread(facts):
        found[f"Labels of the {in_words(shown)}"] = f"purity {nine[0]:.2f}, {nine[1]:.1f} bits"
    label, purity, entropy = facts.common_label, facts.label_purity, facts.label_entropy
    if shown and label is not None and purity is not None and entropy is not None:
        found["Labels of the strongest hundredth"] = (
            f"purity {purity:.2f} ({shortened(label, 30)}), {entropy:.1f} bits"
        )
    if shown and facts.clipped is not None:
        found[f"Clipped of the {in_words(shown)}"] = (
            f"{facts.clipped} ({share(facts.clipped, shown)})"
        )
    return tuple(map(Fact._make, found.items()))


def label_spread(facts: FilterFacts) -> tuple[float, float] | None:
    """Return the share of the commonest label among the places, and the labels' entropy in bits.

    None where no place has a label; places without one are left out.
    """
    total = sum(number for _, number in facts.labels)
    if total == 0:
        return None
    shares = [number / total for _, number in facts.labels]
    return max(shares), sum(part * math.log2(1 / part) for part in shares)


def _number(name: str, value: float | None) -> str:
    return "" if value is None else name + decimal(value)


def _sentence(*parts: str) -> str:
    joined = _joined(*parts)
    return f"{first_capital(joined)}." if joined else ""


def _joined(*parts: str) -> str:
    return ", ".join(filter(None, parts))
