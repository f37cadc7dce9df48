"""Where branches meet, and calls that leave a value as it is."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from generator.network.graph.ops.op import NoOp, Op, Parsed, reads
from generator.network.rules import Rule


@dataclass(frozen=True)
class Sum(Op):
    """Maps added, each times a factor: what a residual connection ends in."""

    factors: tuple[float, ...] = (1, 1)

    def forward(self, inputs: list[Tensor], *, in_place: bool = False) -> Tensor:
        first, *others = self._scaled(inputs)
        return sum(others, start=first)

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        first, *others = self._scaled([signal] * len(self.factors))
        return [first, *(other.clone() if other is signal else other for other in others)]

    def _scaled(self, values: list[Tensor]) -> list[Tensor]:
        pairs = zip(self.factors, values, strict=True)
        return [value if factor == 1 else value * factor for factor, value in pairs]


@dataclass(frozen=True)
class Concatenation(Op):
    """Maps of several branches, one after the other."""

    maps: tuple[int, ...]  # of each branch

    def forward(self, inputs: list[Tensor], *, in_place: bool = False) -> Tensor:
        return torch.cat(inputs, dim=1)

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        return list(torch.split(signal, list(self.maps), dim=1))


@reads(F.dropout, F.dropout2d, F.alpha_dropout, F.feature_alpha_dropout)
def _dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Parsed:
    if training:
        raise NoOp("drops at random, which evaluation mode does not do")
    return (input,), None


@reads(Tensor.contiguous, Tensor.clone, torch.clone, Tensor.detach, torch.detach)
@reads(Tensor.requires_grad_, Tensor.float, Tensor.double, Tensor.half, Tensor.bfloat16)
@reads(Tensor.cpu, Tensor.cuda, Tensor.to, Tensor.type, Tensor.type_as)
def _same(input: Tensor, *args: object, **kwargs: object) -> Parsed:
    for kind in (*args, *kwargs.values()):
        if isinstance(kind, torch.dtype) and not kind.is_floating_point:
            raise NoOp("makes whole numbers of a map")
    return (input,), None
