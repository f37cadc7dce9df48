"""Windows of maps: they are cropped out of the part of a map that there is, and signals put back.

A window may reach outside its map. Axes: b units, each in an image of its own; c maps; h w rows and
columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Span:
    """A stretch along one axis of a value, for each unit of a batch."""

    starts: tuple[int, ...]  # may lie outside the map
    length: int


Spans = tuple[Span, Span]  # rows, columns
Place = tuple[slice, slice]  # rows, columns


@dataclass(frozen=True)
class Identity:
    """The needed windows are all that there is of a value, so nothing moves."""

    outside: tuple[tuple[int, slice, slice], ...]  # unit; rows and columns outside its map

    def out_of(self, value: Tensor, fill: float, *, in_place: bool) -> Tensor:
        """Return the windows [b, c, h, w], with `fill` outside the map.

        With `in_place` the value may be written over.
        """
        if not self.outside:
            return value
        windows = value if in_place else value.clone()
        self._fill(windows, fill)
        return windows

    def back(self, windows: Tensor, signal: Tensor | None) -> Tensor:
        """Add the signal at the windows to the signal at the value, if there is any; return that.

        The signal outside the map is lost. Both tensors may be written over.
        """
        self._fill(windows, 0.0)
        return windows if signal is None else signal.add_(windows)

    def _fill(self, windows: Tensor, fill: float) -> None:
        for unit, rows, columns in self.outside:
            windows[unit, :, rows, columns].fill_(fill)


@dataclass(frozen=True)
class Crop:
    """The needed windows are parts of what there is of a value, or reach beyond it."""

    # Units whose windows lie alike, their place in what there is, and in what is needed.
    parts: tuple[tuple[list[int] | slice, Place, Place], ...]
    have: tuple[int, int]  # rows, columns
    need: tuple[int, int]

    def out_of(self, value: Tensor, fill: float, *, in_place: bool) -> Tensor:
        """Return the windows [b, c, h, w] as `Identity.out_of` does."""
        units, source, target = self.parts[0]
        if units == slice(None) and target == (slice(0, self.need[0]), slice(0, self.need[1])):
            return value[:, :, *source]  # there is nothing to fill
        windows = _new(value, self.need).fill_(fill)
        for units, source, target in self.parts:
            windows[units, :, *target] = value[units, :, *source]
        return windows

    def back(self, windows: Tensor, signal: Tensor | None) -> Tensor:
        """Return the signal at a value as `Identity.back` does."""
        if signal is None:
            signal = _new(windows, self.have).zero_()
        for units, source, target in self.parts:
            signal[units, :, *source] += windows[units, :, *target]
        return signal


def _new(like: Tensor, size: tuple[int, int]) -> Tensor:
    """Return room for windows of this size, for as many units and maps."""
    shape = (*like.shape[:2], *size)
    return torch.empty(
        shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last
    )


def crop(have: Spans, need: Spans, size: tuple[int, int]) -> Identity | Crop:
    """Find the needed stretches of a map of this size in those that there are."""
    if have == need:
        return Identity(tuple(_outside(need, size)))
    alike: dict[str, tuple[list[int], Place, Place]] = {}
    for unit in range(len(need[0].starts)):
        (top, top_there), (left, left_there) = (
            _meet(have[axis].starts[unit], need[axis].starts[unit], need[axis].length, size[axis])
            for axis in (0, 1)
        )
        part: tuple[list[int], Place, Place] = [], (top, left), (top_there, left_there)
        alike.setdefault(repr(part), part)[0].append(unit)
    parts = tuple(
        (units if len(alike) > 1 else slice(None), source, target)
        for units, source, target in alike.values()
    )
    return Crop(parts, (have[0].length, have[1].length), (need[0].length, need[1].length))


def _outside(windows: Spans, size: tuple[int, int]) -> Iterator[tuple[int, slice, slice]]:
    """Yield unit, rows and columns of each part of the windows that lies outside the map."""
    everything = slice(None)
    for axis, span in enumerate(windows):
        for unit, start in enumerate(span.starts):
            before, inside = -start, size[axis] - start
            for part in (slice(0, max(before, 0)), slice(max(inside, 0), span.length)):
                if part.start < part.stop:
                    yield (unit, part, everything) if axis == 0 else (unit, everything, part)


def _meet(have: int, need: int, length: int, size: int) -> tuple[slice, slice]:
    """Return the rows that are needed and in the map: in what there is, and in what is needed."""
    first = min(max(need, 0), size)
    last = max(min(need + length, size), first)
    return slice(first - have, last - have), slice(first - need, last - need)
