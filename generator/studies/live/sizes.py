"""Whether a graph can be run on images of another size than its network's input."""

from __future__ import annotations

from collections.abc import Sequence

from generator.names import Size
from generator.network.graph.graph import IMAGE, Graph, Node
from generator.network.graph.ops.convolution import Convolution
from generator.network.graph.ops.moves import Gather, Selection
from generator.network.graph.ops.op import Op, Windowed
from generator.network.graph.ops.pools import AveragePool, MaxPool
from generator.network.graph.ops.resampling import Interpolation, TransposedConvolution

TRIED = 64  # sizes: as many rows and columns more as the coarsest of common maps has between units


def is_resizable(graph: Graph, values: Sequence[int], size: Size) -> bool:
    """Say whether these values can be computed for images of any size, not only of this one.

    No op may know the size of its map, and where branches meet, their sizes must agree.
    """
    below = graph.behind(values)
    return not any(_fixed(below, node) for node in below.nodes) and all(
        _agree(below, (size.height + more, size.width + more)) for more in range(1, TRIED + 1)
    )


def _fixed(graph: Graph, node: Node) -> bool:
    here = graph.shapes[node.inputs[0]]
    pools_all = isinstance(node.op, AveragePool | MaxPool) and node.op.kernel == (
        here.rows,
        here.columns,
    )
    return pools_all or isinstance(node.op, Selection | Gather | Interpolation)


def _agree(graph: Graph, size: tuple[int, int]) -> bool:
    """Say whether, for an image of this size, all values that meet are of one size."""
    sizes = {IMAGE: size}
    for node in graph.nodes:
        first, *others = (sizes[value] for value in node.inputs)
        if any(other != first for other in others):
            return False
        sizes[node.output] = size_after(node.op, 0, first[0]), size_after(node.op, 1, first[1])
    return True


def size_after(op: Op, axis: int, length: int) -> int:
    """Return how many rows or columns an op makes of so many, along an axis."""
    if isinstance(op, TransposedConvolution):
        span = op.dilation[axis] * (op.weight.shape[2 + axis] - 1)
        return (length - 1) * op.stride[axis] + span + 1 + op.extra[axis] - 2 * op.padding[axis]
    if not isinstance(op, Windowed):
        return length
    behind = op.behind[axis] if isinstance(op, Convolution) else 0
    stride, padding = op.stride[axis], op.padding[axis]
    room = length + 2 * padding + behind - op.window(axis).span
    if not (isinstance(op, MaxPool) and op.rounds_up):
        return room // stride + 1
    windows = -(-room // stride) + 1
    return windows - (1 if (windows - 1) * stride >= length + padding else 0)  # begins outside
