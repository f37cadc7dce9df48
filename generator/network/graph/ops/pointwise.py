"""Functions of each place alone that are no ReLU. Of all rules only gradients go through them.

Local response normalisation is one of them: the deconvnet passes over it, as the paper does with
its contrast normalisation (Zeiler and Fergus 2014).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name
from torch.overrides import resolve_name

from generator.network.graph.ops.op import NoOp, Op, Parsed, described, reads
from generator.network.rules import Rule


@dataclass(frozen=True, eq=False)
class Pointwise(Op):
    """A smooth function of the values of all maps at one place."""

    function: Callable[..., Tensor]
    args: tuple[Any, ...]  # behind the map
    kwargs: dict[str, Any]

    @property
    def description(self) -> str:
        given = (
            *map(described, self.args),
            *(f"{k}={described(v)}" for k, v in self.kwargs.items()),
        )
        return f"{resolve_name(self.function)}({', '.join(given)})"

    def goes_down(self, rule: Rule) -> bool:
        return rule.autograd

    def forward(self, inputs: list[Tensor], *, in_place: bool = False) -> Tensor:
        return self.function(inputs[0], *self.args, **self.kwargs)

    def forward_window(
        self, inputs: list[Tensor], rule: Rule, *, in_place: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Return the output, and the input, which the gradient needs."""
        return self.forward(inputs), inputs[0] if in_place else inputs[0].clone()

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        """Multiply by the derivative, as autograd has it."""
        assert memory is not None
        with torch.inference_mode(mode=False), torch.enable_grad():
            value = memory.clone().requires_grad_(True)
            (below,) = torch.autograd.grad(self.forward([value]), value, signal.clone())
        return [below]


class LocalNormalisation(Pointwise):
    """Each value divided by a measure of its neighbours in the maps beside it."""

    def goes_down(self, rule: Rule) -> bool:
        return True

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        return super().project(signal, memory, rule) if rule.autograd else [signal]


def _reading(kind: type[Pointwise], function: Callable[..., Tensor]) -> None:
    """Read the calls of a function as ops of this kind."""

    @reads(function)
    def parser(input: Tensor, *args: Any, **kwargs: Any) -> Parsed:
        if inspect.isfunction(function):  # torch's own in C have no signature, and no `inplace`
            given = inspect.signature(function).bind(input, *args, **kwargs).arguments
            args, kwargs = (), dict([*given.items()][1:])
            kwargs.pop("inplace", None)
        if kwargs.get("training"):
            raise NoOp("draws its slopes at random, which evaluation mode does not do")
        return (input,), kind(function, args, kwargs)


_reading(LocalNormalisation, F.local_response_norm)
for _function in (
    *(F.leaky_relu, F.prelu, torch.prelu, F.rrelu, F.elu, F.selu, F.celu, F.gelu, F.silu, F.mish),
    *(F.hardswish, F.hardsigmoid, F.softplus, F.softsign, F.logsigmoid, F.tanhshrink),
    *(F.softshrink, F.hardshrink, F.tanh, F.sigmoid, torch.tanh, torch.sigmoid, Tensor.tanh),
    *(Tensor.sigmoid, torch.exp, Tensor.exp, torch.abs, Tensor.abs, torch.square, Tensor.square),
):
    _reading(Pointwise, _function)
