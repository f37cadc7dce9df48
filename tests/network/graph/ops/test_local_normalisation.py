"""Local response normalisation, in a network as they were in the paper's time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from generator.compute.project.reconstruct import reconstruct
from generator.names import Rule, Size
from generator.network.rules import RULES
from generator.network.watched import WatchedNetwork
from tests.oracles import loops
from tests.oracles.loops import Array, Conv, MaxPool

SIZE = 25
NEIGHBOURS, ALPHA, BETA, K = 5, 0.4, 0.75, 2.0  # alpha so large that it shows


def old_network() -> nn.Sequential:
    """Convolutions in groups, overlapping pools, and local response normalisation before them."""
    torch.manual_seed(6)
    model = nn.Sequential(
        *(nn.Conv2d(3, 8, 5, stride=2), nn.ReLU(inplace=True)),
        *(nn.LocalResponseNorm(NEIGHBOURS, ALPHA, BETA, K), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(8, 6, 3, padding=1, groups=2), nn.ReLU(inplace=True)),
        *(nn.LocalResponseNorm(NEIGHBOURS, ALPHA, BETA, K), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(6, 4, 3, padding=1, groups=2), nn.ReLU()),
    )
    with torch.no_grad():
        for part in model:
            if isinstance(part, nn.Conv2d):
                part.weight.mul_(3)
    return model.double().eval().requires_grad_(False)


def watched(model: nn.Module, rule: Rule = "deconvnet", **modules: str) -> WatchedNetwork:
    """Watch its first and its last ReLU, or other modules."""
    zeros, ones = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    modules = modules or {"layer1": "1", "layer3": "9"}
    size = Size.square(SIZE)
    return WatchedNetwork("old", model, size, zeros, ones, modules=modules, rule=RULES[rule])


def convolution(part: nn.Module) -> Conv:
    """A convolution for the oracle."""
    assert isinstance(part, nn.Conv2d)
    assert part.bias is not None
    weight, bias = part.weight.numpy(), part.bias.numpy()
    return Conv(weight, bias, part.stride[0], int(part.padding[0]), groups=part.groups)


def normalised(signal: Array) -> Array:
    """Each value over (k + α/n · the sum of the squares of n maps around it) to the power β."""
    found = np.zeros_like(signal)
    for c, y, x in np.ndindex(signal.shape):
        first, last = c - NEIGHBOURS // 2, c + NEIGHBOURS // 2
        squares = sum(
            float(signal[other, y, x]) ** 2
            for other in range(first, last + 1)
            if 0 <= other < len(signal)
        )
        found[c, y, x] = signal[c, y, x] / (K + ALPHA / NEIGHBOURS * squares) ** BETA
    return found


POOL = MaxPool(3, 2)


def up(model: nn.Sequential, image: Array) -> list[Array]:
    """The image, and the maps after each part, by loops."""
    found = [image]
    for part in model:
        signal = found[-1]
        if isinstance(part, nn.Conv2d):
            signal = loops.convolve(convolution(part), signal)
        elif isinstance(part, nn.ReLU):
            signal = loops.rectify(signal)
        elif isinstance(part, nn.MaxPool2d):
            signal, _ = loops.max_pool(POOL, signal)
        else:
            signal = normalised(signal)
        found.append(signal)
    return found


def down(model: nn.Sequential, maps: list[Array], signal: Array) -> Array:
    """A signal at the end, brought to the pixels by loops; normalisation leaves it as it is."""
    for part, before in reversed(list(zip(model, maps[:-1], strict=True))):
        if isinstance(part, nn.Conv2d):
            signal = loops.transposed_convolve(convolution(part), signal, *before.shape[1:])
        elif isinstance(part, nn.ReLU):
            signal = loops.rectify(signal)
        elif isinstance(part, nn.MaxPool2d):
            signal = loops.unpool(POOL, signal, before)
    return signal


def test_the_deconvnet_passes_over_local_response_normalisation() -> None:
    """Forward it is exact; on the way down the signal stays as it is."""
    model = old_network()
    network = watched(model)
    image = torch.randn(1, 3, SIZE, SIZE, dtype=torch.float64, generator=source())
    truth = up(model, image[0].numpy())
    with network.watching(network.layers) as run:
        found = run(image)
    np.testing.assert_allclose(found[0][0].numpy(), truth[2], rtol=1e-10)
    np.testing.assert_allclose(found[1][0].numpy(), truth[10], rtol=1e-10, atol=1e-12)
    plain = [part for part in model if not isinstance(part, nn.LocalResponseNorm)]
    assert not np.allclose(up(nn.Sequential(*plain), image[0].numpy())[-1], truth[10])

    (_, layer), maps = network.layers, truth[10]
    cone = network.cone(layer)
    assert cone is not None
    active = np.argwhere(maps > 0)
    assert len({filter_ for filter_, _, _ in active.tolist()}) > 1
    for filter_, row, column in active.tolist():
        units, filters = torch.tensor([[row, column]]), torch.tensor([filter_])
        activation, signal = reconstruct(cone, cone.pixels(image, units), units, filters)
        seed = np.zeros_like(maps)
        seed[filter_, row, column] = maps[filter_, row, column]
        expected = down(model, truth, seed)
        assert float(activation[0]) == pytest.approx(maps[filter_, row, column])
        np.testing.assert_allclose(pasted(signal[0], cone.corners(units)[0]), expected, atol=1e-10)


def source() -> torch.Generator:
    """Numbers that are the same each time."""
    return torch.Generator().manual_seed(7)


def pasted(signal: Tensor, corner: tuple[int, int]) -> Array:
    """Lay a signal at its place on the whole image; what lies outside is left out."""
    (top, left), (_, height, width) = corner, signal.shape
    whole = np.zeros((3, SIZE, SIZE))
    for row in range(height):
        for column in range(width):
            if 0 <= top + row < SIZE and 0 <= left + column < SIZE:
                whole[:, top + row, left + column] = signal[:, row, column].numpy()
    return whole


def test_what_is_passed_over_is_known() -> None:
    """Below the layers that are watched, and by the deconvnet only."""
    model = old_network()
    assert watched(model).skipped == ("local response normalisation",)
    assert watched(model, layer1="1").skipped == ()
    assert watched(model, "gradient").skipped == watched(model, "guided").skipped == ()
