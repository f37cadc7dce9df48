"""One unit for each filter of a layer: what it answers to a picture, and which way is up.

The unit is that which stimuli are shown. The picture lies on its receptive field, as far as that
lies inside the input; all other pixels have the mean colour.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from generator.compute.stimuli.run import stage
from generator.network.autograd import following
from generator.network.cone.cone import Cone, cone_of
from generator.network.graph.graph import IMAGE
from generator.network.graph.ops.convolution import Convolution
from generator.network.graph.ops.op import Op
from generator.network.graph.ops.relu import Rectifier
from generator.network.graph.ops.resampling import TransposedConvolution
from generator.network.modes import ignoring_modes
from generator.network.rules import GRADIENT, Rule
from generator.network.watched import KEPT, WatchedLayer, WatchedNetwork, hooked

# What a gradient cannot pass passes here, where nothing else shows a way: every ReLU is open.
OPEN = replace(GRADIENT, gates=False)
IN_CONE, WHOLE = 8, 4  # pictures at once, at most


class Way(Protocol):
    """One way to run a unit."""

    @property
    def most(self) -> int:
        """Return how many pictures run at once."""

    def answers(self, pixels: Tensor) -> Tensor:
        """Return the activations [b, f] to pixels as `Place.laid` gives them."""

    def upward(self, pixels: Tensor, filters: Tensor, rule: Rule) -> Tensor:
        """Return where each of filters [b] grows: gradients of the shape of its pixels."""


@dataclass(frozen=True)
class Place:
    """Where a picture lies in the pixels that a unit needs."""

    side: int  # of the picture
    start: tuple[int, int]  # row and column of its first pixel
    size: tuple[int, int]  # rows and columns that the unit needs

    def laid(self, pictures: Tensor) -> Tensor:
        """Return pixels [b, 3, h, w], normalised, with normalised pictures [b, 3, side, side]."""
        rows, columns, *inside = self._meeting()
        pixels = pictures.new_zeros(len(pictures), 3, *self.size)
        pixels[:, :, rows, columns] = pictures[:, :, inside[0], inside[1]]
        return pixels.contiguous(memory_format=torch.channels_last)

    def cut(self, pixels: Tensor) -> Tensor:
        """Return the part of pixels [b, 3, h, w] where the pictures are."""
        rows, columns, *inside = self._meeting()
        pictures = pixels.new_zeros(len(pixels), 3, self.side, self.side)
        pictures[:, :, inside[0], inside[1]] = pixels[:, :, rows, columns]
        return pictures

    def _meeting(self) -> tuple[slice, slice, slice, slice]:
        """Return rows and columns of the pixels that pictures cover, then those of pictures."""
        there, here = [], []
        for start, size in zip(self.start, self.size, strict=True):
            first, last = max(start, 0), min(start + self.side, size)
            there.append(slice(first, last))
            here.append(slice(first - start, last - start))
        return there[0], there[1], here[0], here[1]


@dataclass(frozen=True)
class InCone:
    """A unit whose gradient the graph knows: only its cone runs."""

    cone: Cone
    below: Cone  # that of the value from which a last ReLU makes the activations
    unit: tuple[int, int]
    half: bool  # whether gradients are computed in bfloat16

    @property
    def most(self) -> int:
        return min(IN_CONE, max(1, KEPT // self.cone.largest))

    def answers(self, pixels: Tensor) -> Tensor:
        with torch.inference_mode():
            return self.cone.forward(pixels, self._units(pixels), GRADIENT)[0]

    def upward(self, pixels: Tensor, filters: Tensor, rule: Rule) -> Tensor:
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            activations, ascent = self.below.forward(pixels, self._units(pixels), rule)
            return ascent.project(_chosen(activations, filters)).to(pixels.dtype)

    def _units(self, pixels: Tensor) -> Tensor:
        return torch.tensor([self.unit]).expand(len(pixels), 2)


@dataclass(frozen=True)
class InWhole:
    """A unit of any other network, which runs whole; autograd finds the gradient."""

    network: WatchedNetwork
    layer: WatchedLayer
    unit: tuple[int, int]

    @property
    def most(self) -> int:
        return WHOLE

    def answers(self, pixels: Tensor) -> Tensor:
        with torch.no_grad(), hooked(self.network.model, [self.layer]) as run:
            return run(pixels.contiguous())[0][:, :, *self.unit]

    def upward(self, pixels: Tensor, filters: Tensor, rule: Rule) -> Tensor:
        pixels = pixels.detach().contiguous().requires_grad_(True)
        with (
            ignoring_modes(),
            torch.enable_grad(),
            following(rule),
            hooked(self.network.model, [self.layer]) as run,
        ):
            activations = run(pixels)[0][:, :, *self.unit]
            chosen = _chosen(activations.detach(), filters)
            (found,) = torch.autograd.grad(activations, pixels, chosen)
        return found


def unit_of(network: WatchedNetwork, layer: WatchedLayer) -> tuple[Way, Place]:
    """Return the way to run a layer's unit, and the place of pictures in what that needs."""
    there = stage(layer, network.input_size)
    graph, cone = network.graph([layer]), network.cone(layer)
    if graph is None or cone is None:
        place = Place(there.side, there.start, network.input_size)
        return InWhole(network, layer, there.unit), place
    last = graph.nodes[-1]
    below = last.inputs[0] if isinstance(last.op, Rectifier) else graph.watched[0]
    (corner,) = cone.corners(torch.tensor([there.unit]))
    start = there.start[0] - corner[0], there.start[1] - corner[1]
    rows, columns = cone.axes[IMAGE]
    half, lower = _pays_in_half(network), cone_of(graph, below)
    way = InCone(cone, _in_half(lower) if half else lower, there.unit, half)
    return way, Place(there.side, start, (rows.length, columns.length))


def _chosen(activations: Tensor, filters: Tensor) -> Tensor:
    """Return 1 at one of the activations [b, f] of each picture, 0 at the others."""
    chosen = torch.zeros_like(activations)
    chosen[torch.arange(len(filters), device=filters.device), filters] = 1
    return chosen


def _in_half(cone: Cone) -> Cone:
    """Return a cone whose convolutions have their weights in bfloat16."""
    return replace(cone, nodes=tuple(replace(node, op=_with_half(node.op)) for node in cone.nodes))


def _with_half(op: Op) -> Op:
    if not isinstance(op, Convolution | TransposedConvolution):
        return op
    bias = None if op.bias is None else op.bias.bfloat16()
    return replace(op, weight=op.weight.bfloat16(), bias=bias)


def _pays_in_half(network: WatchedNetwork) -> bool:
    """Return whether bfloat16 takes less time: where the processor has tiles for it.

    With them it takes about half. Other devices were not tried.
    """
    return network.device.type == "cpu" and torch.cpu._is_amx_tile_supported()  # noqa: SLF001 - it has no other name
