"""`<layer>/filters.json`: the facts of a layer's filters as plain data, without NaN."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from generator.atlas.bins import LOWEST, PER_OCTAVE, quantile
from generator.atlas.measures import MEASURES
from generator.atlas.schema import EFFECTIVE, PLACES
from generator.render.facts import FilterFacts, LayerFacts
from generator.render.words.captions import caption

DIGITS = 4  # significant, of what was measured
UNITS = {
    "unit": "row, column in the feature map",
    "box": "top, left, bottom, right in input pixels, half-open; the smallest square around the "
    "input where the receptive field is larger than both its sides",
    "effective_field": "side in input pixels of the smallest square in the middle of the receptive "
    f"field with {EFFECTIVE * 100:.0f} % of the squared reconstruction, median over places; null "
    "where not measured",
    "patch_side": "side in input pixels of what patches and reconstructions show",
    "patch_box": "what a place's patch shows, as box; given where it is less than the box",
    "reconstruction_scale": "value shown as full white or black",
    "histogram": "images by their strongest activation, where it is positive; counts[i] "
    f"lie from 2**({LOWEST} + (first + i) / {PER_OCTAVE}) up to the next edge",
    "median": "activation that half of the images that activate it stay below; null for none",
    "percentile_99": "activation that 99 in 100 of them stay below; null for none",
    "clipped": "places whose patch leaves the image; null where it is the whole image",
    "common_label": "most frequent label of the strongest hundredth of all images, at least nine",
    "label_purity": "0…1, share of that label among them",
    "label_entropy": "bits, of the labels among them",
}


def facts_json(layer: LayerFacts) -> bytes:
    """Return the facts of all filters of a layer, in order of number."""
    record = layer.record
    document: dict[str, object] = {
        "layer": record.name,
        "meaning": f"output of the network's module {record.module}",
        "units": UNITS,
        "input_size": layer.input_size.plain,
        "images_searched": layer.manifest.images.count,
        "places_per_filter": PLACES,
        "rule": layer.manifest.rule,
        "receptive_field": record.receptive_field,
        "effective_field": record.effective_field,
        "patch_side": record.patch,
        "stride": record.stride,
        "offset": record.offset,
        "grid": record.grid,
        "filters": [
            {
                "filter": facts.number,
                "caption": caption(facts, record.stimuli),
                **_of_images(facts),
            }
            for facts in layer.filters
        ],
    }
    if measured := _measured(layer):
        document["measured"] = measured
    return (json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _of_images(facts: FilterFacts) -> dict[str, object]:
    """Return what the images showed of a filter."""
    active = facts.active > 0
    return {
        "images_active": facts.active,
        "histogram": _occupied(facts.histogram),
        "labels": dict(facts.labels),
        "median": _plain(quantile(facts.histogram, 0.5)) if active else None,
        "percentile_99": _plain(quantile(facts.histogram, 0.99)) if active else None,
        "clipped": facts.clipped,
        "common_label": facts.common_label,
        "label_purity": _plain(facts.label_purity),
        "label_entropy": _plain(facts.label_entropy),
        "places": [
            {
                "activation": float(f"{place.activation:.6g}"),
                "image": place.image.path,
                "label": place.image.label,
                "caption": place.image.caption,
                "unit": place.unit,
                "box": place.box,
                **({} if place.patch == place.box else {"patch_box": place.patch}),
                "reconstruction_scale": float(f"{place.scale:.6g}"),
            }
            for place in facts.places
        ],
    }


def _occupied(counts: Sequence[int]) -> dict[str, object]:
    """Return the counts of a histogram without the empty bins at both ends."""
    occupied = [number for number, images in enumerate(counts) if images] or [0]
    first, last = occupied[0], occupied[-1]
    return {"first": first, "counts": counts[first : last + 1] if counts[first] else []}


def _measured(layer: LayerFacts) -> dict[str, object]:
    """Return the stimuli and, measure by measure, unit and values; {} without stimuli.

    The values are in order of filter. One is null where a filter gives no ground for it; families
    and colour axes are names. Each value of a measure with "along" is a list, point by point as
    that list of the stimuli.
    """
    if layer.record.stimuli is None:
        return {}
    measures = {}
    for name, measure in MEASURES.items():
        along = {"along": measure.curve} if measure.curve else {}
        values = [_plain(getattr(filter_, name)) for filter_ in layer.measures]
        measures[name] = {"unit": measure.unit, **along, "values": values}
    record = {name: _plain(value) for name, value in dict(layer.record.stimuli).items()}
    return {"stimuli": record, "measures": measures}


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
