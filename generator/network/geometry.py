"""Receptive-field arithmetic: which input pixels a unit sees. Integers only, one axis at a time.

A layer is reached through windows (convolutions and pools) one after the other. Unit u of the
layer then sees `size` input pixels, from `offset + u·stride` on. Composing with one more window of
span s, stride t and padding p gives size + (s − 1)·stride, stride·t, offset − p·stride.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """What one convolution or pool does along an axis, in pixels of its own input."""

    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def span(self) -> int:
        """Distance from the first to the last pixel that the window touches, both counted."""
        return self.dilation * (self.kernel - 1) + 1


@dataclass(frozen=True)
class Crop:
    """A part of the input, half-open, and the place of one unit in the crop's own feature map."""

    start: int
    stop: int
    unit: int


@dataclass(frozen=True)
class Field:
    """The receptive fields of a layer's units along one axis, in input pixels."""

    size: int = 1
    stride: int = 1
    offset: int = 0

    def through(self, window: Window) -> Field:
        """Return the field of the layer behind one more window."""
        return Field(
            size=self.size + (window.span - 1) * self.stride,
            stride=self.stride * window.stride,
            offset=self.offset - window.padding * self.stride,
        )

    def interval(self, unit: int) -> tuple[int, int]:
        """Return the pixels that a unit sees, half-open; may reach outside the input."""
        start = self.offset + unit * self.stride
        return start, start + self.size

    def crop(self, unit: int, length: int) -> Crop:
        """Return the smallest part of an input of `length` pixels that gives this unit its value.

        It is the unit's interval, clipped at the input's true borders; its start is aligned down
        to a multiple of the stride, so that the grids of all layers below fall as they did in the
        whole input.
        """
        start, stop = self.interval(unit)
        aligned = max(0, start // self.stride * self.stride)
        return Crop(aligned, min(stop, length), unit - aligned // self.stride)


def field_behind(windows: Iterable[Window]) -> Field:
    """Return the receptive field of the layer behind all these windows."""
    field = Field()
    for window in windows:
        field = field.through(window)
    return field
