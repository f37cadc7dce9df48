"""Convolution, and batch normalisation, which becomes part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from generator.network.graph.ops.op import NoOp, Op, Pair, Parsed, Windowed, pair, reads
from generator.network.rules import Rule

FEW_MAPS = 8  # a convolution that reads no more is projected by phases


@dataclass(frozen=True, eq=False)
class Convolution(Windowed):
    """Cross-correlation with weights [o, i, kh, kw], where i counts the maps of one group."""

    weight: Tensor
    bias: Tensor | None
    groups: int

    def run(self, value: Tensor, padding: Pair) -> Tensor:
        shape = (self.stride, padding, self.dilation, self.groups)
        return F.conv2d(value, self.weight, self.bias, *shape)

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        if self._phases is None:
            shape = (self.stride, 0, 0, self.groups, self.dilation)
            return [F.conv_transpose2d(signal, self.weight, None, *shape)]
        rows, columns = self.read(signal.shape[2:])
        phases = F.conv2d(signal, self._phases, None, 1, self._phases.shape[2] - 1)
        return [F.pixel_shuffle(phases, self.stride[0])[:, :, :rows, :columns]]

    @cached_property
    def _phases(self) -> Tensor | None:
        """Return the kernels [i·s·s, o, k/s, k/s] that make every s-th pixel each; None if many.

        The transposed convolution of stride s is s · s convolutions of stride 1 whose results
        interleave. With few maps to make, that is 2.4 times as fast (7 × 7 / 2 to 3 maps).
        """
        maps = self.weight.shape[1]
        stride, kernel = self.stride[0], max(self.kernel)
        plain = self.groups == 1 and self.dilation == (1, 1) and self.stride == (stride, stride)
        if not plain or stride == 1 or maps > FEW_MAPS:
            return None
        taps = -(-kernel // stride)
        wide = (0, taps * stride - self.kernel[1], 0, taps * stride - self.kernel[0])
        split = F.pad(self.weight, wide).reshape(-1, maps, taps, stride, taps, stride)
        kernels = split.permute(1, 3, 5, 0, 2, 4).reshape(-1, len(self.weight), taps, taps)
        return kernels.flip(2, 3).contiguous(memory_format=torch.channels_last)


@reads(torch.conv2d)
def _convolution(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Parsed:
    kernel, spread = pair(weight.shape[2:]), pair(dilation)
    if padding == "valid":
        padding = 0
    elif padding == "same":
        extra = [step * (taps - 1) for step, taps in zip(spread, kernel, strict=True)]
        if any(number % 2 for number in extra):
            raise NoOp("pads one side more than the other")
        padding = [number // 2 for number in extra]
    assert not isinstance(padding, str)
    shape = (kernel, pair(stride), pair(padding), spread)
    fixed = weight.detach().contiguous(memory_format=torch.channels_last)
    return (input,), Convolution(*shape, fixed, None if bias is None else bias.detach(), groups)


@dataclass(frozen=True, eq=False)
class Scaling(Op):
    """Batch normalisation in evaluation mode: each map times `gain` [c], plus `shift` [c]."""

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


def folded(convolution: Convolution, scaling: Scaling) -> Convolution:
    """Return the one convolution that does both, the normalisation last."""
    gain, shift = scaling.gain.double(), scaling.shift.double()
    weight = convolution.weight.double() * gain[:, None, None, None]
    bias = shift if convolution.bias is None else shift + gain * convolution.bias.double()
    kind = convolution.weight.dtype
    return replace(
        convolution,
        weight=weight.to(kind).contiguous(memory_format=torch.channels_last),
        bias=bias.to(kind),
    )
