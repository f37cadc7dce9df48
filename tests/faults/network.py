"""A network of three filters in two layers, as a person would write one into a file."""

from __future__ import annotations

import torch
from torch import nn


def small(seed: int = 3) -> nn.Module:
    """Two convolutions; two filters look at what one found, and none of them is dead."""
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Conv2d(3, 1, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(1, 2, 3), nn.ReLU()
    )
    for module in (model[0], model[3]):
        assert isinstance(module.bias, torch.Tensor)
        nn.init.constant_(module.bias, 1.0)
    return model


def other() -> nn.Module:
    """Return the same shapes with other weights."""
    return small(seed=4)
