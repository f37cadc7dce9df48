"""ReLUs in all their spellings: the one op where rules differ."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from generator.network.graph.ops.op import PARSERS, NoOp, Op, Parsed, parsed, reads
from generator.network.rules import Rule


@dataclass(frozen=True)
class Rectifier(Op):
    """ReLU, cut off at `ceiling` where it has one (ReLU6)."""

    ceiling: float = math.inf

    def forward(self, inputs: list[Tensor], *, in_place: bool = False) -> Tensor:
        limits = (0, None if math.isinf(self.ceiling) else self.ceiling)
        return inputs[0].clamp_(*limits) if in_place else inputs[0].clamp(*limits)

    def forward_window(
        self, inputs: list[Tensor], rule: Rule, *, in_place: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """Return the output, and the gate: where the value went through unchanged."""
        value = inputs[0]
        gate = (value > 0) & (value < self.ceiling) if rule.gates else None
        return self.forward(inputs, in_place=in_place), gate

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        if rule.rectifies:
            signal = signal.clamp_(min=0)
        return [signal if memory is None else signal * memory]


@reads(F.relu, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_)
def _relu(input: Tensor, inplace: bool = False) -> Parsed:
    return (input,), Rectifier()


@reads(F.relu6)
def _relu6(input: Tensor, inplace: bool = False) -> Parsed:
    return (input,), Rectifier(6.0)


@reads(torch.clamp, torch.clamp_, Tensor.clamp, Tensor.clamp_)
@reads(torch.clamp_min, Tensor.clamp_min, Tensor.clamp_min_)
def _clamp(
    input: Tensor, min: float | Tensor | None = None, max: float | Tensor | None = None
) -> Parsed:
    if isinstance(min, Tensor) or isinstance(max, Tensor) or min != 0 or max == 0:
        raise NoOp("clamps elsewhere than at zero")
    return (input,), Rectifier() if max is None else Rectifier(float(max))


@reads(F.hardtanh)
def _hard_tanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Parsed:
    return _clamp(input, min_val, max_val)


def rectifier_of(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Rectifier | None:
    """Return the ReLU that a call is, None where it is something else."""
    if getattr(PARSERS.get(function), "__module__", None) != __name__:  # no parser of those above
        return None
    try:
        _, op = parsed(function, args, kwargs) or (None, None)
    except NoOp:
        return None
    return op if isinstance(op, Rectifier) else None
