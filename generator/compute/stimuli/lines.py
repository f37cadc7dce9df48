"""Stripes through the whole picture: a network is run along one line across them, and no more.

A picture that stays the same along rows, columns or a diagonal is a function of t = a·row +
b·column with whole a and b. So is every map that a network makes of it, as long as no padding
comes in. A kernel then works along t, each of its weights added where its row and column lie. The
result is that of the whole picture up to rounding, for a fifteenth of the work.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from generator.network.cone.cone import Cone, cone_of
from generator.network.graph.graph import IMAGE, Graph, Map
from generator.network.graph.ops.convolution import Convolution
from generator.network.graph.ops.op import Op, Pair, Windowed
from generator.network.graph.ops.pools import MaxPool
from generator.network.watched import WatchedLayer, WatchedNetwork

# Degrees along the stripes → a and b: in "/" row + column stays the same.
DIRECTIONS: dict[float, Pair] = {0.0: (1, 0), 45.0: (1, 1), 90.0: (0, 1), 135.0: (1, -1)}
MIDDLE, ENDLESS = 1 << 20, 1 << 40  # the unit that is run, and the length of its map


@dataclass(frozen=True)
class Line:
    """One unit of a network that reads pictures along a line."""

    degrees: float  # along the stripes that it is for
    cone: Cone  # of unit (0, MIDDLE)
    rows: Tensor  # [n] int64: the picture's pixels on the line
    columns: Tensor  # [n] int64

    def read(self, pictures: Tensor) -> Tensor:
        """Return the pixels [k, 3, 1, n] of pictures [k, 3, side, side] that the unit needs."""
        return pictures[:, :, self.rows, self.columns][:, :, None]


def line(
    network: WatchedNetwork, layer: WatchedLayer, degrees: float, unit: Pair, side: int, start: Pair
) -> Line | None:
    """Return the unit (row, column) of a layer, run across stripes that run along `degrees`.

    Its pictures have `side` pixels and begin at the input's row and column `start`; the unit sees
    nothing else. None where the network has a part that does not run along a line.
    """
    graph = network.graph([layer])
    if graph is None:
        return None
    a, b = DIRECTIONS[degrees]
    ops = [_along(node.op, a, b) for node in graph.nodes]
    nodes = [replace(node, op=op) for node, op in zip(graph.nodes, ops, strict=True) if op]
    if len(nodes) < len(ops):
        return None
    shapes = {value: Map(shape.maps, 1, ENDLESS) for value, shape in graph.shapes.items()}
    cone = cone_of(Graph(tuple(nodes), shapes, graph.watched), graph.watched[0])
    first, stop = cone.axes[IMAGE][1].field.interval(a * unit[0] + b * unit[1])
    t = torch.arange(first, stop) - (a * start[0] + b * start[1])
    rows = a * t.clamp(0, side - 1)
    return Line(degrees, cone, rows, b * (t - rows))


def _along(op: Op, a: int, b: int) -> Op | None:
    """Return the op along t = a·row + b·column, laid out as columns; None if there is none."""
    if op.whole:
        return None
    if not isinstance(op, Windowed):
        return op
    if len({*op.stride}) > 1 or len({*op.dilation}) > 1:
        return None
    rows, columns = np.indices(op.kernel)
    t = torch.from_numpy(a * rows + b * columns)
    first, last = int(t.min()), int(t.max())
    window: dict[str, Any] = {
        "kernel": (1, last - first + 1),
        "stride": (1, op.stride[0]),
        "padding": (0, a * op.padding[0] + b * op.padding[1] - op.dilation[0] * first),
        "dilation": (1, op.dilation[0]),
    }
    if isinstance(op, Convolution):
        summed = op.weight.new_zeros(*op.weight.shape[:2], last - first + 1)
        summed.index_add_(2, (t - first).flatten().to(summed.device), op.weight.flatten(2))
        return replace(op, **window, weight=summed[:, :, None])
    return replace(op, **window) if isinstance(op, MaxPool) else None
