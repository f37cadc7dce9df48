"""What one unit rests on, and no more: the way up to it and down from it on small windows.

A unit of a watched layer reads a window of the map below, that window a larger one of the next map,
down to the pixels: a cone. The windows of all units have one shape, so that units of many images
run together. What of a window lies outside its map is filled as the network's own padding would
be; where a window would be larger than its map, the whole map takes its place.

Axes: b units, each in an image of its own; c maps; h w rows and columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from generator.network.geometry import Field
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


@dataclass(frozen=True)
class Part:
    """Units whose window lies alike: from where in what there is, to where in what is needed."""

    members: list[int]
    source: tuple[slice, slice]
    target: tuple[slice, slice]


@dataclass(frozen=True)
class Cut:
    """How the windows that a step reads are cut out of a value, and how signals get back."""

    parts: tuple[Part, ...]
    size: tuple[int, int]  # of what is needed
    plain: bool  # one part, which leaves nothing to fill

    def out_of(self, value: Tensor, fill: float) -> Tensor:
        """Return the windows [b, c, *size]; what lies outside the map is `fill`."""
        if self.plain:
            return value[:, :, *self.parts[0].source]
        shape = (*value.shape[:2], *self.size)
        form = torch.full(shape, fill, dtype=value.dtype, device=value.device)
        windows = form.contiguous(memory_format=torch.channels_last)
        for part in self.parts:
            windows[part.members, :, *part.target] = value[part.members, :, *part.source]
        return windows

    def add_to(self, signal: Tensor, windows: Tensor) -> None:
        """Add the signal at the windows to that at the value; what lies outside is lost."""
        for part in self.parts:
            signal[part.members, :, *part.source] += windows[part.members, :, *part.target]


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

    def spans(self, value: int, units: Tensor) -> tuple[Span, Span]:
        """Return where the windows of units [b, 2] (row, column) lie in a value."""
        rows, columns = self.axes[value]
        return (
            Span(tuple(map(rows.start, units[:, 0].tolist())), rows.length),
            Span(tuple(map(columns.start, units[:, 1].tolist())), columns.length),
        )

    def pixels(self, images: Tensor, units: Tensor) -> Tensor:
        """Cut what the units see out of whole images [b, 3, h, w]; zero outside."""
        return self._cut(IMAGE, self.spans(IMAGE, units), units, whole=True).out_of(images, 0.0)

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
        cuts: list[list[Cut]] = []
        for call in self.calls:
            needed = [self._cut(value, self._read(call, units), units) for value in call.inputs]
            inputs = [
                cut.out_of(values[value], call.step.fill)
                for cut, value in zip(needed, call.inputs, strict=True)
            ]
            done = {value for value in call.inputs if last[value] == call.output} - {IMAGE}
            spent = not set(call.inputs) - done
            values[call.output], memory = call.step.up(inputs, rule, spent=spent)
            memories.append(memory)
            cuts.append(needed)
            for value in done:
                del values[value]
        return values[self.target][:, :, 0, 0], Ascent(self, rule, cuts, memories)

    def _read(self, call: Call, units: Tensor) -> tuple[Span, Span]:
        """Return the stretches of a call's inputs that it reads for its output."""
        found = []
        for axis, span in enumerate(self.spans(call.output, units)):
            window = call.step.window(axis)
            starts = tuple(start * window.stride - window.padding for start in span.starts)
            found.append(Span(starts, (span.length - 1) * window.stride + window.span))
        return found[0], found[1]

    def _cut(
        self, value: int, need: tuple[Span, Span], units: Tensor, *, whole: bool = False
    ) -> Cut:
        """Find where in a value, as far as it is there, the needed windows lie."""
        sizes = [axis.size for axis in self.axes[value]]
        have = self.spans(value, units)
        if whole:
            have = (Span((0,) * len(units), sizes[0]), Span((0,) * len(units), sizes[1]))
        parts: dict[str, Part] = {}
        for unit in range(len(units)):
            pairs = [
                _meet(h.starts[unit], n.starts[unit], n.length, size)
                for h, n, size in zip(have, need, sizes, strict=True)
            ]
            (top, top_there), (left, left_there) = pairs
            part = Part([], (top, left), (top_there, left_there))
            parts.setdefault(repr(part), part).members.append(unit)
        size = (need[0].length, need[1].length)
        (first, *others) = parts.values()
        plain = not others and first.target == (slice(0, size[0]), slice(0, size[1]))
        return Cut(tuple(parts.values()), size, plain)


@dataclass(frozen=True)
class Ascent:
    """What one way up left behind: all that the way down needs of it."""

    cone: Cone
    rule: Rule
    cuts: list[list[Cut]]  # by call, by input
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
                rows, columns = cone.axes[value]
                if cut.plain and value not in signals and cut.size == (rows.length, columns.length):
                    signals[value] = windows
                    continue
                if value not in signals:
                    shape = (*windows.shape[:2], rows.length, columns.length)
                    signals[value] = torch.zeros(
                        shape, dtype=windows.dtype, device=windows.device
                    ).contiguous(memory_format=torch.channels_last)
                cut.add_to(signals[value], windows)
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
