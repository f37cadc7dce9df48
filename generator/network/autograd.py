"""ReLUs whose gradient follows a rule, for networks that autograd runs as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from generator.network.graph.ops.op import works_in_place
from generator.network.graph.ops.relu import Rectifier, note_gate, rectifier_of
from generator.network.rules import GRADIENT, Rule


def following(rule: Rule) -> AbstractContextManager[object]:
    """Let every ReLU, by whatever name a network calls it, pass gradients on by the rule."""
    return nullcontext() if rule == GRADIENT else _ReLUsByRule(rule)  # the gradient is autograd's


class _ReLUByRule(torch.autograd.Function):
    """A rectifier's two directions, as autograd wants them."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, op: Rectifier, rule: Rule) -> Tensor:
        output, ctx.memory = op.forward_window([value], rule)
        ctx.op, ctx.rule = op, rule
        return output

    @staticmethod
    def backward(ctx: Any, *signals: Tensor) -> tuple[Tensor, None, None]:
        return ctx.op.project(signals[0].clone(), ctx.memory, ctx.rule)[0], None, None


class _ReLUsByRule(TorchFunctionMode):
    def __init__(self, rule: Rule) -> None:
        super().__init__()
        self.rule = rule

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        found = rectifier_of(func, args, kwargs)
        if found is None:
            output = func(*args, **kwargs)
            note_gate(func, args, output)
            return output
        value, op = found
        output = _ReLUByRule.apply(value, op, self.rule)  # type: ignore[no-untyped-call]
        return value.copy_(output) if works_in_place(func, args, kwargs) else output
