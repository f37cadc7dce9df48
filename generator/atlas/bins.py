"""The bins in which activations are counted: eight to an octave, alike for every filter.

Their edges do not depend on the images, so counts of parts of an image set add up to the counts of
the whole. A quantile read from them is exact to the width of a bin, 9 %.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

PER_OCTAVE = 8
LOWEST, HIGHEST = -16, 16  # octaves: edges run from 2⁻¹⁶ to 2¹⁶
BINS = (HIGHEST - LOWEST) * PER_OCTAVE


def edge(number: int) -> float:
    """Return the lower edge of a bin, which is the upper edge of the one before.

    The first bin holds all that is positive and below its upper edge, the last all above its lower.
    """
    return float(2.0 ** (LOWEST + number / PER_OCTAVE))


def inner_edges() -> npt.NDArray[np.float32]:
    """Return the edges [BINS − 1] between the bins, rising."""
    return np.array([edge(number) for number in range(1, BINS)], np.float32)


def quantile(counts: Sequence[int], share: float) -> float:
    """Return the value that this share of what was counted stays below; 0 where nothing was.

    `counts` [BINS] of positive values. Inside a bin values are taken to lie evenly in logarithm.
    """
    wanted = share * sum(counts)
    below = 0
    for number, count in enumerate(counts):
        if count and below + count >= wanted:
            inside = (wanted - below) / count
            return float(2.0 ** (LOWEST + (number + inside) / PER_OCTAVE))
        below += count
    return 0.0
