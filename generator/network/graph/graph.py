"""A network as a list of ops, each with a way up and a way down.

Values are numbered: 0 is the image, every node makes one more. A graph holds only what its
watched values rest on, so running it ends at the last of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from generator.network.graph.ops import Convolution, Op, Scaling, folded

IMAGE = 0


@dataclass(frozen=True)
class Map:
    """The shape of a value for one image at the network's input size."""

    maps: int
    rows: int
    columns: int

    @property
    def bytes(self) -> int:
        """Return what it takes as float32."""
        return 4 * self.maps * self.rows * self.columns


@dataclass(frozen=True)
class Node:
    """One op in its place."""

    op: Op
    inputs: tuple[int, ...]  # values
    output: int  # the value it makes


@dataclass(frozen=True)
class Graph:
    """The nodes that make some watched values, in order; shapes of all values they touch."""

    nodes: tuple[Node, ...]
    shapes: dict[int, Map]
    watched: tuple[int, ...]

    def run(self, images: Tensor) -> list[Tensor]:
        """Return the watched values [b, c, h, w] for whole images [b, 3, h, w]."""
        values = {IMAGE: images}  # never written over
        last = self._last_uses()
        for number, node in enumerate(self.nodes):
            inputs = [values[value] for value in node.inputs]
            done = {value for value in node.inputs if last[value] == number} - {IMAGE}
            values[node.output] = node.op.forward(inputs, in_place=not set(node.inputs) - done)
            for value in done:
                del values[value]
        return [values[value] for value in self.watched]

    def behind(self, watched: Sequence[int]) -> Graph:
        """Return the part of the graph that these values rest on."""
        needed = set(watched)
        nodes = []
        for node in reversed(self.nodes):
            if node.output in needed:
                needed.update(node.inputs)
                nodes.append(node)
        shapes = {value: self.shapes[value] for value in sorted(needed)}
        return Graph(tuple(reversed(nodes)), shapes, tuple(watched))

    def folded(self) -> Graph:
        """Return the graph with batch normalisation made part of the convolution before it.

        Where nothing else reads that convolution; the same function up to rounding.
        """
        uses = [value for node in self.nodes for value in node.inputs] + list(self.watched)
        makers = {node.output: node for node in self.nodes}
        nodes: dict[int, Node] = {}
        for node in self.nodes:
            before = makers.get(node.inputs[0])
            if (
                isinstance(node.op, Scaling)
                and before is not None
                and isinstance(before.op, Convolution)
                and uses.count(before.output) == 1
            ):
                del nodes[before.output]
                op = folded(before.op, node.op)
                nodes[node.output] = replace(node, op=op, inputs=before.inputs)
            else:
                nodes[node.output] = node
        return Graph(tuple(nodes.values()), self.shapes, self.watched).behind(self.watched)

    @property
    def largest(self) -> int:
        """Return the bytes of the largest value, for one image."""
        return max(shape.bytes for shape in self.shapes.values())

    def _last_uses(self) -> dict[int, int]:
        """Return after which node, by number, a value is needed no more; watched ones stay."""
        last = {value: number for number, node in enumerate(self.nodes) for value in node.inputs}
        return last | dict.fromkeys(self.watched, len(self.nodes))
