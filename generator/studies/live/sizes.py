"""Whether a graph can be run on images of another size than its network's input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import torch
from torch import Tensor

from generator.names import Size
from generator.network.graph.graph import Graph
from generator.network.graph.ops.moves import Gather, Selection
from generator.network.graph.ops.op import Op
from generator.network.graph.ops.pointwise import Pointwise
from generator.network.graph.ops.pools import AveragePool, MaxPool
from generator.network.graph.ops.resampling import Interpolation

TRIED = 32  # sizes: as many rows and columns more as the steps of common networks, and all below


def is_resizable(graph: Graph, values: Sequence[int], size: Size) -> bool:
    """Say whether these values can be computed for images of any size, not only of this one.

    No op may know its map's size, and where branches meet, their sizes must agree: that is tried
    with shapes alone.
    """
    below = graph.behind(values)
    for node in below.nodes:
        if isinstance(node.op, Selection | Gather | Interpolation):
            return False
        here = below.shapes[node.inputs[0]]
        pools = isinstance(node.op, AveragePool | MaxPool)
        if pools and getattr(node.op, "kernel", None) == (here.rows, here.columns):
            return False
    shapes = replace(below, nodes=tuple(replace(n, op=_without_numbers(n.op)) for n in below.nodes))
    for more in range(1, TRIED + 1):
        image = torch.empty(1, 3, size.height + more, size.width + more, device="meta")
        try:
            shapes.run(image)
        except RuntimeError:  # sizes that do not agree
            return False
    return True


def _without_numbers(op: Op) -> Op:
    """Return an op whose tensors have shapes only."""
    if isinstance(op, Pointwise):
        kwargs = {name: _meta(value) for name, value in op.kwargs.items()}
        return replace(op, args=tuple(map(_meta, op.args)), kwargs=kwargs)
    return replace(op, **{field.name: _meta(getattr(op, field.name)) for field in fields(op)})


def _meta(value: object) -> object:
    return value.to("meta") if isinstance(value, Tensor) else value
