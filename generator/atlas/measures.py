"""What was measured of each filter with stimuli of known content: names, types, shapes, units.

The stimuli do not depend on any image set, so these facts belong to the network alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

Axis = Literal["orientations", "frequencies", "hues", "families"]
Floats = npt.NDArray[np.float32]


class ProbeRecord(BaseModel):
    """The stimuli that the filters of a layer were shown, and the points of their curves."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    side: int  # pixels, height and width of every stimulus
    stimuli: int
    orientations: tuple[float, ...]  # degrees
    frequencies: tuple[float, ...]  # cycles per pixel
    hues: tuple[float, ...]  # degrees
    axes: tuple[str, ...]  # colour axes of the gratings
    families: tuple[str, ...]  # of forms


@dataclass(frozen=True)
class ProbeArrays:
    """Measured facts of a layer's filters. f: filters; units in `MEASURES`.

    NaN, or −1 in an index, where a filter gives no ground for a fact.
    """

    best: Floats
    rest: Floats
    orientation: Floats
    orientation_selectivity: Floats
    orientation_bandwidth: Floats
    orientation_curve: Floats
    frequency: Floats
    frequency_bandwidth: Floats
    frequency_curve: Floats
    axis: npt.NDArray[np.int8]
    polarity: Floats
    hue: Floats
    hue_selectivity: Floats
    hue_curve: Floats
    colour_selectivity: Floats
    family: npt.NDArray[np.int8]
    family_margin: Floats
    family_response: Floats
    form_rotation: Floats
    form_size: Floats
    form_variant: Floats
    form_contrast: Floats
    shift_invariance: Floats
    scale_invariance: Floats
    rotation_invariance: Floats
    twin: npt.NDArray[np.int32]
    twin_correlation: Floats


@dataclass(frozen=True)
class Measure:
    """One array of `ProbeArrays`: [f], or [f, points of a curve]."""

    unit: str  # for people
    dtype: type[np.generic] = np.float32
    curve: Axis | None = None

    def shape(self, filters: int, record: ProbeRecord) -> tuple[int, ...]:
        """Return the shape for a layer of so many filters."""
        points: tuple[object, ...] | None = getattr(record, self.curve) if self.curve else None
        return (filters,) if points is None else (filters, len(points))


MEASURES: dict[str, Measure] = {
    "best": Measure("largest activation to any stimulus"),
    "rest": Measure("activation to plain mid grey"),
    "orientation": Measure(
        "degrees 0…180 along the stripes, counter-clockwise from horizontal as seen on the page"
    ),
    "orientation_selectivity": Measure("0…1, 1 − circular variance of the orientation curve"),
    "orientation_bandwidth": Measure("degrees, full width at half maximum; 180: never falls to it"),
    "orientation_curve": Measure("activation, at the best frequency", curve="orientations"),
    "frequency": Measure("cycles per pixel"),
    "frequency_bandwidth": Measure("octaves, full width at half maximum"),
    "frequency_curve": Measure("activation, at the best orientation", curve="frequencies"),
    "axis": Measure("colour axis of the best grating, index; −1: none", np.int8),
    "polarity": Measure("−1…1, (light − dark) / (light + dark) of the best answers to forms"),
    "hue": Measure("degrees 0…360: 0 red, 120 green, 240 blue"),
    "hue_selectivity": Measure("0…1, 1 − circular variance of the hue curve"),
    "hue_curve": Measure("activation, best over uniform fields and gratings", curve="hues"),
    "colour_selectivity": Measure("0…1, 1 − best answer to a grey stimulus / best answer to any"),
    "family": Measure("family of the best form, index; −1: none", np.int8),
    "family_margin": Measure(
        "best − second best family, in standard deviations of the answers to all stimuli"
    ),
    "family_response": Measure("activation, best of each family", curve="families"),
    "form_rotation": Measure("degrees, of the best form, counter-clockwise as seen on the page"),
    "form_size": Measure("pixels, of the best form; what it measures depends on the family"),
    "form_variant": Measure("of the best form; its meaning depends on the family"),
    "form_contrast": Measure("of the best form: 1 light on grey, −1 dark on grey"),
    "shift_invariance": Measure("0…1, mean answer left when the best form is shifted"),
    "scale_invariance": Measure(
        "0…1, mean answer left when the best form is scaled; always 1 for a corner"
    ),
    "rotation_invariance": Measure(
        "0…1, mean answer left when the best form is turned; always 1 for rings and blobs"
    ),
    "twin": Measure("filter of this layer that answers most alike; −1: none", np.int32),
    "twin_correlation": Measure("−1…1, Pearson's, of the two over all stimuli"),
}
