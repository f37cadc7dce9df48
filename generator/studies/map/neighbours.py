"""Which images are nearest to an image, and how often these carry its label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import pdist, squareform

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

MOST = 10  # neighbours of an image that are looked at


def neighbours_of(images: int) -> int:
    """Return how many neighbours are looked at among so many images."""
    return min(MOST, images - 1)


def nearest(codes: Floats, number: int) -> Places:
    """Return the nearest others [n, number] of codes [n, c], by Euclidean distance; ties in order.

    SciPy measures pair by pair, so that no number of threads changes a digit.
    """
    distance = squareform(pdist(codes, "sqeuclidean"))
    np.fill_diagonal(distance, np.inf)
    order: Places = np.argsort(distance, axis=1, kind="stable")[:, :number]
    return order


def same_label(near: Places, labels: Sequence[str]) -> float:
    """Return the mean share of neighbours [n, k] with the label of their image."""
    _, numbers = np.unique(np.array(labels), return_inverse=True)
    return float((numbers[near] == numbers[:, None]).mean())


def by_chance(labels: Sequence[str]) -> float:
    """Return what `same_label` would be on average if neighbours were drawn at random."""
    counts = Counter(labels).values()
    return sum(count * (count - 1) for count in counts) / (len(labels) * (len(labels) - 1))


def kept(near: Places, others: Places) -> float:
    """Return the mean share of neighbours [n, k] that are among other neighbours [n, k]."""
    found = (near[:, :, None] == others[:, None, :]).any(2)
    return float(found.mean())
