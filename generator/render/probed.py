"""What probes told of one filter, as the pages take it. Numbers only; words come later.

Units and meanings are those of `generator.atlas.measures`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from generator.atlas.measures import MEASURES, ProbeArrays, ProbeRecord

Curve = tuple[float, ...]


@dataclass(frozen=True)
class Probed:
    """One filter's answers to stimuli of known content; None where a fact has no ground."""

    best: float
    rest: float
    orientation: float | None
    orientation_selectivity: float | None
    orientation_bandwidth: float | None
    orientation_curve: Curve
    frequency: float | None
    frequency_bandwidth: float | None
    frequency_curve: Curve
    axis: str | None
    polarity: float | None
    hue: float | None
    hue_selectivity: float | None
    hue_curve: Curve
    colour_selectivity: float | None
    family: str | None
    family_margin: float | None
    family_response: Curve
    form_rotation: float | None
    form_size: float | None
    form_variant: float | None
    form_contrast: float | None
    shift_invariance: float | None
    scale_invariance: float | None
    rotation_invariance: float | None
    twin: int | None
    twin_correlation: float | None

    @property
    def answered(self) -> bool:
        """Say whether any stimulus got an answer."""
        return self.best > 0


def read_probed(arrays: ProbeArrays, record: ProbeRecord) -> tuple[Probed, ...]:
    """Return the facts of every filter of a layer, in order of number."""
    columns = {name: np.asarray(getattr(arrays, name)).tolist() for name in MEASURES}
    names = {"axis": record.axes, "family": record.families}
    return tuple(
        Probed(**{name: _fact(column[number], names.get(name)) for name, column in columns.items()})
        for number in range(len(arrays.best))
    )


def _fact(value: Any, names: Sequence[str] | None) -> Any:
    """Return a curve as a tuple, an index by its name, and None for what is not known."""
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, int):
        known = value >= 0
        return (names[value] if names else value) if known else None
    return None if math.isnan(value) else value
