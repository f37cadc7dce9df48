"""What torch makes of a network in the form of network.json, up and down.

The oracle knows nothing of `generator.network.graph.ops`: it reads the form itself, calls torch's
functions in float64 and lets autograd take signals down. Rules are functions with a backward of
their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

Node = dict[str, Any]
TYPES = {"i8": np.int8, "i32": np.int32, "f32": np.float32}


@dataclass
class Program:
    """A network in the form of network.json, with its weights by part."""

    network: dict[str, Any]
    parts: list[bytes]

    def tensor(self, node: Node, name: str) -> Tensor:
        """Return a node's tensor, whole numbers as int64 and all others as float64."""
        reference = node[name]
        kind = TYPES[reference["type"]]
        count = int(np.prod(reference["shape"]))
        numbers = np.frombuffer(self.parts[node["part"] - 1], kind, count, reference["at"])
        tensor = torch.from_numpy(numbers.reshape(reference["shape"]).copy())
        return tensor.long() if kind is np.int32 else tensor.double()

    def values(
        self,
        pixels: Tensor,
        rule: str,
        gates: dict[int, Tensor] | None = None,
        *,
        layers: bool = False,
    ) -> list[Tensor]:
        """Return all values [1, c, h, w] for pixels [3, h, w] of 0…255, with autograd's graph.

        `gates` [c, h, w] are by the values of ReLUs, see `Rectifier`. `layers`: no further than
        to the last layer.
        """
        last = max(layer["value"] for layer in self.network["layers"])
        mean, std = (torch.tensor(self.network[name]).double() for name in ("mean", "std"))
        image = (pixels.double() / 255 - mean[:, None, None]) / std[:, None, None]
        values = [image[None].requires_grad_(True)]
        for node in self.network["nodes"][: last if layers else None]:
            assert node["output"] == len(values)
            inputs = [values[value] for value in node["inputs"]]
            values.append(self.made(node, inputs, rule, (gates or {}).get(node["output"])))
        return values

    def weight(self, node: Node, *, across: bool = False) -> Tensor:
        """Return the weights times their scale, which goes by the output's maps.

        `across`: of a transposed convolution, [i, o / groups, kh, kw].
        """
        weight, scale = self.tensor(node, "weight"), self.tensor(node, "scale")
        if not across:
            return weight * scale[:, None, None, None]
        split = weight.reshape(node["groups"], -1, *weight.shape[1:])
        return (split * scale.reshape(node["groups"], 1, -1, 1, 1)).reshape(weight.shape)

    def bias(self, node: Node) -> Tensor | None:
        """Return the biases, where there are any."""
        return self.tensor(node, "bias") if node["bias"] else None

    def made(
        self, node: Node, inputs: list[Tensor], rule: str, gate: Tensor | None = None
    ) -> Tensor:
        """Return what a node makes of its inputs."""
        if node["op"] == "relu":
            ceiling = torch.inf if node["ceiling"] is None else node["ceiling"]
            return _apply(Rectifier, inputs[0], ceiling, rule, gate)
        if node["op"] == "local_normalisation" and rule == "deconvnet":
            return _apply(Passed, inputs[0], *_normalisation(node))
        return OPS[node["op"]](self, node, *inputs)


def _convolution(program: Program, node: Node, value: Tensor) -> Tensor:
    rows, columns = node["behind"]
    shape = (node["stride"], node["padding"], node["dilation"], node["groups"])
    padded = F.pad(value, (0, columns, 0, rows))
    return F.conv2d(padded, program.weight(node), program.bias(node), *shape)


def _transposed_convolution(program: Program, node: Node, value: Tensor) -> Tensor:
    return F.conv_transpose2d(
        *(value, program.weight(node, across=True), program.bias(node)),
        stride=node["stride"],
        padding=node["padding"],
        output_padding=node["extra"],
        groups=node["groups"],
        dilation=node["dilation"],
    )


def _scaling(program: Program, node: Node, value: Tensor) -> Tensor:
    gain, shift = (program.tensor(node, name) for name in ("gain", "shift"))
    return value * gain[:, None, None] + shift[:, None, None]


def _max_pool(_: Program, node: Node, value: Tensor) -> Tensor:
    shape = (node["kernel"], node["stride"], node["padding"], node["dilation"])
    return F.max_pool2d(value, *shape, ceil_mode=node["rounds_up"])


def _average_pool(_: Program, node: Node, value: Tensor) -> Tensor:
    return F.avg_pool2d(value, node["kernel"], node["stride"], node["padding"])


