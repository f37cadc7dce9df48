"""Programs that tests write for the live page's engine, op by op, in the form of network.json."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tests.studies.live.programs import TYPES, Node, Program

Shape = tuple[int, int, int]  # maps, rows, columns
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# A convolution's fields, but for its kernel and weights.
PLAIN: dict[str, Any] = {
    "stride": [1, 1],
    "padding": [0, 0],
    "behind": [0, 0],
    "dilation": [1, 1],
    "groups": 1,
    "bias": None,
}


@dataclass
class Writing:
    """A program that is being written, all in one part, beside what it makes of a picture."""

    picture: Tensor  # [3, h, w] of 0…255
    nodes: list[Node] = field(default_factory=list)
    values: list[Tensor] = field(default_factory=list, repr=False)  # [1, c, h, w] each
    weights: bytearray = field(default_factory=bytearray, repr=False)

    def __post_init__(self) -> None:
        self.values = [value.detach() for value in self.program().values(self.picture, "gradient")]

    def shape(self, value: int) -> Shape:
        """Return maps, rows, columns of a value."""
        _, maps, rows, columns = self.values[value].shape
        return maps, rows, columns

    def add(self, op: str, *inputs: int, **fields: Any) -> int:
        """Add a node; return the number of its value. Arrays among the fields become tensors."""
        stored = {
            name: self._stored(value) if isinstance(value, np.ndarray) else value
            for name, value in fields.items()
        }
        output = len(self.nodes) + 1
        node = {"op": op, "inputs": list(inputs), "output": output, "part": 1, **stored}
        self.nodes.append(node)
        known = [self.values[value] for value in inputs]
        self.values.append(self.program().made(node, known, "gradient").detach())
        return output

    def _stored(self, array: np.ndarray[Any, Any]) -> dict[str, Any]:
        """Append an array to the weights; return the reference to it."""
        kind = {"i": "i8" if array.itemsize == 1 else "i32", "f": "f32"}[array.dtype.kind]
        self.weights += bytes(-len(self.weights) % 4)
        at = len(self.weights)
        self.weights += array.astype(TYPES[kind]).tobytes()
        return {"at": at, "type": kind, "shape": list(array.shape)}

    def program(self, *, resizable: bool = False) -> Program:
        """Return the program; its only layer is the last value."""
        network = {
            "input": list(self.picture.shape[1:]),
            "mean": MEAN,
            "std": STD,
            "resizable": resizable,
            "nodes": self.nodes,
            "layers": [{"name": "layer1", "value": len(self.nodes)}],
            "parts": [{"bytes": len(self.weights)}],
        }
        return Program(network, [bytes(self.weights)])


def eight_bit(weight: Tensor, axis: int = 0, groups: int = 1) -> dict[str, np.ndarray[Any, Any]]:
    """Return weights as 8-bit numbers and their scale by output map: fields of a convolution.

    `axis` 0: [o, i / groups, kh, kw]; 1: [i, o / groups, kh, kw] of a transposed convolution.
    """
    split = weight.reshape(groups, -1, *weight.shape[1:]) if axis else weight[None]
    rest = (1, 3, 4) if axis else (2, 3, 4)
    scale = (split.abs().amax(rest, keepdim=True) / 127).float().clamp(min=1e-8)
    numbers = (split / scale).round().clamp(-127, 127).reshape(weight.shape)
    return {"weight": numbers.to(torch.int8).numpy(), "scale": scale.flatten().numpy()}
