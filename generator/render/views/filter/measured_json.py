"""What was measured of a layer's filters, as plain data for its JSON: names, units, no NaN."""

from __future__ import annotations

import math
from typing import Any

from generator.atlas.bins import quantile
from generator.atlas.measures import MEASURES
from generator.render.facts import FilterFacts, LayerFacts

DIGITS = 4  # significant, of what was measured
UNITS_OF_IMAGE_FACTS = {
    "median": "activation that half of the images that activate it stay below; null for none",
    "percentile_99": "activation that 99 in 100 of them stay below; null for none",
    "clipped": "places whose receptive field leaves the image; null where it is larger than that",
    "common_label": "most frequent label of the strongest hundredth of all images, at least nine",
    "label_purity": "0…1, share of that label among them",
    "label_entropy": "bits, of the labels among them",
}


def measured_json(layer: LayerFacts) -> dict[str, object]:
    """Return the stimuli and, measure by measure, unit and values; {} without stimuli.

    The values are in order of filter. One is null where a filter gives no ground for it; families
    and colour axes are names. Each value of a measure with "along" is a list, point by point as
    that list of the stimuli.
    """
    if layer.record.stimuli is None:
        return {}
    measures = {}
    for name, measure in MEASURES.items():
        values = [_plain(getattr(measures, name)) for measures in layer.measures]
        along = {"along": measure.curve} if measure.curve else {}
        measures[name] = {"unit": measure.unit, **along, "values": values}
    record = {name: _plain(value) for name, value in dict(layer.record.stimuli).items()}
    return {"stimuli": record, "measures": measures}


def image_facts_json(facts: FilterFacts) -> dict[str, object]:
    """Return what the image set told of a filter, with the names of UNITS_OF_IMAGE_FACTS."""
    active = facts.active > 0
    return {
        "median": _plain(quantile(facts.histogram, 0.5)) if active else None,
        "percentile_99": _plain(quantile(facts.histogram, 0.99)) if active else None,
        "clipped": facts.clipped,
        "common_label": facts.common_label,
        "label_purity": _plain(facts.label_purity),
        "label_entropy": _plain(facts.label_entropy),
    }


def _plain(value: Any) -> Any:
    """Round a number, or each of a list; None for one that is not finite."""
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        return None
    rounded = float(f"{value:.{DIGITS}g}")
    return int(rounded) if rounded.is_integer() else rounded
