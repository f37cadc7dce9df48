"""Pools: the largest value of each window, or its mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from generator.network.graph.ops.op import NoOp, Pair, Parsed, Windowed, pair, reads
from generator.network.rules import Rule


@dataclass(frozen=True)
class MaxPool(Windowed):
    """The largest value of each window; padding never wins."""

    rounds_up: bool  # sizes: whether a last window may begin inside and end outside

    fill: ClassVar[float] = -math.inf

    def run(self, value: Tensor, padding: Pair) -> Tensor:
        shape = (self.kernel, self.stride, padding, self.dilation, self.rounds_up)
        return F.max_pool2d(value, *shape)

    def forward_window(
        self, inputs: list[Tensor], rule: Rule, *, in_place: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Return the maxima, and the switches: where in the input each maximum was."""
        shape = (self.kernel, self.stride, (0, 0), self.dilation)
        maxima, switches = F.max_pool2d_with_indices(inputs[0], *shape)
        return maxima, switches

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        """Unpool: put each value where its maximum was. Values that meet there add up."""
        assert memory is not None
        shape = (*signal.shape[:2], *self.read(signal.shape[2:]))
        form = torch.empty(
            shape, dtype=signal.dtype, device=signal.device, memory_format=torch.channels_last
        )
        unpooled: Tensor = torch.ops.aten.max_pool2d_with_indices_backward(
            *(signal, form, self.kernel, self.stride, (0, 0), self.dilation, False, memory)
        )
        return [unpooled]


@reads(F.max_pool2d, F.max_pool2d_with_indices, torch.max_pool2d)
def _max_pool(
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Parsed:
    kernel = pair(kernel_size)
    shape = (kernel, pair(stride) if stride else kernel, pair(padding), pair(dilation))
    return (input,), MaxPool(*shape, ceil_mode)


@dataclass(frozen=True)
class AveragePool(Windowed):
    """The mean of each window, padding counted as zeros. Not every rule goes through it."""

    def goes_down(self, rule: Rule) -> bool:
        return rule.autograd

    def run(self, value: Tensor, padding: Pair) -> Tensor:
        return F.avg_pool2d(value, self.kernel, self.stride, padding)

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        maps = signal.shape[1]
        share = signal.new_full((maps, 1, *self.kernel), 1 / math.prod(self.kernel))
        return [F.conv_transpose2d(signal, share, None, self.stride, groups=maps)]


@reads(F.avg_pool2d)
def average_pool(
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Parsed:
    """Read an average pool; NoOp where windows at the border count other numbers of pixels."""
    kernel, margin = pair(kernel_size), pair(padding)
    if ceil_mode or divisor_override or (margin != (0, 0) and not count_include_pad):
        raise NoOp("divides by numbers that differ at the border")
    return (input,), AveragePool(kernel, pair(stride) if stride else kernel, margin, (1, 1))


@reads(F.adaptive_max_pool2d)
def _adaptive_max_pool(
    input: Tensor, output_size: int | Sequence[int | None] | None, return_indices: bool = False
) -> Parsed:
    kernel = _divided(input, output_size)
    return (input,), MaxPool(kernel, kernel, (0, 0), (1, 1), rounds_up=False)


@reads(F.adaptive_avg_pool2d)
def _adaptive_average_pool(input: Tensor, output_size: int | Sequence[int | None] | None) -> Parsed:
    return average_pool(input, _divided(input, output_size))


@reads(torch.amax, Tensor.amax)
def _largest(input: Tensor, dim: int | Sequence[int] = (), keepdim: bool = False) -> Parsed:
    axes = {axis % input.dim() for axis in ((dim,) if isinstance(dim, int) else dim)}
    if input.dim() != 4 or axes != {2, 3}:
        raise NoOp("is a maximum over other axes than rows and columns")
    return _max_pool(input, pair(input.shape[2:]))


def _divided(input: Tensor, output_size: int | Sequence[int | None] | None) -> Pair:
    """Return the windows that divide a map evenly into so many; NoOp where they cannot."""
    sizes = output_size if isinstance(output_size, Sequence) else (output_size, output_size)
    here = pair(input.shape[2:])
    rows, columns = (each or length for each, length in zip(sizes, here, strict=True))
    if here[0] % rows or here[1] % columns:
        raise NoOp("pools windows of several sizes")
    return here[0] // rows, here[1] // columns
