"""What stimuli showed of one filter, as the pages take it. Numbers only; words come later.

Units and meanings are those of `generator.atlas.measures`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from generator.atlas.measures import MEASURES, MeasureArrays, Measures, StimuliRecord

Curve = tuple[float, ...]


@dataclass(frozen=True)
class FilterMeasures(Measures[float, float | None, Curve, str | None, int | None]):
    """One filter's answers to stimuli of known content; None where a fact has no ground."""

    @property
    def answered(self) -> bool:
        """Say whether any stimulus got an answer."""
        return self.best > 0


def read_measures(arrays: MeasureArrays, record: StimuliRecord) -> tuple[FilterMeasures, ...]:
    """Return the facts of every filter of a layer, in order of number."""
    names = record.names
    columns = {name: np.asarray(getattr(arrays, name)).tolist() for name in MEASURES}
    return tuple(
        FilterMeasures(
            **{name: _fact(column[number], names.get(name)) for name, column in columns.items()}
        )
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
