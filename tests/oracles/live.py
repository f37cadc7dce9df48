"""What `network.json` and its weights say, run plainly: no code of the generator takes part.

Arrays are float64; every value is [c, h, w].
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F  # noqa: N812 - its usual name

Array = NDArray[np.float64]
TYPES: dict[str, np.dtype[Any]] = {
    "i8": np.dtype("i1"),
    "f32": np.dtype("<f4"),
    "i32": np.dtype("<i4"),
}


@dataclass(frozen=True)
class Written:
    """The record, and the bytes of its parts."""

    network: dict[str, Any]
    parts: list[bytes]
    pictures: list[dict[str, Any]]

    @classmethod
    def read(cls, folder: Path) -> Written:
        """Read the files of a study."""
        network = json.loads((folder / "network.json").read_text())
        names = [f"weights-{number}.bin" for number in range(1, len(network["parts"]) + 1)]
        parts = [(folder / name).read_bytes() for name in names]
        return cls(network, parts, json.loads((folder / "pictures.json").read_text()))

    def normalised(self, pixels: Array) -> Array:
        """Return value 0 for a picture [h, w, 3] of 0…255."""
        network = self.network
        found: Array = (pixels / 255 - network["mean"]) / network["std"]
        return found.transpose(2, 0, 1)

    def run(self, image: Array) -> list[Array]:
        """Return all values for a normalised image [3, h, w]."""
        values = [image]
        for node in self.network["nodes"]:
            assert node["output"] == len(values)
            inputs = [values[number] for number in node["inputs"]]
            values.append(OPS[node["op"]](self, node, *inputs))
        return values

    def tensor(self, node: dict[str, Any], name: str) -> Array | None:
        """Return a node's numbers, None where it has none."""
        place = node[name]
        if place is None:
            return None
        kind = TYPES[place["type"]]
        assert place["at"] % kind.itemsize == 0
        count = int(np.prod(place["shape"]))
        found = np.frombuffer(self.parts[node["part"] - 1], kind, count, place["at"])
        numbers: Array = found.astype(np.float64)
        return numbers.reshape(place["shape"])

    def needed(self, node: dict[str, Any], name: str) -> Array:
        """Return a node's numbers."""
        found = self.tensor(node, name)
        assert found is not None
        return found


Run = Callable[..., Array]
OPS: dict[str, Run] = {}


def op(name: str) -> Callable[[Run], Run]:
    """Let a function run the nodes of this name."""

    def register(function: Run) -> Run:
        OPS[name] = function
        return function

    return register


def _torch(function: Callable[..., Any], value: Array, *words: Any, **more: Any) -> Array:
    found: Array = function(torch.from_numpy(value.copy())[None], *words, **more)[0].numpy()
    return found


@op("convolution")
def _convolution(written: Written, node: dict[str, Any], value: Array) -> Array:
    weight = written.needed(node, "weight") * written.needed(node, "scale")[:, None, None, None]
    assert list(weight.shape[2:]) == node["kernel"]
    (top, left), (bottom, right) = node["padding"], node["behind"]
    wide = np.pad(value, ((0, 0), (top, top + bottom), (left, left + right)))
    return _affine(
        F.conv2d, written, node, wide, weight, stride=node["stride"], dilation=node["dilation"]
    )


