"""Receptive-field arithmetic: which pixels a unit sees. Integers only, one axis at a time.

Unit u of a layer sees `size` pixels of a map below it, from `offset + u·stride` on. If that map is
made by windows of span s, stride t and padding p, the unit sees (size − 1)·t + s pixels of the map
that they read, from `offset·t − p` on, and a step of one unit is `stride·t` pixels there.
"""

from __future__ import annotations

from dataclasses import dataclass


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


@dataclass(frozen=True)
class Field:
    """The pixels that each unit of a layer sees of one map below, along one axis."""

    size: int = 1
    stride: int = 1
    offset: int = 0

    def below(self, window: Window) -> Field:
        """Return the same units' field in the map that `window` reads this one from."""
        return Field(
            size=(self.size - 1) * window.stride + window.span,
            stride=self.stride * window.stride,
            offset=self.offset * window.stride - window.padding,
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
        start = self.offset + unit * self.stride
        return start, start + self.size
