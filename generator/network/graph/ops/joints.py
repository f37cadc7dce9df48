"""Where branches meet, and calls that leave a value as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from generator.network.graph.ops.op import NoOp, Op, Parsed, reads
from generator.network.rules import Rule


@dataclass(frozen=True)
class Sum(Op):
    """Two maps added: what a residual connection ends in."""

    def forward(self, inputs: list[Tensor], *, in_place: bool = False) -> Tensor:
        first, second = inputs
        return first + second

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        return [signal, signal.clone()]


@reads(torch.add, Tensor.add, Tensor.add_, Tensor.__add__, Tensor.__iadd__)
def _add(input: Tensor, other: Tensor, *, alpha: float = 1) -> Parsed:
    if getattr(other, "shape", None) != input.shape or alpha != 1:
        raise NoOp("adds something that is no map of the same shape")
    return (input, other), Sum()


@dataclass(frozen=True)
class Concatenation(Op):
    """Maps of several branches, one after the other."""

    maps: tuple[int, ...]  # of each branch

    def forward(self, inputs: list[Tensor], *, in_place: bool = False) -> Tensor:
        return torch.cat(inputs, dim=1)

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        return list(torch.split(signal, list(self.maps), dim=1))


@reads(torch.cat, torch.concat, torch.concatenate)
def _concatenate(tensors: Sequence[Tensor], dim: int = 0) -> Parsed:
    if dim not in (1, -3):
        raise NoOp("joins elsewhere than along the maps")
    return tuple(tensors), Concatenation(tuple(tensor.shape[1] for tensor in tensors))


@reads(F.dropout, F.dropout2d, F.alpha_dropout, F.feature_alpha_dropout)
def _dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Parsed:
    if training:
        raise NoOp("drops at random, which evaluation mode does not do")
    return (input,), None


@reads(Tensor.contiguous, Tensor.clone, torch.clone)
def _same(input: Tensor, *_args: object, **_kwargs: object) -> Parsed:
    return (input,), None