def _sum(_: Program, node: Node, *values: Tensor) -> Tensor:
    pairs = zip(values, node["factors"], strict=True)
    return torch.stack([value * factor for value, factor in pairs]).sum(0)


def _concatenation(_: Program, node: Node, *values: Tensor) -> Tensor:
    assert [value.shape[1] for value in values] == node["maps"]
    return torch.cat(values, dim=1)


def _selection(program: Program, node: Node, value: Tensor) -> Tensor:
    maps, (_, _, height, width) = program.tensor(node, "maps"), value.shape
    down, right = (
        torch.arange(count) * step - margin
        for count, step, margin in zip(node["size"], node["stride"], node["padding"], strict=True)
    )
    inside = ((down >= 0) & (down < height))[:, None] & ((right >= 0) & (right < width))
    there = value[:, maps.clamp(0)][:, :, down.clamp(0, height - 1)][..., right.clamp(0, width - 1)]
    selected: Tensor = there * (inside & (maps >= 0)[:, None, None])
    return selected


def _gather(program: Program, node: Node, value: Tensor) -> Tensor:
    if node["places"] is None:
        return value.reshape(1, *node["there"])
    with_zero = torch.cat([value.flatten(), value.new_zeros(1)])  # which −1 finds
    return with_zero[program.tensor(node, "places")].reshape(1, *node["there"])


def _interpolation(program: Program, node: Node, value: Tensor) -> Tensor:
    down, right = (program.tensor(node, name) for name in ("down", "right"))
    return torch.einsum("or,bcrs,ps->bcop", down, value, right)


def _local_normalisation(_: Program, node: Node, value: Tensor) -> Tensor:
    normalised: Tensor = F.local_response_norm(value, *_normalisation(node))
    return normalised


def _normalisation(node: Node) -> tuple[int, float, float, float]:
    return node["size"], node["alpha"], node["beta"], node["k"]


def _pointwise(program: Program, node: Node, value: Tensor) -> Tensor:
    name, parameters = node["function"], dict(node["parameters"])
    if name == "prelu":
        return F.prelu(value, program.tensor(node, "slopes"))
    if name == "gelu":
        return F.gelu(value, approximate=("none", "tanh")[int(parameters["approximate"])])
    function = getattr(F, name, None) or getattr(torch, name)
    result: Tensor = function(value, **parameters)
    return result


OPS: dict[str, Callable[..., Tensor]] = {
    "convolution": _convolution,
    "transposed_convolution": _transposed_convolution,
    "scaling": _scaling,
    "max_pool": _max_pool,
    "average_pool": _average_pool,
    "sum": _sum,
    "concatenation": _concatenation,
    "selection": _selection,
    "gather": _gather,
    "interpolation": _interpolation,
    "local_normalisation": _local_normalisation,
    "pointwise": _pointwise,
}


def _apply(function: Any, *inputs: Any) -> Tensor:
    result: Tensor = function.apply(*inputs)
    return result


class Rectifier(torch.autograd.Function):
    """A ReLU that treats the signal as a rule says.

    A gate [c, h, w] of the engine's stands in for the own one, from which it may differ only where
    a value is as near to 0 or to the ceiling as float32 rounds: one such gate that is open on one
    side and shut on the other changes a whole gradient.
    """

    @staticmethod
    def forward(
        context: Any, value: Tensor, ceiling: float, rule: str, gate: Tensor | None
    ) -> Tensor:
        own = (value > 0) & (value < ceiling)
        if gate is not None:
            near = torch.minimum(value.abs(), (value - ceiling).abs()) < 1e-6 * value.abs().max()
            assert ((own == gate) | near).all()
        context.save_for_backward(own if gate is None else gate[None])
        context.rule = rule
        return value.clamp(0, ceiling)

    @staticmethod
    def backward(context: Any, signal: Tensor) -> tuple[Tensor, None, None, None]:
        (gate,) = context.saved_tensors
        if context.rule != "gradient":
            signal = torch.where(signal > 0, signal, 0)
        return (signal if context.rule == "deconvnet" else signal * gate), None, None, None


class Passed(torch.autograd.Function):
    """Local response normalisation that a signal passes over on its way down."""

    @staticmethod
    def forward(context: Any, value: Tensor, *shape: Any) -> Tensor:
        return F.local_response_norm(value, *shape)

    @staticmethod
    def backward(context: Any, signal: Tensor) -> tuple[Tensor | None, ...]:
        return signal, None, None, None, None
