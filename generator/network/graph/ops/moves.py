"""Ops that only move values: slices, flips, paddings, shuffles, branches joined, maps laid flat.

A network has many ways to move values, and each is a function of its own. None is read by its
arguments: the function is called once more on numbers that say where each value came from. What
comes out is the op.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from generator.network.cone.geometry import Reach
from generator.network.graph.ops.op import Op, Pair, Windowed, reach_of
from generator.network.rules import Rule

Places = npt.NDArray[
    np.int64
]  # [c, h, w] of an output: where in its input each value was; −1: zero

_NAMES = (
    *(
        "cat",
        "concat",
        "concatenate",
        "stack",
        "hstack",
        "vstack",
        "chunk",
        "split",
        "tensor_split",
    ),
    *("unbind", "narrow", "select", "index_select", "__getitem__", "flip", "fliplr", "flipud"),
    *("roll", "rot90", "view", "reshape", "view_as", "reshape_as", "flatten", "unflatten", "ravel"),
    *("transpose", "swapaxes", "swapdims", "permute", "movedim", "moveaxis", "squeeze"),
    *("unsqueeze", "expand", "expand_as", "repeat", "tile", "repeat_interleave", "pad"),
    *("pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "native_channel_shuffle"),
    *("split_with_sizes", "hsplit", "vsplit", "dsplit"),
)
MOVES = {
    getattr(owner, name) for owner in (torch, Tensor, F) for name in _NAMES if hasattr(owner, name)
}


def moves(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Return whether a call does no more than move values, and put zeros beside them."""
    if function is F.interpolate:
        mode = args[3] if len(args) > 3 else kwargs.get("mode", "nearest")
        return mode in ("nearest", "nearest-exact")
    if function is F.pad:
        mode, value = (*args[2:], *("constant", 0)[len(args[2:]) :])[:2]
        return kwargs.get("mode", mode) != "constant" or not kwargs.get("value", value)
    return function in MOVES


@dataclass(frozen=True, eq=False)
class Selection(Windowed):
    """Some maps of the input, in any order, and evenly spaced rows and columns of them.

    What lies outside of the input is zero.
    """

    maps: Tensor  # [c] int64; −1 for a map of zeros
    size: Pair  # rows, columns of the output
    read_maps: int  # of the input

    def forward(self, inputs: list[Tensor], *, in_place: bool = False) -> Tensor:
        margins = []
        for axis in (1, 0):
            last = (self.size[axis] - 1) * self.stride[axis] + 1 - self.padding[axis]
            margins += [self.padding[axis], last - inputs[0].shape[2 + axis]]
        return self.run(F.pad(inputs[0], margins), (0, 0))

    def run(self, value: Tensor, padding: Pair) -> Tensor:
        chosen = value[:, self.maps, :: self.stride[0], :: self.stride[1]]
        chosen[:, self.maps < 0] = 0
        return chosen.contiguous(memory_format=torch.channels_last)

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        below = signal.new_zeros(len(signal), self.read_maps, *self.read(signal.shape[2:]))
        there = self.maps >= 0
        spread = below[:, :, :: self.stride[0], :: self.stride[1]]
        spread.index_add_(1, self.maps[there], signal[:, there])
        return [below]


@dataclass(frozen=True, eq=False)
class Gather(Op):
    """Values of the whole input, each moved anywhere; any may be used twice or not at all."""

    whole: ClassVar[bool] = True

    places: Tensor  # [c · h · w] int64, see `Places`
    here: tuple[int, int, int]  # maps, rows, columns of the input
    there: tuple[int, int, int]
    reaches: tuple[Reach, Reach]

    def reach(self, axis: int) -> Reach:
        return self.reaches[axis]

    def before(self, places: Places) -> Places:
        """Return where in its input the values lay that are at these places of its output."""
        own = self.places.cpu().numpy()
        return np.where(places >= 0, own[np.maximum(places, 0)], -1)

    def forward(self, inputs: list[Tensor], *, in_place: bool = False) -> Tensor:
        found = inputs[0].flatten(1)[:, self.places]
        found[:, self.places < 0] = 0
        return found.reshape(-1, *self.there)

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        there = self.places >= 0
        below = signal.new_zeros(len(signal), math.prod(self.here))
        below.index_add_(1, self.places[there], signal.flatten(1)[:, there])
        return [below.reshape(-1, *self.here)]


def move(places: Places, here: tuple[int, int, int], device: torch.device) -> Op | None:
    """Return the op that moves values so, out of an input of `here`: maps, rows, columns.

    None where all of them stay where they are.
    """
    if places.shape == here and (places.ravel() == np.arange(places.size)).all():
        return None
    return _selection(places, here, device) or _gather(places, here, device)


def _selection(
    places: Places, here: tuple[int, int, int], device: torch.device
) -> Selection | None:
    found = np.stack(np.unravel_index(np.maximum(places, 0), here))  # map, row, column
    found[:, places < 0] = -1
    maps, rows, columns = (
        np.moveaxis(part, axis, 0).reshape(part.shape[axis], -1).max(1)
        for axis, part in enumerate(found)
    )
    inside = (rows >= 0)[:, None] & (columns >= 0)
    whole = np.where(
        (maps >= 0)[:, None, None] & inside,
        np.ravel_multi_index(
            np.ix_(np.maximum(maps, 0), np.maximum(rows, 0), np.maximum(columns, 0)), here
        ),
        -1,
    )
    down, right = _line(rows, here[1]), _line(columns, here[2])
    if down is None or right is None or (whole != places).any():
        return None
    return Selection(
        *((1, 1), (down[1], right[1]), (-down[0], -right[0]), (1, 1)),
        maps=torch.from_numpy(maps).to(device),
        size=places.shape[1:],
        read_maps=here[0],
    )


def _line(places: Places, size: int) -> tuple[int, int] | None:
    """Return first and step of evenly spaced rows [n], where −1 is outside; None for others."""
    inside = np.flatnonzero(places >= 0)
    if len(inside) == 0:
        return None
    step = int(places[inside[1]] - places[inside[0]]) if len(inside) > 1 else max(1, size)
    first = int(places[inside[0]]) - step * int(inside[0])
    even = first + step * np.arange(len(places))
    expected = np.where((even >= 0) & (even < size), even, -1)
    return (first, step) if step > 0 and (expected == places).all() else None


def _gather(places: Places, here: tuple[int, int, int], device: torch.device) -> Gather:
    _, rows, columns = np.unravel_index(np.maximum(places, 0), here)
    known = places >= 0
    reaches = []
    for axis, part in ((1, rows), (2, columns)):
        rests = np.zeros((places.shape[axis], here[axis]), np.bool_)
        output: Places = np.indices(places.shape)[axis]
        rests[output[known], part[known]] = True
        reaches.append(reach_of(torch.from_numpy(rests)))
    flat = torch.from_numpy(places.ravel()).to(device)
    return Gather(flat, here, places.shape, (reaches[0], reaches[1]))
