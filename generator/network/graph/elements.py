"""The numbers of all elements of all values, by which one sees where a move has put each.

An element is one number of a value for one image. Numbers begin at 1; 0 stands for a zero that a
padding has put in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Numbers = npt.NDArray[np.int64]


class Elements:
    """The elements of values 0, 1, 2, … in their order."""

    def __init__(self) -> None:
        self._starts = [1]  # by value: its first element; then the first of the value to come

    def add(self, shape: Sequence[int]) -> int:
        """Number the elements of one more value; return the number of the value."""
        self._starts.append(self._starts[-1] + math.prod(shape))
        return len(self._starts) - 2

    def of(self, value: int, tensor: Tensor) -> Tensor:
        """Return the element numbers of a value, laid out as the tensor that holds it.

        They are floats, as not every function takes whole numbers, and exact up to 2⁵³.
        """
        first, stop = self._starts[value : value + 2]
        numbers = torch.arange(first, stop, dtype=torch.float64, device=tensor.device)
        return numbers.reshape(tensor.shape)

    def sources(self, moved: Tensor) -> tuple[list[int], Numbers]:
        """Return the values [s] that these elements are of, in order of use, and where in them.

        A place counts through all sources, one behind the other; −1 is a zero.
        """
        numbers = moved.cpu().numpy().astype(np.int64)
        starts = np.array(self._starts)
        owners = np.searchsorted(starts, numbers, side="right") - 1
        values, used = np.unique(owners[numbers > 0], return_index=True)
        values = values[np.argsort(used)]
        lengths = np.diff(starts)
        first = np.zeros(len(lengths) + 1, np.int64)
        first[values] = np.cumsum(lengths[values]) - lengths[values]
        return values.tolist(), np.where(numbers > 0, numbers - starts[owners] + first[owners], -1)
