"""A network that is run along a line says what the whole network says."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from generator.compute.stimuli import draw, run
from generator.compute.stimuli.forms import FAMILIES, forms
from generator.compute.stimuli.lines import DIRECTIONS, line
from generator.compute.stimuli.run import respond, stage
from generator.names import Size
from generator.network.watched import WatchedNetwork
from tests.support.tiny_network import tiny_network

SIZE = 60


class Branches(nn.Module):
    """Strides, padding, dilation, groups, a pool, and two branches that are added."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 6, 5, stride=2, padding=1)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.wide = nn.Conv2d(6, 6, 3, padding=2, dilation=2, groups=2)
        self.narrow = nn.Conv2d(6, 6, (1, 3), padding=(0, 1))
        self.last = nn.ReLU()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        maps = self.pool(torch.relu(self.first(images)))
        found: torch.Tensor = self.last(self.wide(maps) + self.narrow(maps))
        return found


def network_of(model: nn.Module, module: str) -> WatchedNetwork:
    """Watch one module of a network with random weights."""
    model.eval().requires_grad_(False)
    return WatchedNetwork(
        name="n",
        source="",
        trained_on="",
        weights_sha256="",
        model=model,
        input_size=Size.square(SIZE),
        mean=(0.5, 0.5, 0.4),
        std=(0.25, 0.2, 0.3),
        classes=(),
        modules={"layer1": module},
    )


@pytest.mark.parametrize("degrees", DIRECTIONS)
def test_stripes_get_the_same_response_along_a_line(
    degrees: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gratings, hues and lines in each direction, with every part that a network may have."""
    torch.manual_seed(3)
    network = network_of(Branches(), "last")
    (layer,) = network.layers
    place = stage(layer, Size.square(SIZE))
    assert place.inside
    assert line(network, layer, degrees, place.unit, place.side, place.start) is not None
    for stimuli in (draw.gratings(place.side), draw.colours(place.side), forms(place.side)):
        chosen = np.flatnonzero(stimuli.stripes == degrees)
        assert len(chosen) > 10
        monkeypatch.setattr(run, "DIRECTIONS", {degrees: DIRECTIONS[degrees]})
        quick = respond(network, layer, stimuli)[chosen]
        monkeypatch.setattr(run, "DIRECTIONS", {})
        whole = respond(network, layer, stimuli)[chosen]
        assert quick.max() > 0.1
        assert not np.array_equal(quick, whole)
        np.testing.assert_allclose(quick, whole, rtol=1e-4, atol=1e-5 * whole.max())


def test_stripes_are_pictures_that_stay_the_same_along_them() -> None:
    """Each in its direction, and of gratings and colours no other picture."""
    for stimuli in (draw.gratings(9), draw.colours(9), forms(9)):
        pictures = stimuli.draw(np.arange(len(stimuli)))
        alike = {
            0.0: np.ptp(pictures, axis=3),
            90.0: np.ptp(pictures, axis=2),
            45.0: pictures[:, :, 1:, :-1] - pictures[:, :, :-1, 1:],
            135.0: pictures[:, :, 1:, 1:] - pictures[:, :, :-1, :-1],
        }
        for degrees, differences in alike.items():
            same = np.abs(differences).max((1, 2, 3) if differences.ndim == 4 else (1, 2)) < 1e-6
            assert same[stimuli.stripes == degrees].all()
    everything = forms(9)
    through = {FAMILIES[family] for family in everything.family[~np.isnan(everything.stripes)]}
    assert through == {"line", "edge"}


def test_what_does_not_run_along_a_line_is_run_whole() -> None:
    """Strides that differ, and units that see the input's border."""
    uneven = network_of(nn.Sequential(nn.Conv2d(3, 2, 5, stride=(1, 1), dilation=(1, 2))), "0")
    assert line(uneven, uneven.layers[0], 45.0, (5, 5), 9, (5, 5)) is None
    enlarged = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Upsample(scale_factor=2), nn.Conv2d(2, 2, 3))
    network = network_of(enlarged, "2")
    assert line(network, network.layers[0], 45.0, (9, 9), 5, (3, 3)) is None
    reaching = nn.Sequential(nn.Conv2d(3, 2, SIZE + 3, padding=3))
    network = network_of(reaching, "0")
    place = stage(network.layers[0], Size.square(SIZE))
    assert not place.inside
    side, *columns = vars(draw.gratings(place.side)).values()
    stimuli = draw.Gratings(side, *(column[::96] for column in columns))
    pictures = torch.from_numpy(stimuli.draw(np.arange(len(stimuli))))
    mean, std = (torch.tensor(part)[:, None, None] for part in (network.mean, network.std))
    maps = network.model((pictures - mean) / std)[:, :, *place.unit]
    found = respond(network, network.layers[0], stimuli)
    np.testing.assert_allclose(found, maps.clamp(min=0), rtol=1e-4, atol=1e-5)


def test_the_tiny_network_runs_along_lines() -> None:
    """So the other tests of responses are tests of lines as well."""
    network = tiny_network()
    for layer in network.layers:
        place = stage(layer, network.input_size)
        assert line(network, layer, 0.0, place.unit, place.side, place.start) is not None
