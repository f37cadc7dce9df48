"""The deconvnet of Zeiler and Fergus: one activation, projected back down to the pixels.

Keep one activation of a layer and set all others to zero. Then undo each op down to the pixels: a
max pool puts each value back to where the maximum came from, a ReLU rectifies the signal itself, a
convolution filters with its transposed kernels; biases take no part ([ZF] §2.1). Only the unit's
cone is computed, which is the part of each map that the unit sees.

A network with parts that have no such way down still has gradients. Autograd takes them over the
whole image; guided ones gate every ReLU both ways (Springenberg and others 2015).

[ZF] Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014.
"""

from __future__ import annotations

import torch
from torch import Tensor

from generator.network.autograd import following
from generator.network.cone.cone import Cone
from generator.network.modes import ignoring_modes
from generator.network.rules import DECONVNET, Rule
from generator.network.watched import WatchedLayer, WatchedNetwork


def reconstruct(
    cone: Cone,
    pixels: Tensor,
    units: Tensor,
    filters: Tensor,
    rule: Rule = DECONVNET,
    value: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Project one unit of each image back to its pixels: its activation, or a `value` set instead.

    `pixels` [b, 3, h, w] are the parts of normalised images that the units [b, 2] (row, column)
    see, as `cone.pixels` crops them; `filters` [b] int64 says which filter to follow in each image.
    Returns the activations of those units [b] and the reconstructions [b, 3, h, w], both in the
    units of the network's input.
    """
    with torch.inference_mode():
        activations, ascent = cone.forward(pixels, units, rule)
        seed, activation = _one_each(activations, filters, value)
        return activation, ascent.project(seed)


def gradients(
    network: WatchedNetwork,
    layer: WatchedLayer,
    images: Tensor,
    units: Tensor,
    filters: Tensor,
    value: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Return activations [b] and gradients [b, 3, h, w] of whole images, for any network.

    The network's rule is "gradient" or "guided". The gradient is that of half the squared
    activation, so that it scales with the activation as a reconstruction does; with a `value`, that
    of the activation times it.
    """
    images = images.detach().requires_grad_(True)
    # Some checkpoints run their part again on the way back: the modes are ignored until then.
    with (
        ignoring_modes(),
        torch.enable_grad(),
        following(network.rule),
        network.watching([layer]) as run,
    ):
        (maps,) = run(images)
        places = torch.arange(len(images), device=images.device)
        activations = maps[places, :, units[:, 0], units[:, 1]]
        seed, activation = _one_each(activations.detach(), filters, value)
        (signal,) = torch.autograd.grad(activations, images, grad_outputs=seed)
    return activation, signal


def _one_each(activations: Tensor, filters: Tensor, value: float | None) -> tuple[Tensor, Tensor]:
    """Keep one of the activations [b, f] of each unit, or a value in its place.

    Returns what is kept [b, f], and the activations themselves [b].
    """
    places = torch.arange(len(activations), device=activations.device)
    kept = torch.zeros_like(activations)
    found = activations[places, filters]
    kept[places, filters] = found if value is None else torch.full_like(found, value)
    return kept, found
