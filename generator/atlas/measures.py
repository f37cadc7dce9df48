"""What was measured of each filter with stimuli of known content: names, types, shapes, units.

The stimuli do not depend on any image set, so these facts belong to the network alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Generic, Literal, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

Axis = Literal["orientations", "frequencies", "hues", "families"]
MeasuresKind = Literal["measures", "untrained"]  # of the network; of its shapes, random weights
Always = TypeVar("Always")  # a number that every filter has
Known = TypeVar("Known")  # a number, where a filter gives ground for it; likewise the others
Curve = TypeVar("Curve")
Name = TypeVar("Name")
Number = TypeVar("Number")  # of a filter
Floats = npt.NDArray[np.float32]


class StimuliRecord(BaseModel):
    """The stimuli that the filters of a layer were shown, and the points of their curves."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    side: int  # pixels, height and width of every stimulus
    stimuli: int
    orientations: tuple[float, ...]  # degrees
    frequencies: tuple[float, ...]  # cycles per pixel
    hues: tuple[float, ...]  # degrees
    axes: tuple[str, ...]  # colour axes of the gratings
    families: tuple[str, ...]  # of forms

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """Return, for each measure that arrays hold as an index, what the index is into."""
        return {
            name: getattr(self, measure.names)
            for name, measure in MEASURES.items()
            if measure.names
        }


@dataclass(frozen=True)
class Measure:
    """One field of `Measures`, as an array of `MeasureArrays`: [f], or [f, points of a curve]."""

    unit: str  # for people
    dtype: type[np.generic] = np.float32
    curve: Axis | None = None  # the points of a curve
    names: Literal["axes", "families"] | None = None  # what an array holds an index into
    period: float = 0  # degrees after which it is the same again; 0 for never

    def shape(self, filters: int, record: StimuliRecord) -> tuple[int, ...]:
        """Return the shape for a layer of so many filters."""
        points: tuple[object, ...] | None = getattr(record, self.curve) if self.curve else None
        return (filters,) if points is None else (filters, len(points))


def measure(unit: str, **more: Any) -> Any:
    """Return a field of `Measures`, with its `Measure` as metadata."""
    return field(metadata={"measure": Measure(unit, **more)})


@dataclass(frozen=True)
class Measures(Generic[Always, Known, Curve, Name, Number]):
    """The facts of a layer's filters as arrays, or of one filter as plain values."""

    best: Always = measure("largest activation to any stimulus")
    rest: Always = measure("activation to plain mid grey")
    orientation: Known = measure(
        "degrees 0…180 along the stripes, counter-clockwise from horizontal as seen on the page",
        period=180,
    )
    orientation_selectivity: Known = measure("0…1, 1 − circular variance of the orientation curve")
    orientation_bandwidth: Known = measure(
        "degrees, full width at half maximum; 180: never falls to it"
    )
    orientation_curve: Curve = measure("activation, at the best frequency", curve="orientations")
    frequency: Known = measure("cycles per pixel")
    frequency_bandwidth: Known = measure("octaves, full width at half maximum")
    frequency_curve: Curve = measure("activation, at the best orientation", curve="frequencies")
    axis: Name = measure("colour axis of the best grating, by name", dtype=np.int8, names="axes")
    polarity: Known = measure("−1…1, (light − dark) / (light + dark) of the best answers to forms")
    hue: Known = measure("degrees 0…360: 0 red, 120 green, 240 blue", period=360)
    hue_selectivity: Known = measure("0…1, 1 − circular variance of the hue curve")
    hue_curve: Curve = measure("activation, best over uniform fields and gratings", curve="hues")
    colour_selectivity: Known = measure(
        "0…1, 1 − best answer to a grey stimulus / best answer to any"
    )
    family: Name = measure("family of the best form, by name", dtype=np.int8, names="families")
    family_margin: Known = measure(
        "best − second best family, in standard deviations of the answers to all stimuli"
    )
    family_response: Curve = measure("activation, best of each family", curve="families")
    form_rotation: Known = measure(
        "degrees, of the best form, counter-clockwise as seen on the page", period=360
    )
    form_size: Known = measure("pixels, of the best form; what it measures depends on the family")
    form_variant: Known = measure("of the best form; its meaning depends on the family")
    form_contrast: Known = measure("of the best form: 1 light on grey, −1 dark on grey")
    shift_invariance: Known = measure("0…1, mean answer left when the best form is shifted")
    scale_invariance: Known = measure(
        "0…1, mean answer left when the best form is scaled; always 1 for a corner"
    )
    rotation_invariance: Known = measure(
        "0…1, mean answer left when the best form is turned; always 1 for rings and blobs"
    )
    twin: Number = measure("filter of this layer that answers most alike; −1: none", dtype=np.int32)
    twin_correlation: Known = measure("−1…1, Pearson's, of the two over all stimuli")


@dataclass(frozen=True)
class MeasureArrays(Measures[Floats, Floats, Floats, npt.NDArray[np.int8], npt.NDArray[np.int32]]):
    """Measured facts of a layer's filters, as `MEASURES` says.

    NaN, or −1 in an index, where a filter gives no ground for a fact.
    """


MEASURES: dict[str, Measure] = {each.name: each.metadata["measure"] for each in fields(Measures)}
