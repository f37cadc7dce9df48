"""A network of two small layers and a folder of drawn pictures, for whole runs in a second."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from generator.names import Size
from generator.network.watched import WatchedNetwork

SIZE = 24


def tiny_network(name: str = "zfnet") -> WatchedNetwork:
    """Two convolutional layers over 24 × 24 inputs; filter 3 of the second is dead."""
    torch.manual_seed(5)
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(3, 2, 1), nn.Conv2d(4, 6, 3), nn.ReLU()
    )
    model.eval().requires_grad_(False)
    last = model[3]
    assert isinstance(last, nn.Conv2d)
    assert last.bias is not None
    last.bias[3] = -1e6
    return WatchedNetwork(
        name=name,
        source="drawn at random",
        trained_on="nothing",
        weights_sha256="0" * 64,
        model=model,
        input_size=Size.square(SIZE),
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
        classes=("a", "b"),
        modules={"layer1": "1", "layer2": "4"},
    )


def planted_network() -> WatchedNetwork:
    """The tiny network with kernels of 15 × 15 weights, zero but in the middle 5 × 5.

    Its units see 15 and 21 pixels and rest on 5 and 11 of them.
    """
    torch.manual_seed(7)
    wide = nn.Conv2d(3, 4, 15, 1, 7)
    middle = torch.zeros_like(wide.weight)
    middle[:, :, 5:10, 5:10] = 5 * wide.weight[:, :, 5:10, 5:10]
    wide.weight = nn.Parameter(middle)
    network = tiny_network()
    model = nn.Sequential(wide, *network.model.children())
    del model[1]  # the tiny network's own first convolution
    model.eval().requires_grad_(False)
    return replace(network, model=model, weights_sha256="1" * 64)


def draw_pictures(folder: Path, count: int, seed: int = 0) -> Path:
    """Write pictures of smooth colour noise in two class folders."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        coarse = rng.integers(0, 256, (6, 7, 3)).astype(np.uint8)
        path = folder / ("left", "right")[number % 2] / f"picture_{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(coarse).resize((36, 30), Image.Resampling.BICUBIC).save(path)
    return folder
