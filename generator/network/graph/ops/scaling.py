"""Each map times a number, plus a number: batch normalisation, and arithmetic with constants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from generator.network.graph.ops.joints import Sum
from generator.network.graph.ops.op import NoOp, Op, Parsed, reads
from generator.network.graph.ops.relu import Rectifier, is_gate
from generator.network.rules import Rule


@dataclass(frozen=True, eq=False)
class Scaling(Op):
    """Each map times `gain` [c], plus `shift` [c]."""

    gain: Tensor
    shift: Tensor

    def forward(self, inputs: list[Tensor], *, in_place: bool = False) -> Tensor:
        return torch.addcmul(self.shift[:, None, None], inputs[0], self.gain[:, None, None])

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        return [signal * self.gain[:, None, None]]


@reads(F.batch_norm)
def _batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Parsed:
    if training or running_mean is None or running_var is None:
        raise NoOp("normalises by the batch itself")
    gain = (running_var.double() + eps).rsqrt()
    if weight is not None:
        gain = gain * weight.double()
    shift = -running_mean.double() * gain
    if bias is not None:
        shift = shift + bias.double()
    return (input,), Scaling(gain.to(input.dtype), shift.to(input.dtype))


@reads(torch.batch_norm)
def _torch_batch_norm(
    input: Tensor, weight: Any, bias: Any, running_mean: Any, running_var: Any, *others: Any
) -> Parsed:
    return _batch_norm(input, running_mean, running_var, weight, bias, *others[:3])


@reads(F.instance_norm)
def _instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Parsed:
    if use_input_stats:
        raise NoOp("normalises by the image itself")
    return _batch_norm(input, running_mean, running_var, weight, bias, eps=eps)


# --- Arithmetic -----------------------------------------------------------------------------------


@reads(torch.add, Tensor.add, Tensor.add_, Tensor.__add__, Tensor.__iadd__, Tensor.__radd__)
def _add(input: Tensor, other: Tensor | float, *, alpha: float = 1) -> Parsed:
    return _sum(input, other, 1, alpha)


@reads(torch.sub, torch.subtract, Tensor.sub, Tensor.sub_, Tensor.subtract)
def _subtract(input: Tensor, other: Tensor | float, *, alpha: float = 1) -> Parsed:
    return _sum(input, other, 1, -alpha)


@reads(torch.rsub, Tensor.__rsub__)
def _subtract_from(input: Tensor, other: Tensor | float) -> Parsed:
    return _sum(input, other, -1, 1)


@reads(torch.neg, torch.negative, Tensor.neg, Tensor.neg_, Tensor.negative)
def _negative(input: Tensor) -> Parsed:
    return (input,), _scaling(input, -1, 0)


@reads(torch.mul, torch.multiply, Tensor.mul, Tensor.mul_, Tensor.multiply, Tensor.__rmul__)
def _multiply(input: Tensor | float, other: Tensor | float) -> Parsed:
    for value, gate in ((input, other), (other, input)):
        if isinstance(value, Tensor) and is_gate(gate, value):
            return (value,), Rectifier()
    value, constant = _map_and_constant(input, other)
    return (value,), _scaling(value, constant, 0)


@reads(torch.div, torch.divide, torch.true_divide)
@reads(Tensor.div, Tensor.div_, Tensor.divide, Tensor.true_divide)
def _divide(input: Tensor, other: Tensor | float, *, rounding_mode: str | None = None) -> Parsed:
    if rounding_mode is not None:
        raise NoOp("divides and rounds")
    value, divisor = _map_and_constant(input, other)
    if value is not input:
        raise NoOp("divides by a map")
    double = torch.as_tensor(divisor).double()
    return (value,), _scaling(value, 1 / double, 0)


def _sum(input: Tensor | float, other: Tensor | float, first: float, second: float) -> Parsed:
    """Return first · input + second · other, of two maps or of a map and a constant."""
    if isinstance(input, Tensor) and isinstance(other, Tensor) and input.shape == other.shape:
        return (input, other), Sum((first, second))
    value, constant = _map_and_constant(input, other)
    if value is other:
        first, second = second, first
    return (value,), _scaling(value, first, torch.as_tensor(constant).double() * second)


def _map_and_constant(
    input: Tensor | float, other: Tensor | float
) -> tuple[Tensor, Tensor | float]:
    """Return which of two is larger, and so the map, and which is the constant."""
    if not isinstance(other, Tensor):
        assert isinstance(input, Tensor)  # or it would be no function of torch
        return input, other
    if isinstance(input, Tensor) and input.numel() >= other.numel():
        return input, other
    return other, input


def _scaling(value: Tensor, gain: Tensor | float, shift: Tensor | float) -> Scaling:
    """Return the op that has these constants; NoOp where they differ within a map."""
    return Scaling(*(_per_map(constant, value).to(value.dtype) for constant in (gain, shift)))


def _per_map(constant: Tensor | float, value: Tensor) -> Tensor:
    """Return a constant that goes with a map [1, c, …], as one number for each c: [c]."""
    if value.dim() < 2:
        raise NoOp("is arithmetic with a number that is no map")
    numbers = torch.as_tensor(constant, dtype=torch.float64, device=value.device).detach()
    shape = (1,) * (value.dim() - numbers.dim()) + tuple(numbers.shape)
    maps = value.shape[1]
    if len(shape) > value.dim() or shape not in ((1, 1, *shape[2:]), (1, maps, *shape[2:])):
        raise NoOp("takes a constant of another shape")
    if set(shape[2:]) - {1}:
        raise NoOp("takes a constant that differs from place to place")
    return numbers.reshape(-1).expand(maps).contiguous()
