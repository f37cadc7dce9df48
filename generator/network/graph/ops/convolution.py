"""Convolution, of which a fully connected layer is one, and a mean over maps another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from generator.network.graph.ops.op import NoOp, Pair, Parsed, Windowed, pair, reads
from generator.network.graph.ops.pools import average_pool
from generator.network.graph.ops.scaling import Scaling
from generator.network.rules import Rule

FEW_MAPS = 8  # a convolution that reads no more is projected by phases


@dataclass(frozen=True, eq=False)
class Convolution(Windowed):
    """Cross-correlation with weights [o, i, kh, kw], where i counts the maps of one group."""

    weight: Tensor
    bias: Tensor | None
    groups: int
    behind: Pair = (0, 0)  # rows, columns of zeros behind the padding on that side

    def forward(self, inputs: list[Tensor], *, in_place: bool = False) -> Tensor:
        value = inputs[0]
        if any(self.behind):
            value = F.pad(value, (0, self.behind[1], 0, self.behind[0]))
        return self.run(value, self.padding)

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
    kernel, spread, behind = pair(weight.shape[2:]), pair(dilation), (0, 0)
    if padding == "valid":
        padding = 0
    elif padding == "same":
        rows, columns = (step * (taps - 1) for step, taps in zip(spread, kernel, strict=True))
        padding, behind = (rows // 2, columns // 2), (rows % 2, columns % 2)
    assert not isinstance(padding, str)
    shape = (kernel, pair(stride), pair(padding), spread)
    fixed = weight.detach().contiguous(memory_format=torch.channels_last)
    fixed_bias = None if bias is None else bias.detach()
    return (input,), Convolution(*shape, fixed, fixed_bias, groups, behind)


@reads(F.linear)
def _linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Parsed:
    if input.dim() != 2:
        raise NoOp("is fully connected along the last axis")
    return _convolution(input, weight[:, :, None, None], bias)


@reads(torch.mean, Tensor.mean)
def _mean(input: Tensor, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Parsed:
    axes = {axis % input.dim() for axis in ((dim,) if isinstance(dim, int) else dim or ())}
    if input.dim() == 4 and axes == {2, 3}:
        return average_pool(input, pair(input.shape[2:]))
    if input.dim() != 4 or axes != {1} or not keepdim:
        raise NoOp("is a mean over other axes than maps, or rows and columns")
    weight = input.new_full((1, input.shape[1], 1, 1), 1 / input.shape[1])
    return _convolution(input, weight)


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
