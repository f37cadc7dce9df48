"""The deconvnet of Zeiler and Fergus: one activation, projected back down to the pixels.

Keep one activation of a layer and set all others to zero. Then, down to the pixels, undo each step
by its rule (`network.steps`): a max pool puts each value back to where the maximum came from, a
ReLU rectifies the signal itself, a convolution filters with its transposed kernels; biases take no
part ([ZF] §2.1). All of it happens in the unit's cone: what the unit cannot see is never computed.

A network with parts that have no such rule has gradients all the same. They are taken by autograd
over the whole image, guided ones with every ReLU gated both ways (Springenberg and others 2015).

[ZF] Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014.
"""

from __future__ import annotations

import torch
from torch import Tensor

from generator.network.autograd import following
from generator.network.cone.cone import Cone
from generator.network.rules import DECONVNET, Rule
from generator.network.watched import WatchedLayer, WatchedNetwork


def reconstruct(
    cone: Cone, pixels: Tensor, units: Tensor, filters: Tensor, rule: Rule = DECONVNET
) -> tuple[Tensor, Tensor]:
    """Project one unit of each image back to its pixels.

    `pixels` [b, 3, h, w] are what the units [b, 2] (row, column) see, as `cone.pixels` cuts it out
    of normalised images; in image i the filter `filters[i]` (`filters` [b] int64) is followed.
    Returns the activations of those units [b] and the reconstructions [b, 3, h, w], both in the
    units of the network's input.
    """
    with torch.inference_mode():
        activations, ascent = cone.forward(pixels, units, rule)
        seed, activation = _one_each(activations, filters)
        return activation, ascent.project(seed)


def gradients(
    network: WatchedNetwork, layer: WatchedLayer, images: Tensor, units: Tensor, filters: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the same, as far as it is a gradient, for whole images and any network.

    Follows the network's rule, "gradient" or "guided"; the gradient is that of half the squared
    activation, so that it scales with the activation as a reconstruction does.
    """
    images = images.detach().requires_grad_(True)
    with torch.enable_grad(), following(network.rule), network.watching([layer]) as run:
        (maps,) = run(images)
        places = torch.arange(len(images), device=images.device)
        activations = maps[places, :, units[:, 0], units[:, 1]]
        seed, activation = _one_each(activations.detach(), filters)
        (signal,) = torch.autograd.grad(activations, images, grad_outputs=seed)
    return activation, signal


def _one_each(activations: Tensor, filters: Tensor) -> tuple[Tensor, Tensor]:
    """Keep one of the activations [b, f] of each unit: those [b, f], and their values [b]."""
    places = torch.arange(len(activations), device=activations.device)
    kept = torch.zeros_like(activations)
    kept[places, filters] = activations[places, filters]
    return kept, activations[places, filters]
