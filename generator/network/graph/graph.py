"""A network as a list of nodes, each with an op that runs forward and projects back.

Values are numbered: 0 is the image, and every node makes one more. A graph has only the nodes that
its watched values rest on, so running it ends at the last of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from generator.names import Size
from generator.network.graph.ops.convolution import Convolution, folded
from generator.network.graph.ops.op import Op
from generator.network.graph.ops.scaling import Scaling

IMAGE = 0


@dataclass(frozen=True)
class Map:
    """The shape of a value for one image at the network's input size."""

    maps: int
    rows: int
    columns: int

    @property
    def numbers(self) -> int:
        """Return how many numbers it has."""
        return self.maps * self.rows * self.columns

    def has_form_of(self, size: Size) -> bool:
        """Return whether rows are to columns as those of an input, but for less than one column."""
        return abs(self.columns * size.height - self.rows * size.width) < size.height


@dataclass(frozen=True)
class Node:
    """One op in its place: the values that it reads, and the one that it makes."""

    op: Op
    inputs: tuple[int, ...]
    output: int


@dataclass(frozen=True)
class Graph:
    """The nodes that make some watched values, in order, and the shapes of all their values."""

    nodes: tuple[Node, ...]
    shapes: dict[int, Map]
    watched: tuple[int, ...]

    def run(self, images: Tensor, *, in_place: bool = True) -> list[Tensor]:
        """Return the watched values [b, c, h, w] for whole images [b, 3, h, w].

        Not `in_place`, every value is kept as autograd needs it.
        """
        values = {IMAGE: images}  # never written over
        for node, done in with_last_uses(self.nodes, {IMAGE, *self.watched}):
            inputs = [values[value] for value in node.inputs]
            values[node.output] = node.op.forward(
                inputs, in_place=in_place and not set(node.inputs) - done
            )
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

    def with_ops_of(self, other: Graph, below: set[int]) -> Graph:
        """Return the graph with the ops of another of the same shapes, but for those `below`.

        Those are told by the values that they make.
        """
        theirs = {node.output: node for node in other.nodes}
        nodes = (n if n.output in below else theirs[n.output] for n in self.nodes)
        return Graph(tuple(nodes), self.shapes, self.watched)

    def folded(self, known: dict[int, Convolution]) -> Graph:
        """Return the graph with batch normalisation made part of the convolution before it.

        This is done where nothing else reads that convolution; the function is the same up to
        rounding. `known` has the convolutions that were folded before, by the value that they make,
        and takes the new ones.
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
                if node.output not in known:
                    known[node.output] = folded(before.op, node.op)
                op = known[node.output]
                nodes[node.output] = replace(node, op=op, inputs=before.inputs)
            else:
                nodes[node.output] = node
        return Graph(tuple(nodes.values()), self.shapes, self.watched).behind(self.watched)

    @property
    def largest(self) -> int:
        """Return the bytes of the largest value of one image, as float32."""
        return max(4 * shape.numbers for shape in self.shapes.values())


def with_last_uses(nodes: Sequence[Node], kept: set[int]) -> Iterator[tuple[Node, set[int]]]:
    """Yield each node with the inputs that no later node reads, but for those that are `kept`."""
    last = {value: node.output for node in nodes for value in node.inputs}
    for node in nodes:
        yield node, {value for value in node.inputs if last[value] == node.output} - kept
