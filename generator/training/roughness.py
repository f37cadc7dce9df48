"""Roughness of kernels and pictures: their share of energy at the finest spatial frequencies.

Zeiler and Fergus looked at the first layers for the same fault, "aliasing artifacts" and kernels of
extreme frequency (§4.1). The first convolution moves by two pixels, so frequencies above 0.25
cycles a pixel alias.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

FINEST = 0.35  # cycles a pixel; above it, in either axis, energy counts as rough


def low_pass(side: int) -> Tensor:
    """Return [side, side] float64 with wᵀ L w = energy of the signal w below `FINEST`.

    L[i, j] = ∫ exp(2πi f (i − j)) df over |f| ≤ FINEST: the energy of the zero-padded signal's
    continuous spectrum (Parseval).
    """
    steps = torch.arange(side, dtype=torch.float64)
    apart = steps[:, None] - steps[None, :]
    share: Tensor = torch.special.sinc(2 * FINEST * apart)
    return 2 * FINEST * share


def rough_part(images: Tensor) -> Tensor:
    """Return the rough part of images [..., h, w], in the same shape.

    Half the gradient of their rough energy: w − L w Lᵀ, whose product with w is that energy.
    """
    rows, columns = (low_pass(n).to(images) for n in images.shape[-2:])
    return images - rows @ images @ columns


def roughness(images: Tensor) -> Tensor:
    """Return the share [b] of the spectral energy of [b, c, h, w] above `FINEST` in either axis.

    Channels are summed. NaN for an image that is zero everywhere.
    """
    images = images.double()
    energy = (images**2).sum((1, 2, 3))
    rough = (images * rough_part(images)).sum((1, 2, 3))
    return torch.where(energy > 0, rough / energy, torch.full_like(energy, math.nan))
