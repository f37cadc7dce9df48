"""The deconvnet of Zeiler and Fergus: one activation, projected back down to the pixels.

Keep one activation of a layer and set all others to zero. Then, down to the pixels, undo each step
by its rule: a max pool puts each value back to where the maximum came from, a ReLU rectifies the
signal itself, a convolution filters with its transposed kernels; biases take no part ([ZF] §2.1).

That is a backward pass from one unit in which every ReLU passes max(signal, 0) on, whatever the
forward activation was. Autograd supplies the rest: its rule for a max pool is the adjoint (values
that land on one place add up), for a convolution the transposed kernels, for batch normalisation in
evaluation mode its gain over its deviation.

[ZF] Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from generator.network.probed import ProbedLayer, watching


class _Rectify(torch.autograd.Function):
    """ReLU on the way up; on the way down, ReLU on the signal."""

    @staticmethod
    def forward(_ctx: Any, value: Tensor) -> Tensor:
        return value.clamp(min=0)

    @staticmethod
    def backward(_ctx: Any, *signals: Tensor) -> Tensor:
        return signals[0].clamp(min=0)


@contextmanager
def deconvnet(model: nn.Module) -> Iterator[None]:
    """Let every ReLU of the model follow the deconvnet's rule while the block runs."""
    rectifiers = [module for module in model.modules() if isinstance(module, nn.ReLU)]
    for module in rectifiers:
        module.forward = _Rectify.apply  # type: ignore[method-assign]
    try:
        yield
    finally:
        for module in rectifiers:
            del module.forward


@dataclass(frozen=True)
class Group:
    """Units that sit alike in crops of one shape, so that they can run as one batch."""

    height: int  # of every crop, input pixels
    width: int
    unit: tuple[int, int]  # row, column in the crop's own feature map
    members: tuple[int, ...]  # indices into the units that were grouped
    corners: tuple[tuple[int, int], ...]  # first row and column of each member's crop


def group_by_crop(layer: ProbedLayer, units: Tensor, input_size: int) -> list[Group]:
    """Sort units [n, 2] (row, column) by the shape of the crop that gives them their value."""
    found: dict[tuple[int, int, int, int], list[tuple[int, tuple[int, int]]]] = {}
    for index, (row, column) in enumerate(units.tolist()):
        rows = layer.field.crop(row, input_size)
        columns = layer.field.crop(column, input_size)
        key = (rows.stop - rows.start, columns.stop - columns.start, rows.unit, columns.unit)
        found.setdefault(key, []).append((index, (rows.start, columns.start)))
    return [
        Group(height, width, (row, column), *zip(*members, strict=True))
        for (height, width, row, column), members in found.items()
    ]


def reconstruct(
    model: nn.Module, layer: ProbedLayer, crops: Tensor, filters: Tensor, unit: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Project one unit per crop back to its pixels.

    `crops` [b, 3, h, w] are normalised parts of the input; in crop i the filter `filters[i]`
    (`filters` [b] int64) is followed from row and column `unit` of the crop's feature map. Returns
    the activation of those units [b] and the reconstructions [b, 3, h, w], both in the units of
    the network's input.
    """
    crops = crops.detach().requires_grad_(True)
    with torch.enable_grad(), deconvnet(model), watching(model, [layer.module]) as run:
        (maps,) = run(crops)
        places = torch.arange(len(crops), device=crops.device)
        activation = maps[places, filters, unit[0], unit[1]].detach()
        seed = torch.zeros_like(maps)
        seed[places, filters, unit[0], unit[1]] = activation
        (signal,) = torch.autograd.grad(maps, crops, grad_outputs=seed)
    return activation, signal
