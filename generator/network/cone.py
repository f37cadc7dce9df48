"""What one unit rests on, and no more: the way up to it and down from it on small windows.

A unit of a watched layer reads a window of the map below, that window a larger one of the next map,
down to the pixels: a cone. The windows of all units have one shape, so that units of many images
run together. What of a window lies outside its map is filled as the network's own padding would
be; where a window would be larger than its map, the whole map takes its place.

Axes: b units, each in an image of its own; c maps; h w rows and columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from generator.network.geometry import Field, Window
from generator.network.program import IMAGE, Call, Program
from generator.rule import Rule


@dataclass(frozen=True)
class Axis:
    """What the units need of a value along one axis."""

    field: Field  # in the value's own rows or columns
    size: int  # of the value's map
    whole: bool  # whether the map is taken whole

    @property
    def length(self) -> int:
        return self.size if self.whole else self.field.size

    def start(self, unit: int) -> int:
        """Return the first row or column that a unit needs; may lie outside the map."""
        return 0 if self.whole else self.field.interval(unit)[0]


@dataclass(frozen=True)
class Span:
    """A stretch along one axis of a value, for each unit of a batch."""

    starts: tuple[int, ...]  # may lie outside the map
    length: int


Spans = tuple[Span, Span]  # rows, columns
Place = tuple[slice, slice]  # rows, columns


@dataclass(frozen=True)
class Same:
    """Needed windows that are all that there is of a value: nothing moves."""

    outside: tuple[tuple[int, slice, slice], ...]  # unit, rows, columns: what lies outside its map

    def out_of(self, value: Tensor, fill: float, *, spent: bool) -> Tensor:
        """Return the windows [b, c, h, w]; what lies outside the map is `fill`.

        A `spent` value may be written over.
        """
        if not self.outside:
            return value
        windows = value if spent else value.clone()
        self._fill(windows, fill)
        return windows

    def back(self, windows: Tensor, signal: Tensor | None) -> Tensor:
        """Return the signal at a value: that at the windows, added to what is there already.

        What lies outside the map is lost. Both may be written over.
        """
        self._fill(windows, 0.0)
        return windows if signal is None else signal.add_(windows)

    def _fill(self, windows: Tensor, fill: float) -> None:
        for unit, rows, columns in self.outside:
            windows[unit, :, rows, columns].fill_(fill)


@dataclass(frozen=True)
class Part:
    """Units whose window lies alike: from where in what there is, to where in what is needed."""

    members: list[int] | slice
    source: tuple[slice, slice]
    target: tuple[slice, slice]


@dataclass(frozen=True)
class Cut:
    """Needed windows that lie elsewhere in what there is of a value, or reach beyond it."""

    parts: tuple[Part, ...]
    have: tuple[int, int]  # rows, columns
    need: tuple[int, int]
    plain: bool  # one part, which leaves nothing to fill

    def out_of(self, value: Tensor, fill: float, *, spent: bool) -> Tensor:
        """Return the windows [b, c, h, w] as `Same.out_of` does."""
        if self.plain:
            return value[:, :, *self.parts[0].source]
        windows = _new(value, self.need).fill_(fill)
        for part in self.parts:
            windows[part.members, :, *part.target] = value[part.members, :, *part.source]
        return windows

    def back(self, windows: Tensor, signal: Tensor | None) -> Tensor:
        """Return the signal at a value as `Same.back` does."""
        if signal is None:
            signal = _new(windows, self.have).zero_()
        for part in self.parts:
            signal[part.members, :, *part.source] += windows[part.members, :, *part.target]
        return signal


def _new(like: Tensor, size: tuple[int, int]) -> Tensor:
    """Return room for windows of this size, for as many units and maps."""
    shape = (*like.shape[:2], *size)
    return torch.empty(
        shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last
    )


@dataclass(frozen=True)
class Cone:
    """The calls behind one watched value, and what its units need of every value."""

    calls: tuple[Call, ...]
    axes: dict[int, tuple[Axis, Axis]]  # value → rows, columns
    maps: dict[int, int]  # value → how many maps it has
    target: int

    @property
    def largest(self) -> int:
        """Return the bytes of the largest value of one unit, as float32."""
        return max(
            4 * self.maps[value] * rows.length * columns.length
            for value, (rows, columns) in self.axes.items()
        )

    def spans(self, value: int, units: Tensor) -> Spans:
        """Return where the windows of units [b, 2] (row, column) lie in a value."""
        rows, columns = self.axes[value]
        return (
            Span(tuple(map(rows.start, units[:, 0].tolist())), rows.length),
            Span(tuple(map(columns.start, units[:, 1].tolist())), columns.length),
        )

    def pixels(self, images: Tensor, units: Tensor) -> Tensor:
        """Cut what the units see out of whole images [b, 3, h, w]; zero outside."""
        rows, columns = (
            Span((0,) * len(units), length) for length in (axis.size for axis in self.axes[IMAGE])
        )
        cut = _cut((rows, columns), self.spans(IMAGE, units), (rows.length, columns.length))
        return cut.out_of(images, 0.0, spent=False)

    def corners(self, units: Tensor) -> list[tuple[int, int]]:
        """Return the first row and column that `pixels` cuts for each of units [b, 2]."""
        rows, columns = self.spans(IMAGE, units)
        return list(zip(rows.starts, columns.starts, strict=True))

    def up(self, pixels: Tensor, units: Tensor, rule: Rule) -> tuple[Tensor, Ascent]:
        """Return the activations [b, f] of units [b, 2], and what the way down needs.

        `pixels` are as `pixels` gives them.
        """
        values = {IMAGE: pixels}  # never written over
        last = {value: call.output for call in self.calls for value in call.inputs}
        memories: list[Tensor | None] = []
        cuts: list[list[Same | Cut]] = []
        for call in self.calls:
            found = [self._window(call, value, units) for value in call.inputs]
            done = {value for value in call.inputs if last[value] == call.output} - {IMAGE}
            inputs = []
            for cut, value in zip(found, call.inputs, strict=True):
                if value == IMAGE and isinstance(cut, Same) and call.step.fill == 0:
                    inputs.append(pixels)  # which are zero outside already
                else:
                    fill = call.step.fill
                    inputs.append(cut.out_of(values[value], fill, spent=value in done))
            spent = not set(call.inputs) - done
            values[call.output], memory = call.step.up(inputs, rule, spent=spent)
            memories.append(memory)
            cuts.append(found)
            for value in done:
                del values[value]
        return values[self.target][:, :, 0, 0], Ascent(self, rule, cuts, memories)

    def _window(self, call: Call, value: int, units: Tensor) -> Same | Cut:
        """Find where in an input, as far as it is there, lie the windows that a call reads."""
        need = []
        for axis, span in enumerate(self.spans(call.output, units)):
            window = call.step.window(axis)
            starts = tuple(start * window.stride - window.padding for start in span.starts)
            need.append(Span(starts, (span.length - 1) * window.stride + window.span))
        have, sizes = self.spans(value, units), [axis.size for axis in self.axes[value]]
        if have == tuple(need) and all(call.step.window(axis) == Window() for axis in (0, 1)):
            return Same(())  # outside stays outside
        return _cut(have, (need[0], need[1]), (sizes[0], sizes[1]))


def _cut(have: Spans, need: Spans, size: tuple[int, int]) -> Same | Cut:
    """Find where in the stretches of a map that there are lie those that are needed."""
    if have == need:
        return Same(tuple(_outside(need, size)))
    parts: dict[str, tuple[list[int], Place, Place]] = {}
    for unit in range(len(need[0].starts)):
        (top, top_there), (left, left_there) = (
            _meet(have[axis].starts[unit], need[axis].starts[unit], need[axis].length, size[axis])
            for axis in (0, 1)
        )
        part: tuple[list[int], Place, Place] = [], (top, left), (top_there, left_there)
        parts.setdefault(repr(part), part)[0].append(unit)
    needed = (need[0].length, need[1].length)
    alone = len(parts) == 1
    plain = alone and next(iter(parts.values()))[2] == (slice(0, needed[0]), slice(0, needed[1]))
    return Cut(
        tuple(
            Part(slice(None) if alone else members, source, target)
            for members, source, target in parts.values()
        ),
        (have[0].length, have[1].length),
        needed,
        plain,
    )


def _outside(windows: Spans, size: tuple[int, int]) -> Iterator[tuple[int, slice, slice]]:
    """Yield unit, rows and columns of whatever of the windows lies outside a map of this size."""
    everything = slice(None)
    for axis, span in enumerate(windows):
        for unit, start in enumerate(span.starts):
            before, inside = -start, size[axis] - start
            for part in (slice(0, max(before, 0)), slice(max(inside, 0), span.length)):
                if part.start < part.stop:
                    yield (unit, part, everything) if axis == 0 else (unit, everything, part)


@dataclass(frozen=True)
class Ascent:
    """What one way up left behind: all that the way down needs of it."""

    cone: Cone
    rule: Rule
    cuts: list[list[Same | Cut]]  # by call, by input
    memories: list[Tensor | None]  # by call: switches and gates

    def down(self, signal: Tensor) -> Tensor:
        """Return the signal [b, 3, h, w] at the pixels for one [b, f] at the units."""
        cone = self.cone
        signals = {cone.target: signal[:, :, None, None]}
        for call, memory, cuts in reversed(
            list(zip(cone.calls, self.memories, self.cuts, strict=True))
        ):
            below = call.step.down(signals.pop(call.output), memory, self.rule)
            for value, windows, cut in zip(call.inputs, below, cuts, strict=True):
                signals[value] = cut.back(windows, signals.get(value))
        return signals[IMAGE]


def cone_of(program: Program, value: int) -> Cone:
    """Return the cone of a value's units. Raises ValueError where two strides meet in it."""
    part = program.behind([value])
    fields = {value: (Field(), Field())}
    whole = {value: (False, False)}
    for call in reversed(part.calls):
        above, taken = fields[call.output], whole[call.output]
        for source in call.inputs:
            shape = part.shapes[source]
            below = [above[axis].below(call.step.window(axis)) for axis in (0, 1)]
            known = fields.get(source)
            if known is not None:
                below = [one.union(other) for one, other in zip(known, below, strict=True)]
            before = whole.get(source, (False, False))
            fields[source] = (below[0], below[1])
            whole[source] = (
                before[0] or taken[0] or below[0].size >= shape.rows,
                before[1] or taken[1] or below[1].size >= shape.columns,
            )
    axes = {
        source: (
            Axis(fields[source][0], shape.rows, whole[source][0]),
            Axis(fields[source][1], shape.columns, whole[source][1]),
        )
        for source, shape in part.shapes.items()
    }
    maps = {source: shape.maps for source, shape in part.shapes.items()}
    return Cone(part.calls, axes, maps, value)


def _meet(have: int, need: int, length: int, size: int) -> tuple[slice, slice]:
    """Return where needed rows that lie in the map are in what there is, and in what is needed."""
    first = min(max(need, 0), size)
    last = max(min(need + length, size), first)
    return slice(first - have, last - have), slice(first - need, last - need)
