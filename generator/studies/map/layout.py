"""Where images lie: on a plane by t-SNE, then on a grid by optimal assignment.

Sources: van der Maaten and Hinton, Visualizing Data using t-SNE, JMLR 9, 2008; Poličar and others,
openTSNE, Journal of Statistical Software 109, 2024. The grid is that of Karpathy's t-SNE of CNN
codes (CS231n), here with the least sum of squared ways.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from openTSNE import TSNE
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from threadpoolctl import threadpool_limits

Floats = npt.NDArray[np.float64]

PERPLEXITY = 30.0  # about how many neighbours an image is held by; fewer where images are few
SEED = 0


def perplexity_of(images: int) -> float:
    """Return the perplexity for so many images: each needs three neighbours for one of it."""
    return min(PERPLEXITY, (images - 1) / 3)


def plane(codes: Floats) -> Floats:
    """Return places [n, 2] on t-SNE's plane of codes [n, c], by Euclidean distances.

    The same codes have the same places: one seed, and one thread, as several would round sums in
    another order. Not all codes may be the same.
    """
    tsne = TSNE(
        perplexity=perplexity_of(len(codes)),
        metric="euclidean",
        neighbors="exact",
        initialization="pca",
        negative_gradient_method="bh",
        n_jobs=1,
        random_state=SEED,
    )
    with threadpool_limits(1):
        return np.asarray(tsne.fit(codes), np.float64)


def grid_of(images: int) -> tuple[int, int]:
    """Return rows and columns of the smallest grid for images: a square, or a row less."""
    columns = math.ceil(math.sqrt(images))
    return -(-images // columns), columns


def cells(places: Floats) -> npt.NDArray[np.int64]:
    """Return for places [n, 2] on a plane their cells [n] on the grid, counted row by row.

    The plane is stretched over the grid. Of all ways to give each image a cell of its own, it is
    one with the least sum of squared distances between places and middles of cells.
    """
    rows, columns = grid_of(len(places))
    low, spread = places.min(0), np.ptp(places, axis=0)
    at = (places - low) / np.where(spread > 0, spread, 1)
    row, column = np.divmod(np.arange(rows * columns), columns)
    middles = np.stack([(column + 0.5) / columns, (row + 0.5) / rows], 1)
    found: npt.NDArray[np.int64] = linear_sum_assignment(cdist(at, middles, "sqeuclidean"))[1]
    return found
