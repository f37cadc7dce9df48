"""ReLUs in all their spellings: the one op where rules differ."""

from __future__ import annotations

import math
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name
from torch.utils.weak import WeakIdKeyDictionary

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
        gate = value > 0 if rule.gates else None
        if gate is not None and not math.isinf(self.ceiling):
            gate &= value < self.ceiling
        return self.forward(inputs, in_place=in_place), gate

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        if rule.rectifies:
            signal = signal.clamp_(min=0)
        return [signal if memory is None else signal.mul_(memory)]


@reads(F.relu, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_)
def _relu(input: Tensor, inplace: bool = False) -> Parsed:
    return (input,), Rectifier()


@reads(F.threshold, torch.threshold, torch.threshold_)
def _threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Parsed:
    if (threshold, value) != (0, 0):
        raise NoOp("has its threshold elsewhere than at zero")
    return (input,), Rectifier()


@reads(torch.maximum, Tensor.maximum, torch.max, Tensor.max, torch.fmax, Tensor.fmax)
def _maximum(input: Tensor, other: Tensor | None = None) -> Parsed:
    for value, zero in ((input, other), (other, input)):
        if isinstance(value, Tensor) and isinstance(zero, Tensor) and not zero.any():
            return (value,), Rectifier()
    raise NoOp("takes the larger of two values, neither of which is zero")


@reads(torch.where)
def _where(condition: Tensor, input: Tensor | float, other: Tensor | float) -> Parsed:
    for value, rest, gates in ((input, other, _gates), (other, input, _shut)):
        known = gates.get(condition) is value and not torch.as_tensor(rest).any()
        if known and isinstance(value, Tensor):
            return (value,), Rectifier()
    raise NoOp("chooses by a condition")


@reads(Tensor.where)
def _tensor_where(input: Tensor, condition: Tensor, other: Tensor | float) -> Parsed:
    return _where(condition, input, other)


@reads(Tensor.masked_fill, Tensor.masked_fill_, torch.masked_fill)
def _masked_fill(input: Tensor, mask: Tensor, value: Tensor | float) -> Parsed:
    return _where(mask, value, input)


@reads(F.relu6)
def _relu6(input: Tensor, inplace: bool = False) -> Parsed:
    return (input,), Rectifier(6.0)


@reads(torch.clamp, torch.clamp_, Tensor.clamp, Tensor.clamp_)
@reads(torch.clip, torch.clip_, Tensor.clip, Tensor.clip_)
@reads(torch.clamp_min, torch.clamp_min_, Tensor.clamp_min, Tensor.clamp_min_)
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


# --- Gates: x > 0, by which a network may spell its ReLU as x * (x > 0) --------------------------

_gates: MutableMapping[Any, Any] = WeakIdKeyDictionary()  # the tensor x > 0 → x
_shut: MutableMapping[Any, Any] = WeakIdKeyDictionary()  # the tensor x < 0 → x
_ABOVE = (torch.gt, torch.greater, Tensor.gt, Tensor.greater, torch.ge, Tensor.ge)
_BELOW = (torch.lt, torch.less, Tensor.lt, Tensor.less, torch.le, Tensor.le)
_CASTS = (
    *(Tensor.to, Tensor.type, Tensor.type_as, Tensor.float, Tensor.double, Tensor.half),
    *(Tensor.int, Tensor.long, Tensor.bool),
)


def note_gate(function: Callable[..., Any], args: tuple[Any, ...], output: object) -> None:
    """Remember what a call has made, if it is the gate of a ReLU, and of which value."""
    compared = _gates if function in _ABOVE else _shut if function in _BELOW else None
    if compared is not None and len(args) == 2 and not torch.as_tensor(args[1]).any():
        compared[output] = args[0]
    elif function in _CASTS and args[0] in _gates:
        _gates[output] = _gates[args[0]]


def is_gate(gate: object, value: Tensor) -> bool:
    """Return whether a tensor says where this value is above 0."""
    return isinstance(gate, Tensor) and _gates.get(gate) is value


def is_of_gate(part: Tensor, value: Tensor) -> bool:
    """Return whether a tensor says where this value is above 0, or where it is below."""
    return _gates.get(part) is value or _shut.get(part) is value


# Every function that a ReLU can be spelled by.
_SPELLINGS = {function for function, parser in PARSERS.items() if parser.__module__ == __name__}


def rectifier_of(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Tensor, Rectifier] | None:
    """Return the ReLU that a call is, and the value that it reads; None for anything else."""
    if function not in _SPELLINGS | {Tensor.mul, Tensor.mul_, torch.mul}:
        return None
    try:
        inputs, op = parsed(function, args, kwargs) or ((), None)
    except NoOp:
        return None
    return (inputs[0], op) if isinstance(op, Rectifier) else None