@op("transposed_convolution")
def _transposed(written: Written, node: dict[str, Any], value: Array) -> Array:
    weight = written.needed(node, "weight")
    scale = written.needed(node, "scale")
    here, there = len(weight) // node["groups"], weight.shape[1]
    for row in range(len(weight)):
        for column in range(there):
            weight[row, column] *= scale[row // here * there + column]
    return _affine(
        F.conv_transpose2d,
        *(written, node, value, weight),
        stride=node["stride"],
        padding=node["padding"],
        output_padding=node["extra"],
        dilation=node["dilation"],
    )


def _affine(
    function: Callable[..., Any],
    written: Written,
    node: dict[str, Any],
    value: Array,
    weight: Array,
    **more: Any,
) -> Array:
    bias = written.tensor(node, "bias")
    shift = None if bias is None else torch.from_numpy(bias)
    return _torch(function, value, torch.from_numpy(weight), shift, groups=node["groups"], **more)


@op("scaling")
def _scaling(written: Written, node: dict[str, Any], value: Array) -> Array:
    gain, shift = written.needed(node, "gain"), written.needed(node, "shift")
    return value * gain[:, None, None] + shift[:, None, None]


@op("relu")
def _relu(_written: Written, node: dict[str, Any], value: Array) -> Array:
    return np.clip(value, 0, node["ceiling"])


@op("max_pool")
def _max_pool(_written: Written, node: dict[str, Any], value: Array) -> Array:
    words = (node["kernel"], node["stride"], node["padding"], node["dilation"], node["rounds_up"])
    return _torch(F.max_pool2d, value, *words)


@op("average_pool")
def _average_pool(_written: Written, node: dict[str, Any], value: Array) -> Array:
    return _torch(F.avg_pool2d, value, node["kernel"], node["stride"], node["padding"])


@op("sum")
def _sum(_written: Written, node: dict[str, Any], *values: Array) -> Array:
    pairs = zip(node["factors"], values, strict=True)
    found: Array = np.sum([factor * value for factor, value in pairs], axis=0)
    return found


@op("concatenation")
def _concatenation(_written: Written, node: dict[str, Any], *values: Array) -> Array:
    assert [len(value) for value in values] == node["maps"]
    return np.concatenate(values)


@op("selection")
def _selection(written: Written, node: dict[str, Any], value: Array) -> Array:
    maps = written.needed(node, "maps").astype(int)
    assert len(value) == node["read_maps"]
    found = np.zeros((len(maps), *node["size"]))
    for place in np.ndindex(*found.shape):
        row, column = (
            place[axis + 1] * node["stride"][axis] - node["padding"][axis] for axis in (0, 1)
        )
        inside = 0 <= row < value.shape[1] and 0 <= column < value.shape[2]
        if inside and maps[place[0]] >= 0:
            found[place] = value[maps[place[0]], row, column]
    return found


@op("gather")
def _gather(written: Written, node: dict[str, Any], value: Array) -> Array:
    assert list(value.shape) == node["here"]
    places = written.tensor(node, "places")
    if places is None:
        return value.reshape(node["there"])
    padded = np.append(value.ravel(), 0.0)  # which −1 finds
    found: Array = padded[places.astype(int)]
    return found.reshape(node["there"])


@op("interpolation")
def _interpolation(written: Written, node: dict[str, Any], value: Array) -> Array:
    down, right = written.needed(node, "down"), written.needed(node, "right")
    found: Array = np.einsum("or,crs,ps->cop", down, value, right)
    return found


@op("pointwise")
def _pointwise(written: Written, node: dict[str, Any], value: Array) -> Array:
    name, more = node["function"], dict(node["parameters"])
    if name == "prelu":
        slopes = written.needed(node, "slopes").reshape(-1, 1, 1)
        return np.where(value > 0, value, slopes * value)
    if name == "gelu":
        more["approximate"] = {0: "none", 1: "tanh"}[more["approximate"]]
    return _torch(getattr(F, name, None) or getattr(torch, name), value, **more)


@op("local_normalisation")
def _local_normalisation(_written: Written, node: dict[str, Any], value: Array) -> Array:
    found = np.empty_like(value)
    before, after = node["size"] // 2, (node["size"] - 1) // 2
    for number in range(len(value)):
        beside = value[max(0, number - before) : number + after + 1]
        mean = (beside**2).sum(0) / node["size"]
        found[number] = value[number] / (node["k"] + node["alpha"] * mean) ** node["beta"]
    return found
