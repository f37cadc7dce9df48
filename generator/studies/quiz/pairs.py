"""Which images a filter's question and its pairs are made of, by the order of its answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from generator.images.sets.chosen import evenly

Rows = npt.NDArray[np.int64]

MOST = 10  # strong images, and as many weak ones, that a machine is shown
WEAKEST = 10  # the weak image of a question is the strongest of this part of the order, its weakest
# Relative: an image that comes so near to the weakest of the nine is as strong as they are. One of
# them, or another with the same pixels, may differ by the rounding of sums.
NEAR = 1e-4


@dataclass(frozen=True)
class Order:
    """The images that activate a filter at all, the strongest first; the same pixels once."""

    rows: Rows  # [a]
    left: Rows  # [l] places in `rows` of those that are not among the nine, nor as strong


def order_of(
    activation: npt.NDArray[np.float32], content: npt.NDArray[np.int64], ninth: float, nine: Rows
) -> Order:
    """Return the order by activations [n] of images whose pixels have a hash `content` [n].

    `nine` are rows of the filter's nine, as far as they are among these images, and `ninth` is the
    weakest activation of all nine. Images alike come in order of row.
    """
    active = np.flatnonzero(activation > 0)
    rows = active[np.argsort(-activation[active], kind="stable")]
    first = np.unique(content[rows], return_index=True)[1]
    rows = rows[np.sort(first)]
    weaker = activation[rows] < ninth * (1 - NEAR)
    return Order(rows, np.flatnonzero(weaker & ~np.isin(rows, nine)))


def question(order: Order) -> tuple[int, int] | None:
    """Return the places in the order of the strong and of the weak image; None where one lacks.

    Strong is the first image that is left. Weak is the strongest of the weakest tenth of all that
    activate the filter.
    """
    active = len(order.rows)
    weak = active - max(1, active // WEAKEST)
    if len(order.left) == 0 or weak == order.left[0] or weak not in order.left:
        return None
    return int(order.left[0]), weak


def pairs(order: Order) -> tuple[Rows, Rows]:
    """Return places in the order of strong images [k] and of weak ones [k], k ≤ 10.

    Strong are the first that are left, weak some at even distances of the others in the weaker half
    of all that activate the filter. Each strong one makes a pair with each weak one.
    """
    many = min(MOST, len(order.left) // 2)
    rest = order.left[many:]
    half = len(order.rows) // 2
    weak = evenly(rest[rest >= half].tolist(), many)
    return order.left[: len(weak)], np.array(weak, np.int64)
