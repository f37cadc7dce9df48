"""Answers and gradients of one unit against the whole network in float64."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from generator.names import Size
from generator.network.rules import GRADIENT
from generator.network.watched import WatchedNetwork
from generator.studies.synthetic.unit import OPEN, InCone, InWhole, unit_of
from tests.studies.synthetic.drawn import MEAN, STD, climb_of, plain, seen, watched, whole

LASTS = {
    "relu": nn.ReLU(),
    "relu6": nn.ReLU6(),
    "tanh": nn.Tanh(),
    "sigmoid": nn.Sigmoid(),
    "none": nn.Identity(),
}


def normalised(pictures: Tensor) -> Tensor:
    """Return pictures of 0…1 as the network sees them."""
    mean, std = (torch.tensor(each)[:, None, None] for each in (MEAN, STD))
    return (pictures - mean) / std


def with_last(name: str) -> WatchedNetwork:
    """Return a network that ends in this, any way down that takes it."""
    return watched(plain(last=LASTS[name]), "1", "4", rule=GRADIENT)


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("last", LASTS)
def test_the_gradient_is_that_of_the_whole_network(last: str, alone: bool) -> None:
    """In the cone that of the value below a last ReLU, which a unit has that answers nothing."""
    network = with_last(last)
    layer = network.layers[1]
    climb = climb_of(network, layer, 1, alone=alone)
    assert isinstance(climb.way, InWhole if alone else InCone)
    filters = torch.arange(layer.filters)
    picture = torch.rand(1, 3, climb.place.side, climb.place.side)
    pictures = picture.expand(len(filters), *picture.shape[1:]).clone()
    pixels = climb.place.laid(normalised(pictures))
    answers = climb.way.answers(pixels)
    expected = seen(network, layer, pictures)
    torch.testing.assert_close(answers.double(), expected, rtol=1e-4, atol=1e-5)

    pictures = pictures.double().requires_grad_(True)
    below = replace(layer, module="3") if last.startswith("relu") and not alone else layer
    values = seen(network, below, pictures)
    (slope,) = torch.autograd.grad(values.diagonal().sum(), pictures)
    found = climb.place.cut(climb.way.upward(pixels, filters, GRADIENT)).double()
    spread = torch.tensor(STD).double()[:, None, None]
    torch.testing.assert_close(found, slope * spread, rtol=1e-3, atol=1e-5)
    if last == "relu":
        silent = answers.diagonal() <= 0
        assert 0 < silent.sum() < len(silent)  # both kinds were tried
        assert found[silent].flatten(1).any(1).all() != alone


def test_open_relus_show_a_way_where_none_is() -> None:
    """Of a unit that answers nothing, in a network that runs whole."""
    network = with_last("relu")
    way, place = whole(network, network.layers[1])
    pixels = place.laid(normalised(torch.rand(11, 3, place.side, place.side)))
    filters = torch.arange(11)
    silent = way.answers(pixels).diagonal() <= 0
    assert silent.any()
    assert not way.upward(pixels, filters, GRADIENT)[silent].any()
    assert way.upward(pixels, filters, OPEN)[silent].flatten(1).any(1).all()


@pytest.mark.parametrize("size", [Size(13, 40), Size(9, 31), Size(12, 12)])
def test_a_picture_lies_inside_the_input(size: Size) -> None:
    """Also where no unit's field does; then the field's middle is filled."""
    model = nn.Sequential(nn.Conv2d(3, 4, 5, padding=2), nn.ReLU(), nn.Conv2d(4, 5, 9, padding=4))
    network = watched(model, "2", size=size)
    (layer,) = network.layers
    assert layer.field.size == 13
    climb = climb_of(network, layer, 1)
    assert climb.place.side == min(13, *size)
    pictures = torch.rand(2, 3, climb.place.side, climb.place.side)
    laid = climb.place.laid(normalised(pictures))
    found = climb.way.answers(laid).double()
    torch.testing.assert_close(found, seen(network, layer, pictures), rtol=1e-4, atol=1e-5)
    assert torch.equal(climb.place.cut(laid), normalised(pictures))


def test_a_field_that_leaves_the_input_on_one_side() -> None:
    """What lies outside is nothing that the unit could see."""
    network = watched(nn.Sequential(nn.Conv2d(3, 4, 6, 7, padding=5)), "0", size=Size(8, 8))
    (layer,) = network.layers
    climb = climb_of(network, layer, 1)
    pictures = torch.rand(2, 3, climb.place.side, climb.place.side)
    found = climb.way.answers(climb.place.laid(normalised(pictures))).double()
    torch.testing.assert_close(found, seen(network, layer, pictures), rtol=1e-4, atol=1e-5)


def test_few_pictures_run_at_once_where_maps_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as fit into what the C library keeps, at least one."""
    way, _ = unit_of(*(network := watched(plain(), "1", "4"),), network.layers[1])
    assert way.most == 8
    monkeypatch.setattr("generator.studies.synthetic.unit.KEPT", 1)
    assert way.most == 1
