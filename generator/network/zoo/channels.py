"""How many channels a network reads, and a network of one is fed grey.

Images have three channels everywhere. Those for a network of one are grey, with three equal ones.
"""

from __future__ import annotations

from contextlib import suppress

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

from generator.errors import NetworkError
from generator.names import Size
from generator.network.modes import ignoring_modes
from generator.network.zoo.loaded import a_weight

COLOURS = 3


class _Reached(Exception):
    """Ends a forward pass at the first module that wants so many channels."""


def channels_of(model: nn.Module, input_size: Size) -> int:
    """Return how many channels a network reads: 3, or 1.

    It is run on an empty image up to its first convolution or batch normalisation, which knows.
    Raises NetworkError for any other number.
    """
    wanted = COLOURS

    def look(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        nonlocal wanted
        if inputs and inputs[0].shape[1] == COLOURS:
            part = "in_channels" if isinstance(module, nn.Conv2d) else "num_features"
            wanted = getattr(module, part)
        raise _Reached

    handles = [
        module.register_forward_pre_hook(look)
        for module in model.modules()
        if isinstance(module, nn.Conv2d | nn.BatchNorm2d)
    ]
    try:
        # A person's network may raise anything; the trace says so if it does.
        with torch.no_grad(), ignoring_modes(), suppress(Exception):
            model(torch.zeros(1, COLOURS, *input_size).to(a_weight(model)))
    finally:
        for handle in handles:
            handle.remove()
    if wanted not in (1, COLOURS):
        raise NetworkError(
            f"takes {wanted} channels; pictures have three, red, green and blue, or one, grey: "
            "name a network that takes three or one"
        )
    return wanted


def feed_grey(model: nn.Module) -> None:
    """Let a network of one channel take images [b, 3, h, w]: it gets their mean [b, 1, h, w]."""
    model.register_forward_pre_hook(_mean)


def _mean(_model: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor:
    """Return the mean of the channels as a convolution, which every rule has a way back through."""
    (images,) = inputs
    thirds = torch.full((1, COLOURS, 1, 1), 1 / COLOURS, dtype=images.dtype, device=images.device)
    return F.conv2d(images, thirds)
