"""A graph as records and bytes: one writer for each op, and the parts that weights travel in."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.overrides import resolve_name

from generator.network.graph.graph import IMAGE, Graph, Node
from generator.network.graph.ops.convolution import Convolution
from generator.network.graph.ops.joints import Concatenation, Sum
from generator.network.graph.ops.moves import Gather, Selection
from generator.network.graph.ops.op import Op
from generator.network.graph.ops.pointwise import LocalNormalisation, Pointwise
from generator.network.graph.ops.pools import AveragePool, MaxPool
from generator.network.graph.ops.relu import Rectifier
from generator.network.graph.ops.resampling import Interpolation, TransposedConvolution
from generator.network.graph.ops.scaling import Scaling
from generator.studies.live import record
from generator.studies.live.eight_bit import whole_numbers

# Functions of one number, with what they may be given behind it, in torch's order: its defaults.
POINTWISE: dict[str, dict[str, float | str]] = {
    "leaky_relu": {"negative_slope": 0.01},
    "prelu": {},
    "rrelu": {"lower": 1 / 8, "upper": 1 / 3},
    "elu": {"alpha": 1.0},
    "selu": {},
    "celu": {"alpha": 1.0},
    "gelu": {"approximate": "none"},
    "silu": {},
    "mish": {},
    "hardswish": {},
    "hardsigmoid": {},
    "softplus": {"beta": 1.0, "threshold": 20.0},
    "softsign": {},
    "logsigmoid": {},
    "tanhshrink": {},
    "softshrink": {"lambd": 0.5},
    "hardshrink": {"lambd": 0.5},
    "tanh": {},
    "sigmoid": {},
    "exp": {},
    "abs": {},
    "square": {},
}
NUMBERS = {"none": 0.0, "tanh": 1.0}  # of what gelu may be given


FULL = 3 << 20  # bytes of a part behind which no further op begins


@dataclass
class Part:
    """The bytes of a part as they grow."""

    content: bytearray = field(default_factory=bytearray)

    def add(self, values: Tensor, kind: str) -> record.Tensor:
        """Append numbers and return where they are."""
        name = {"i1": "i8", "f4": "f32", "i4": "i32"}[kind]
        numbers = values.detach().cpu().contiguous().numpy().astype(f"<{kind}")
        self.content.extend(bytes(-len(self.content) % numbers.itemsize))
        at = len(self.content)
        self.content.extend(np.ascontiguousarray(numbers).tobytes())
        return record.Tensor.model_validate({"at": at, "type": name, "shape": values.shape})


Writer = Callable[[Any, Part], dict[str, Any]]  # the fields of an op's record, less its place


def _convolution(op: Convolution, part: Part) -> dict[str, Any]:
    return {**_windows(op), "behind": op.behind, "groups": op.groups, **_weights(op, part)}


def _transposed_convolution(op: TransposedConvolution, part: Part) -> dict[str, Any]:
    names = ("stride", "padding", "extra", "dilation", "groups")
    return {**{name: getattr(op, name) for name in names}, **_weights(op, part)}


def _weights(op: Convolution | TransposedConvolution, part: Part) -> dict[str, Any]:
    weight, scale = whole_numbers(op)
    return {
        "weight": part.add(weight, "i1"),
        "scale": part.add(scale, "f4"),
        "bias": None if op.bias is None else part.add(op.bias, "f4"),
    }


def _windows(op: Any) -> dict[str, Any]:
    return {name: getattr(op, name) for name in ("kernel", "stride", "padding", "dilation")}


def _scaling(op: Scaling, part: Part) -> dict[str, Any]:
    return {"gain": part.add(op.gain, "f4"), "shift": part.add(op.shift, "f4")}


def _relu(op: Rectifier, _part: Part) -> dict[str, Any]:
    return {"ceiling": None if math.isinf(op.ceiling) else op.ceiling}


def _max_pool(op: MaxPool, _part: Part) -> dict[str, Any]:
    return {**_windows(op), "rounds_up": op.rounds_up}


def _average_pool(op: AveragePool, _part: Part) -> dict[str, Any]:
    return {"kernel": op.kernel, "stride": op.stride, "padding": op.padding}


def _sum(op: Sum, _part: Part) -> dict[str, Any]:
    return {"factors": op.factors}


def _concatenation(op: Concatenation, _part: Part) -> dict[str, Any]:
    return {"maps": op.maps}


def _selection(op: Selection, part: Part) -> dict[str, Any]:
    names = ("stride", "padding", "size", "read_maps")
    return {"maps": part.add(op.maps, "i4"), **{name: getattr(op, name) for name in names}}


def _gather(op: Gather, part: Part) -> dict[str, Any]:
    stays = math.prod(op.here) == len(op.places) and op.places.equal(
        torch.arange(len(op.places), device=op.places.device)
    )
    places = None if stays else part.add(op.places, "i4")
    return {"places": places, "here": op.here, "there": op.there}


def _interpolation(op: Interpolation, part: Part) -> dict[str, Any]:
    down, right = op.weights
    return {"down": part.add(down, "f4"), "right": part.add(right, "f4")}


def _pointwise(op: Pointwise, part: Part) -> dict[str, Any]:
    name = resolve_name(op.function).rpartition(".")[2]
    names = ("weight",) if name == "prelu" else POINTWISE[name]
    given = dict(zip(names, op.args, strict=False)) | op.kwargs
    slopes = given.pop("weight", None)
    parameters = {key: given.get(key, value) for key, value in POINTWISE[name].items()}
    return {
        "function": name,
        "parameters": {k: NUMBERS[v] if isinstance(v, str) else v for k, v in parameters.items()},
        "slopes": None if slopes is None else part.add(slopes.flatten(), "f4"),
    }


def _local_normalisation(op: LocalNormalisation, _part: Part) -> dict[str, Any]:
    return {"alpha": 1e-4, "beta": 0.75, "k": 1.0, **op.kwargs}


WRITERS: dict[type[Op], tuple[str, Writer]] = {
    Convolution: ("convolution", _convolution),
    TransposedConvolution: ("transposed_convolution", _transposed_convolution),
    Scaling: ("scaling", _scaling),
    Rectifier: ("relu", _relu),
    MaxPool: ("max_pool", _max_pool),
    AveragePool: ("average_pool", _average_pool),
    Sum: ("sum", _sum),
    Concatenation: ("concatenation", _concatenation),
    Selection: ("selection", _selection),
    Gather: ("gather", _gather),
    Interpolation: ("interpolation", _interpolation),
    Pointwise: ("pointwise", _pointwise),
    LocalNormalisation: ("local_normalisation", _local_normalisation),
}


@dataclass(frozen=True)
class Exported:
    """A graph in the form of the record; values are numbered anew, without gaps."""

    values: tuple[record.Shape, ...]
    nodes: tuple[record.Op, ...]
    watched: tuple[int, ...]  # the values of the graph's watched ones
    needs: tuple[int, ...]  # of each the last part that it needs
    parts: tuple[bytes, ...]

    @property
    def bytes(self) -> int:
        """Return how many all parts have."""
        return sum(map(len, self.parts))


def export(graph: Graph, layers: int) -> Exported:
    """Write a graph whose first so many watched values are layers.

    Part 1 has the weights of the layer that comes first in the network, and so on; what only
    other watched values rest on is in a part of its own, the last. Where there is much, it goes on
    in a further part, so that no file is too large for a host.
    """
    numbers = {IMAGE: 0} | {node.output: n for n, node in enumerate(graph.nodes, start=1)}
    nodes = {node.output: node for node in graph.nodes}
    written: dict[int, record.Op] = {}
    content: list[Part] = []
    group = 0
    for value, wanted in groups_of(graph, layers).items():
        if wanted != group or len(content[-1].content) > FULL:
            content.append(Part())
            group = wanted
        written[value] = _written(nodes[value], numbers, len(content), content[-1])
    shapes = [graph.shapes[value] for value in numbers]
    return Exported(
        values=tuple((shape.maps, shape.rows, shape.columns) for shape in shapes),
        nodes=tuple(written[node.output] for node in graph.nodes),
        watched=tuple(numbers[value] for value in graph.watched),
        needs=tuple(written[v].part if v in written else 1 for v in graph.watched),
        parts=tuple(bytes(part.content) for part in content) or (b"",),
    )


def groups_of(graph: Graph, layers: int) -> dict[int, int]:
    """Return what each node is first needed for, by the value that it makes, in order of need.

    1 is the layer that comes first, and so on; the last is what lies behind all layers.
    """
    first = sorted(set(graph.watched[:layers]))  # a layer that lies deeper comes later
    found: dict[int, int] = {}
    for group, below in enumerate([*([value] for value in first), graph.watched], start=1):
        for node in graph.behind(below).nodes:
            found.setdefault(node.output, group)
    return found


def _written(node: Node, numbers: dict[int, int], part: int, content: Part) -> record.Op:
    name, write = WRITERS[type(node.op)]
    place = {
        "op": name,
        "inputs": [numbers[value] for value in node.inputs],
        "output": numbers[node.output],
        "part": part,
    }
    return record.OP.validate_python({**place, **write(node.op, content)})
