"""Ops that are linear and enlarge maps: transposed convolution and interpolation.

A unit behind them may need one pixel more or less than its neighbour, so they take whole maps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from generator.network.cone.geometry import Reach
from generator.network.graph.ops.op import NoOp, Op, Pair, Parsed, pair, reach_of, reads
from generator.network.rules import Rule


@dataclass(frozen=True, eq=False)
class TransposedConvolution(Op):
    """Convolution the other way round, with weights [i, o, kh, kw]: o counts one group's maps."""

    whole: ClassVar[bool] = True

    weight: Tensor
    bias: Tensor | None
    stride: Pair
    padding: Pair
    extra: Pair  # rows and columns that the output has more
    groups: int
    dilation: Pair

    def reach(self, axis: int) -> Reach:
        step, span = self.stride[axis], self.dilation[axis] * (self.weight.shape[2 + axis] - 1)
        last = self.padding[axis]
        return Reach(Fraction(1, step), Fraction(last - span, step), Fraction(last, step))

    def forward(self, inputs: list[Tensor], *, in_place: bool = False) -> Tensor:
        shape = (self.stride, self.padding, self.extra, self.groups, self.dilation)
        return F.conv_transpose2d(inputs[0], self.weight, self.bias, *shape)

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        shape = (self.stride, self.padding, self.dilation, self.groups)
        below = F.conv2d(signal, self.weight, None, *shape)
        # Of as many rows and columns more as a step has, the input made none.
        rows, columns = (each // step for each, step in zip(self.extra, self.stride, strict=True))
        return [below[:, :, : below.shape[2] - rows, : below.shape[3] - columns]]


@reads(F.conv_transpose2d)
def _transposed_convolution(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    output_padding: int | Sequence[int] = 0,
    groups: int = 1,
    dilation: int | Sequence[int] = 1,
) -> Parsed:
    pairs = pair(stride), pair(padding), pair(output_padding)
    fixed = None if bias is None else bias.detach()
    return (input,), TransposedConvolution(weight.detach(), fixed, *pairs, groups, pair(dilation))


@dataclass(frozen=True)
class Interpolation(Op):
    """Maps drawn anew at another size, each pixel a sum of some near its place."""

    whole: ClassVar[bool] = True

    here: Pair  # rows, columns of the input
    size: Pair | None  # those of the output, or
    scale: tuple[float, float] | None  # what they are times those of the input
    mode: str
    align_corners: bool | None
    antialias: bool

    def reach(self, axis: int) -> Reach:
        return reach_of(self.weights[axis] != 0)

    @cached_property
    def weights(self) -> tuple[Tensor, Tensor]:
        """Return how much rows of the output [o, i] have of the input's, and columns [o, i]."""
        rows, columns = self.here
        one, other = (torch.eye(length, dtype=torch.float64) for length in self.here)
        down = one[None, :, :, None].expand(1, rows, rows, columns)
        right = other[None, :, None, :].expand(1, columns, rows, columns)
        return self.forward([down])[0, :, :, 0].T, self.forward([right])[0, :, 0, :].T

    def forward(self, inputs: list[Tensor], *, in_place: bool = False) -> Tensor:
        form = (self.mode, self.align_corners, None, self.antialias)
        return F.interpolate(inputs[0], self.size, self.scale, *form)

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        # Not by autograd: torch's of an antialiased map of one column is wrong (2.13).
        down, right = (each.to(signal) for each in self.weights)
        return [down.T @ signal @ right]


@reads(F.interpolate)
def _interpolation(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Parsed:
    if mode not in ("bilinear", "bicubic", "area"):
        raise NoOp(f"interpolates by {mode!r}")
    if recompute_scale_factor:
        raise NoOp("finds its scale anew")
    there = None if size is None else pair(size)
    scale = None if scale_factor is None else pair(scale_factor)
    here = pair(input.shape[2:])
    return (input,), Interpolation(here, there, scale, mode, align_corners, antialias)
