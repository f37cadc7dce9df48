"""A tiny network at three moments, and pictures for it."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import torch

from generator.config import Settings
from generator.images.sets.image_set import ImageSet
from generator.images.sets.sources import open_images
from generator.network.watched import WatchedNetwork
from tests.support.tiny_network import draw_pictures, tiny_network

SETTINGS = Settings(batch=8, workers=0)


def moments() -> list[WatchedNetwork]:
    """Return a network far from its final weights, one nearer to them, and the final one."""
    final = tiny_network()
    return [moved(final, 0.6, seed=1), moved(final, 0.05, seed=2), final]


def moved(network: WatchedNetwork, far: float, seed: int) -> WatchedNetwork:
    """Return the network with weights changed at random."""
    model = copy.deepcopy(network.model)
    source = torch.Generator().manual_seed(seed)
    for weights in model.parameters():
        if weights.dim() > 1:
            weights.add_(far * weights.std() * torch.randn(weights.shape, generator=source))
    return replace(network, model=model, name=f"moved by {far}")


def pictures(folder: Path, count: int = 30) -> ImageSet:
    """Draw pictures, one of them twice."""
    draw_pictures(folder, count)
    first = folder / "left" / "picture_000.png"
    (folder / "right" / "picture_again.png").write_bytes(first.read_bytes())
    return open_images(str(folder))
