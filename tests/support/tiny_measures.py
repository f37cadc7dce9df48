"""Facts as stimuli would show them, drawn at random, with every awkward case a real layer holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from generator.atlas.measures import MEASURES, MeasureArrays, StimuliRecord
from generator.render.facts import FilterFacts, FilterMeasures

FAMILIES = ("line", "corner", "concentric rings", "honeycomb", "blob")
RECORD = StimuliRecord(
    side=27,
    stimuli=1_000,
    orientations=tuple(np.linspace(0, 180, 16, endpoint=False).tolist()),
    frequencies=tuple(np.geomspace(0.02, 0.4, 8).tolist()),
    hues=tuple(np.linspace(0, 360, 24, endpoint=False).tolist()),
    axes=("luminance", "red–green", "blue–yellow"),
    families=FAMILIES,
)
# Range of each value that is not 0…1.
RANGES = {
    "orientation": (0, 180),
    "orientation_bandwidth": (10, 180),
    "frequency": (0.02, 0.4),
    "frequency_bandwidth": (0.5, 4),
    "polarity": (-1, 1),
    "hue": (0, 360),
    "family_margin": (0, 5),
    "form_rotation": (0, 360),
    "form_size": (1, 27),
    "twin_correlation": (-1, 1),
    "best": (1, 20),
}


def measures_of(facts: FilterFacts) -> FilterMeasures:
    """Return what stimuli showed of a filter whose layer was shown some."""
    assert facts.measures is not None
    return facts.measures


def tiny_measures(filters: int, silent: int, rng: np.random.Generator) -> MeasureArrays:
    """Return facts of so many filters; the filter `silent` answers to no stimulus."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, measure in MEASURES.items():
        shape = measure.shape(filters, RECORD)
        if np.issubdtype(measure.dtype, np.integer):
            most = {"axis": len(RECORD.axes), "family": len(FAMILIES), "twin": filters}[name]
            values: npt.NDArray[Any] = rng.integers(0, most, shape)
            values[silent] = -1
        else:
            values = rng.uniform(*RANGES.get(name, (0, 1)), shape)
            values[silent] = 0 if measure.curve or name in {"best", "rest"} else np.nan
        arrays[name] = values.astype(measure.dtype)
    return MeasureArrays(**arrays)


def tiny_responses(measures: MeasureArrays, *seed: int) -> npt.NDArray[np.float16]:
    """Return responses [f, n] to the stimuli, as shares of the best; 0 of silent filters."""
    shares = np.random.default_rng(seed).uniform(0, 1, (len(measures.best), RECORD.stimuli))
    shares[:, 0] = 1
    return (shares * (measures.best > 0)[:, None]).astype(np.float16)
