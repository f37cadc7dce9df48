"""The cone of a unit: all that it rests on, and no more. It runs forward and projects on windows.

A unit of a watched layer reads a window of the map below. That window reads a larger one of the
next map, and so on down to the pixels. The windows of all units have one shape, so that units of
many images run together. Where a window reaches outside its map, it is filled as the network's own
padding would be. Where a window would be larger than its map, it is the whole map.

Axes: b units, each in an image of its own; c maps; h w rows and columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from generator.network.cone.geometry import Field, Window
from generator.network.cone.windows import Crop, Identity, Span, Spans, crop
from generator.network.graph.graph import IMAGE, Graph, Node, with_last_uses
from generator.network.graph.ops.op import Op
from generator.network.rules import Rule


@dataclass(frozen=True)
class Axis:
    """The part of a value that units need, along one axis."""

    field: Field  # in the value's own rows or columns
    size: int  # of the value's map
    whole: bool  # whether units need the whole map

    @property
    def length(self) -> int:
        return self.size if self.whole else int(self.field.size)

    def start(self, unit: int) -> int:
        """Return the first row or column that a unit needs; may lie outside the map."""
        return 0 if self.whole else self.field.interval(unit)[0]

    def below(self, op: Op, axis: int, size: int) -> Axis:
        """Return what the same units need of the map of this size that `op` reads."""
        field = self.field.below(op.reach(axis))
        return Axis(field, size, self.whole or op.whole or field.size >= size)

    def union(self, other: Axis) -> Axis:
        """Return the need of both, of one map; ValueError where their strides differ."""
        field = self.field.union(other.field)
        return Axis(field, self.size, self.whole or other.whole or field.size >= self.size)


@dataclass(frozen=True)
class Cone:
    """The nodes behind one watched value, and the parts of all values that its units need."""

    nodes: tuple[Node, ...]
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
        """Crop what the units see out of whole images [b, 3, h, w]; zero outside."""
        rows, columns = (
            Span((0,) * len(units), length) for length in (axis.size for axis in self.axes[IMAGE])
        )
        windows = crop((rows, columns), self.spans(IMAGE, units), (rows.length, columns.length))
        return windows.out_of(images, 0.0, in_place=False)

    def corners(self, units: Tensor) -> list[tuple[int, int]]:
        """Return the first row and column that `pixels` crops for each of units [b, 2]."""
        rows, columns = self.spans(IMAGE, units)
        return list(zip(rows.starts, columns.starts, strict=True))

    def forward(self, pixels: Tensor, units: Tensor, rule: Rule) -> tuple[Tensor, Ascent]:
        """Return the activations [b, f] of units [b, 2], and all that projecting needs.

        `pixels` are as the method `pixels` gives them; they are not written over.
        """
        values = {IMAGE: pixels}
        memories: list[Tensor | None] = []
        crops: list[list[Identity | Crop]] = []
        for node, done in with_last_uses(self.nodes, {IMAGE}):
            crops.append([self._window(node, value, units) for value in node.inputs])
            inputs = []
            for windows, value in zip(crops[-1], node.inputs, strict=True):
                fill = node.op.fill
                if value == IMAGE and isinstance(windows, Identity) and fill == 0:
                    inputs.append(pixels)  # which are zero outside already
                else:
                    inputs.append(windows.out_of(values[value], fill, in_place=value in done))
            in_place = not set(node.inputs) - done
            values[node.output], memory = node.op.forward_window(inputs, rule, in_place=in_place)
            memories.append(memory)
            for value in done:
                del values[value]
        maps = values[self.target]
        return maps[self._places(units, maps)], Ascent(self, rule, units, crops, memories)

    def _places(self, units: Tensor, maps: Tensor) -> tuple[Tensor | slice | int, ...]:
        """Return the index of units [b, 2] in what there is of the watched maps."""
        if not self.axes[self.target][0].whole:
            return slice(None), slice(None), 0, 0
        first, *others = torch.arange(len(units)), units[:, 0], units[:, 1]
        rows, columns = (part.to(maps.device) for part in others)
        return first.to(maps.device), slice(None), rows, columns

    def _window(self, node: Node, value: int, units: Tensor) -> Identity | Crop:
        """Find the windows that a node reads, in the part of its input that there is."""
        if node.op.whole:
            return Identity(())
        need = []
        for axis, span in enumerate(self.spans(node.output, units)):
            window = node.op.window(axis)
            starts = tuple(start * window.stride - window.padding for start in span.starts)
            need.append(Span(starts, (span.length - 1) * window.stride + window.span))
        have, sizes = self.spans(value, units), [axis.size for axis in self.axes[value]]
        alike = sizes == [axis.size for axis in self.axes[node.output]]
        if alike and have == tuple(need) and all(node.op.window(n) == Window() for n in (0, 1)):
            return Identity(())  # outside stays outside
        return crop(have, (need[0], need[1]), (sizes[0], sizes[1]))


@dataclass(frozen=True)
class Ascent:
    """What one `Cone.forward` leaves for `project`."""

    cone: Cone
    rule: Rule
    units: Tensor  # [b, 2]
    crops: list[list[Identity | Crop]]  # by node, by input
    memories: list[Tensor | None]  # by node: switches and gates

    def project(self, signal: Tensor) -> Tensor:
        """Return the signal [b, 3, h, w] at the pixels for one [b, f] at the units."""
        cone = self.cone
        size = [axis.length for axis in cone.axes[cone.target]]
        maps = signal.new_zeros(*signal.shape, *size)
        maps[cone._places(self.units, maps)] = signal  # noqa: SLF001 - its other half
        signals = {cone.target: maps}
        for node, memory, crops in reversed(
            list(zip(cone.nodes, self.memories, self.crops, strict=True))
        ):
            below = node.op.project(signals.pop(node.output), memory, self.rule)
            for value, part, windows in zip(node.inputs, below, crops, strict=True):
                signals[value] = windows.back(part, signals.get(value))
        return signals[IMAGE]


def cone_of(graph: Graph, value: int) -> Cone:
    """Return the cone of a value's units. Raises ValueError where two strides meet in it."""
    part = graph.behind([value])
    top = part.shapes[value]
    axes = {value: (Axis(Field(), top.rows, False), Axis(Field(), top.columns, False))}
    for node in reversed(part.nodes):
        if node.op.whole:
            first, second = axes[node.output]
            axes[node.output] = replace(first, whole=True), replace(second, whole=True)
        for source in node.inputs:
            above, shape = axes[node.output], part.shapes[source]
            rows = above[0].below(node.op, 0, shape.rows)
            columns = above[1].below(node.op, 1, shape.columns)
            if source in axes:
                rows, columns = axes[source][0].union(rows), axes[source][1].union(columns)
            axes[source] = rows, columns
    maps = {source: shape.maps for source, shape in part.shapes.items()}
    return Cone(part.nodes, axes, maps, value)
