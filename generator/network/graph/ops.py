"""The ops of a network that have a way down: what each does going up, and its adjoint.

Axes: b images or units, c maps, h w rows and columns. `up` takes what a window needs, cut out with
its padding; `whole` takes whole maps. `down` takes the signal at an op's output, and what `up`
remembered, to the signals at its inputs, and may write over the signal. Biases take no part on the
way down ([ZF] §2.1).

[ZF] Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, fields
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from generator.network.cone.geometry import Window
from generator.rule import Rule

Pair = tuple[int, int]  # rows, columns
FEW_MAPS = 8  # a convolution that reads no more goes down by phases


@dataclass(frozen=True)
class Op:
    """One op; `fill` is what lies outside its input's map."""

    fill: ClassVar[float] = 0.0

    @property
    def told(self) -> str:
        """Return what the op is in one line, with sha256 of its weights for the weights."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        told = (
            f"{name}={_digest(value) if isinstance(value, Tensor) else value}"
            for name, value in values
        )
        return f"{type(self).__name__}({', '.join(told)})"

    def window(self, axis: int) -> Window:
        """Return what the op does along an axis: 0 rows, 1 columns."""
        return Window()

    def forward(self, inputs: list[Tensor], *, in_place: bool = False) -> Tensor:
        """Return the output [b, c, h, w] for whole maps; `in_place` lets it write over them."""
        return self.forward_window(inputs, "deconvnet", in_place=in_place)[0]

    def forward_window(
        self, inputs: list[Tensor], rule: Rule, *, in_place: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """Return the output, and what the way down by `rule` has to know of this pass.

        `in_place` lets it write over the inputs.
        """
        raise NotImplementedError

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        """Return the signals at the inputs, in their order, each a tensor of its own."""
        raise NotImplementedError


@dataclass(frozen=True)
class Windowed(Op):
    """An op that reads through a window."""

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair

    def window(self, axis: int) -> Window:
        return Window(self.kernel[axis], self.stride[axis], self.padding[axis], self.dilation[axis])

    def read(self, size: torch.Size | Pair) -> Pair:
        """Return how many rows and columns the windows of an output of this size touch."""
        rows, columns = (
            (length - 1) * self.window(axis).stride + self.window(axis).span
            for axis, length in enumerate(size)
        )
        return rows, columns


@dataclass(frozen=True, eq=False)
class Convolution(Windowed):
    """Cross-correlation with weights [o, i, kh, kw], where i counts the maps of one group."""

    weight: Tensor
    bias: Tensor | None
    groups: int

    def forward(self, inputs: list[Tensor], *, in_place: bool = False) -> Tensor:
        return F.conv2d(
            inputs[0],
            *(self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups),
        )

    def forward_window(
        self, inputs: list[Tensor], rule: Rule, *, in_place: bool = False
    ) -> tuple[Tensor, None]:
        output = F.conv2d(
            inputs[0],
            *(self.weight, self.bias, self.stride, 0, self.dilation, self.groups),
        )
        return output, None

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        if self._phases is not None:
            return [self._down_by_phases(signal, self._phases)]
        return [
            F.conv_transpose2d(
                signal,
                self.weight,
                None,
                *(self.stride, 0, 0, self.groups, self.dilation),
            )
        ]

    @cached_property
    def _phases(self) -> Tensor | None:
        """Return the kernels [i·s·s, o, k/s, k/s] that make every s-th pixel each; None if many.

        The transposed convolution of stride s is s · s convolutions of stride 1 whose results
        interleave. With few maps to make, that is 2.4 times as fast (7 × 7 / 2 down to 3 maps).
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

    def _down_by_phases(self, signal: Tensor, kernels: Tensor) -> Tensor:
        rows, columns = self.read(signal.shape[2:])
        phases = F.conv2d(signal, kernels, None, 1, kernels.shape[2] - 1)
        return F.pixel_shuffle(phases, self.stride[0])[:, :, :rows, :columns]


