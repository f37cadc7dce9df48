"""Receptive-field arithmetic: which pixels a unit sees. One axis at a time, and exact.

Unit u of a layer sees `size` pixels of a map below it, from `offset + u·stride` on. If that map is
made by windows of span s, stride t and padding p, the unit sees (size − 1)·t + s pixels of the map
that they read, from `offset·t − p` on, and a step of one unit is `stride·t` pixels there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

Number = int | Fraction


@dataclass(frozen=True)
class Reach:
    """The pixels of its input, along one axis, that each pixel of an op's output rests on.

    Output j rests on the inputs from step·j + first to step·j + last, and on no other.
    """

    step: Number
    first: Number
    last: Number


@dataclass(frozen=True)
class Window:
    """The window of a convolution or pool along one axis, in pixels of its own input."""

    kernel: int = 1
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def span(self) -> int:
        """Distance from the first to the last pixel that the window touches, both counted."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def reach(self) -> Reach:
        return Reach(self.stride, -self.padding, self.span - 1 - self.padding)


@dataclass(frozen=True)
class Field:
    """The pixels that each unit of a layer sees of one map below, along one axis.

    Behind an op that enlarges maps the numbers may be fractions: the smallest field that has one
    form for all units and leaves out none that a unit sees.
    """

    size: Number = 1
    stride: Number = 1
    offset: Number = 0

    def below(self, reach: Reach) -> Field:
        """Return the same units' field in the map that an op of this reach makes this one from."""
        return Field(
            size=(self.size - 1) * reach.step + reach.last - reach.first + 1,
            stride=self.stride * reach.step,
            offset=self.offset * reach.step + reach.first,
        )

    def union(self, other: Field) -> Field:
        """Return the smallest field with both; ValueError where their strides differ."""
        if self.stride != other.stride:
            raise ValueError(f"strides {self.stride} and {other.stride} meet")
        start = min(self.offset, other.offset)
        stop = max(self.offset + self.size, other.offset + other.size)
        return Field(stop - start, self.stride, start)

    def interval(self, unit: int) -> tuple[int, int]:
        """Return the pixels that a unit sees, half-open; may reach outside the map."""
        start = math.floor(self.offset + unit * self.stride)
        return start, start + math.ceil(self.size)

    @property
    def in_pixels(self) -> PixelField:
        """Return the smallest field around this one that has whole pixels and one size."""
        if self.stride != int(self.stride):
            return PixelField(math.ceil(self.size) + 1, self.stride, math.floor(self.offset))
        first, stop = math.ceil(self.offset), math.floor(self.offset + self.size - 1) + 1
        return PixelField(stop - first, int(self.stride), first)


@dataclass(frozen=True)
class PixelField(Field):
    """A field in whole pixels, all units' of one size."""

    size: int = 1
    offset: int = 0
