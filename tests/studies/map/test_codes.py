"""What is kept of images, against the model itself and plain loops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from generator.names import Rule, Size
from generator.network.rules import RULES
from generator.network.watched import WatchedNetwork
from generator.studies.map.codes import PEAKS, PICTURES, PIXELS, code_name, looking
from generator.studies.map.record import LARGEST
from tests.support.tiny_network import SIZE, tiny_network


def images(number: int, size: Size) -> torch.Tensor:
    """Draw pictures [n, 4, h, w] uint8; the second is half transparent in its upper half."""
    drawn = torch.randint(0, 256, (number, 4, *size), dtype=torch.uint8)
    drawn[:, 3] = 255
    drawn[1, 3, : size.height // 2] = 128
    return drawn


def as_seen(pixels: torch.Tensor, network: WatchedNetwork) -> torch.Tensor:
    """Return pictures as the network sees them, by plain arithmetic."""
    values = pixels.double() / 255
    mean, std = (torch.tensor(each)[:, None, None] for each in (network.mean, network.std))
    return ((values[:, :3] - mean) / std * values[:, 3:]).float()


@pytest.mark.parametrize("rule", ["deconvnet", "gradient"])
def test_codes_are_the_means_of_the_maps(rule: Rule) -> None:
    """Of each network and layer; peaks are those of the first network's last layer."""
    torch.manual_seed(0)
    network = replace(tiny_network(), rule=RULES[rule])
    other = replace(network, model=nn.Sequential(*tiny_network().model.children()))
    for parameter in other.model.parameters():
        parameter.data = torch.randn_like(parameter)
    pixels = images(5, network.input_size)
    with looking({"one": network, "two": other}) as look:
        found = look(pixels)
    for name, each in (("one", network), ("two", other)):
        values = as_seen(pixels, network)
        for at, module in enumerate(each.model.children()):
            with torch.no_grad():
                values = module(values)
            layer = {1: "layer1", 4: "layer2"}.get(at)
            if layer:
                wanted = values.double().flatten(2).sum(2) / (values.shape[2] * values.shape[3])
                mine = found[code_name(name, layer)]
                np.testing.assert_allclose(mine, wanted.numpy(), rtol=1e-4, atol=1e-5)
        if name == "one":
            peaks = values.flatten(2).max(2).values.numpy()
            np.testing.assert_allclose(found[PEAKS], peaks, rtol=1e-4, atol=1e-5)


def test_only_the_filters_that_are_shown_count() -> None:
    """A network of which two filters of each layer are watched."""
    network = replace(tiny_network(), filters=2)
    with looking({"one": network}) as look:
        found = look(images(3, network.input_size))
    assert found[PEAKS].shape == (3, 2)
    assert found[code_name("one", "layer1")].shape == (3, 2)


def test_pictures_are_those_that_the_network_sees() -> None:
    """Enlarged to a square, grey around where the input is none; pixels are means of parts."""
    network = replace(tiny_network(), input_size=Size(SIZE, 2 * SIZE))
    pixels = torch.zeros((2, 4, SIZE, 2 * SIZE), dtype=torch.uint8)
    pixels[:, 3] = 255
    pixels[0, 0, :, :SIZE] = 200  # red on the left
    pixels[1, 3] = 0  # transparent: the mean colour
    with looking({"one": network}) as look:
        found = look(pixels)
    pictures, half = found[PICTURES], LARGEST // 2
    assert pictures.shape == (2, LARGEST, LARGEST, 3)
    assert (pictures[:, : LARGEST // 4 - 1] == 128).all()
    assert pictures[0, half, 10].tolist() == [200, 0, 0]
    assert pictures[0, half, -10].tolist() == [0, 0, 0]
    assert pictures[1, half, 10].tolist() == [128, 128, 128]
    step = LARGEST // 16
    small = found[PIXELS][0].reshape(16, 16, 3)
    for row, column in ((0, 0), (8, 2), (8, 13), (4, 7)):
        part = pictures[0, row * step : (row + 1) * step, column * step : (column + 1) * step]
        np.testing.assert_allclose(small[row, column], part.reshape(-1, 3).mean(0), rtol=1e-5)