@dataclass(frozen=True)
class MaxPool(Windowed):
    """The largest value of each window; padding never wins."""

    rounds_up: bool  # sizes: whether a last window may begin inside and end outside

    fill: ClassVar[float] = -math.inf

    def forward(self, inputs: list[Tensor], *, in_place: bool = False) -> Tensor:
        windows = (self.kernel, self.stride, self.padding, self.dilation, self.rounds_up)
        return F.max_pool2d(inputs[0], *windows)

    def forward_window(
        self, inputs: list[Tensor], rule: Rule, *, in_place: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Return the maxima, and the switches: where in the input each maximum was."""
        maxima, switches = F.max_pool2d_with_indices(
            inputs[0], self.kernel, self.stride, (0, 0), self.dilation
        )
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


@dataclass(frozen=True)
class AveragePool(Windowed):
    """The mean of each window, padding counted as zeros. The deconvnet has no rule for it."""

    def forward(self, inputs: list[Tensor], *, in_place: bool = False) -> Tensor:
        return F.avg_pool2d(inputs[0], self.kernel, self.stride, self.padding)

    def forward_window(
        self, inputs: list[Tensor], rule: Rule, *, in_place: bool = False
    ) -> tuple[Tensor, None]:
        return F.avg_pool2d(inputs[0], self.kernel, self.stride), None

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        maps = signal.shape[1]
        share = signal.new_full((maps, 1, *self.kernel), 1 / math.prod(self.kernel))
        return [F.conv_transpose2d(signal, share, None, self.stride, groups=maps)]


@dataclass(frozen=True)
class Rectifier(Op):
    """ReLU, cut off at `ceiling` where it has one (ReLU6). The one op where rules differ."""

    ceiling: float = math.inf

    def forward_window(
        self, inputs: list[Tensor], rule: Rule, *, in_place: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        (value,) = inputs
        gate = None if rule == "deconvnet" else (value > 0) & (value < self.ceiling)
        limits = (0, None if math.isinf(self.ceiling) else self.ceiling)
        return (value.clamp_(*limits) if in_place else value.clamp(*limits)), gate

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        """Rectify the signal itself (deconvnet), gate it by the way up (gradient), or both."""
        if rule != "gradient":
            signal = signal.clamp_(min=0)
        return [signal if memory is None else signal * memory]


@dataclass(frozen=True, eq=False)
class Scaling(Op):
    """Batch normalisation in evaluation mode: each map times `gain` [c], plus `shift` [c]."""

    gain: Tensor
    shift: Tensor

    def forward_window(
        self, inputs: list[Tensor], rule: Rule, *, in_place: bool = False
    ) -> tuple[Tensor, None]:
        return torch.addcmul(self.shift[:, None, None], inputs[0], self.gain[:, None, None]), None

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        return [signal * self.gain[:, None, None]]


@dataclass(frozen=True)
class Sum(Op):
    """Two maps added: what a residual connection ends in."""

    def forward_window(
        self, inputs: list[Tensor], rule: Rule, *, in_place: bool = False
    ) -> tuple[Tensor, None]:
        first, second = inputs
        return first + second, None

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        return [signal, signal.clone()]


@dataclass(frozen=True)
class Concatenation(Op):
    """Maps of several branches, one after the other."""

    maps: tuple[int, ...]  # of each branch

    def forward_window(
        self, inputs: list[Tensor], rule: Rule, *, in_place: bool = False
    ) -> tuple[Tensor, None]:
        return torch.cat(inputs, dim=1), None

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        return list(torch.split(signal, list(self.maps), dim=1))


def _digest(weights: Tensor) -> str:
    """Return shape and sha256 of a tensor's numbers."""
    plain = weights.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
    return f"{tuple(weights.shape)} {hashlib.sha256(plain.numpy().data).hexdigest()}"


def folded(convolution: Convolution, scaling: Scaling) -> Convolution:
    """Return the one convolution that does both, the normalisation last."""
    gain, shift = scaling.gain.double(), scaling.shift.double()
    weight = convolution.weight.double() * gain[:, None, None, None]
    bias = shift if convolution.bias is None else shift + gain * convolution.bias.double()
    kind = convolution.weight.dtype
    return Convolution(
        *(convolution.kernel, convolution.stride, convolution.padding, convolution.dilation),
        weight.to(kind).contiguous(memory_format=torch.channels_last),
        bias.to(kind),
        convolution.groups,
    )
