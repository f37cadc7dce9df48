"""What the study leaves: `<layer>.safetensors`, and `<layer>/<filter>.webp` beside it.

The picture is a contact sheet of the reconstructions with random weights, tile by tile as in the
core's sheet of reconstructions.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save

from generator.atlas.schema import PLACES
from generator.errors import AtlasError
from generator.files import write_whole

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Compared:
    """The places of a layer's filters [f, 9], as far as they are compared, in order of number."""

    # Pearson's, of both reconstructions; NaN for an empty place, and where one is the same
    # everywhere, as nothing is.
    correlation: Floats
    # The same, with trained weights up to the layer before and random ones only from there on.
    # NaN too where only the whole network runs.
    own_random: Floats
    scale: Floats  # the value of the random network's that is shown as full white or black

    @classmethod
    def nothing(cls) -> Compared:
        """Return what is known before a filter is compared."""
        return cls(*(np.zeros((0, PLACES), np.float32) for _ in range(3)))

    @property
    def filters(self) -> int:
        return len(self.correlation)

    def and_then(self, others: Compared) -> Compared:
        """Return these and the next filters."""
        pairs = zip(vars(self).values(), vars(others).values(), strict=True)
        return Compared(*(np.concatenate(pair) for pair in pairs))

    def of_filters(self) -> list[float | None]:
        """Return the median correlation of each filter's places; None where none is known."""
        return _medians(self.correlation)

    def of_filters_own_random(self) -> list[float | None]:
        """Return the same with random weights in the layer itself alone."""
        return _medians(self.own_random)


def _medians(values: Floats) -> list[float | None]:
    known = [row[np.isfinite(row)] for row in values]
    return [float(np.median(row)) if len(row) else None for row in known]


def picture(folder: Path, layer: str, filter_: int) -> Path:
    """Return where the contact sheet of a filter lies."""
    return folder / layer / f"{filter_}.webp"


def write(folder: Path, layer: str, compared: Compared) -> None:
    """Write what is known of a layer, in one step."""
    arrays = {name: np.ascontiguousarray(array) for name, array in vars(compared).items()}
    write_whole(_arrays(folder, layer), save(arrays))


def read_some(folder: Path, layer: str) -> Compared:
    """Return what a run that was stopped had written of a layer."""
    try:
        found = load_file(_arrays(folder, layer))
    except FileNotFoundError:
        return Compared.nothing()
    if found.keys() != vars(Compared.nothing()).keys():
        raise AtlasError(
            f"{_arrays(folder, layer)}: not what this version reads; run `filter-gallery compute` "
            "again, which mends it"
        )
    return Compared(**found)


def read(folder: Path, layer: str, filters: int) -> Compared:
    """Return all of a layer; AtlasError where it is not of so many filters."""
    found = read_some(folder, layer)
    if found.filters != filters:
        raise AtlasError(
            f"{_arrays(folder, layer)}: has {found.filters} filters of {filters}; run "
            "`filter-gallery compute` again"
        )
    return found


def _arrays(folder: Path, layer: str) -> Path:
    return folder / f"{layer}.safetensors"
