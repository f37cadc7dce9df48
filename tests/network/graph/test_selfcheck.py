"""Networks that do something else than on an empty image are found out before any search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from generator.errors import NetworkError
from generator.names import Size
from generator.network.graph.selfcheck import require_as_traced
from generator.network.rules import DECONVNET, GRADIENT, RULES, Rule
from generator.network.watched import WatchedNetwork

SIZE = 12


class Between(nn.Module):
    """Two convolutions with something between them."""

    def __init__(self, between: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.first, self.last = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3)
        self.norm = nn.BatchNorm2d(4, track_running_stats=False)
        self.between = between

    def forward(self, images: Tensor) -> Tensor:
        out: Tensor = self.last(self.between(self.first(images)))
        return out


def network_of(model: nn.Module, rule: Rule = DECONVNET) -> WatchedNetwork:
    """Watch the last convolution."""
    model.eval().requires_grad_(False)
    half = (0.5, 0.5, 0.5)
    size = Size.square(SIZE)
    return WatchedNetwork("net", model, size, half, half, modules={"top": "last"}, rule=rule)


def by_value(maps: Tensor) -> Tensor:
    """Take another way where there is an image: zeros of `SIZE` give the first one's biases."""
    return maps if float(maps.std()) > 0.3 else maps.relu()


def by_number(maps: Tensor) -> Tensor:
    """Let a number leave torch and come back."""
    kernel = torch.eye(4)[:, :, None, None] * (1 + maps.abs().max().item())
    return functional.conv2d(maps, kernel)


def squared(maps: Tensor) -> Tensor:
    """Multiply a map by itself: no op, so that only the whole network runs."""
    return maps * maps


def unseen(maps: Tensor) -> Tensor:
    """Write over a map behind torch's back."""
    maps.data.mul_(2)
    return maps


UNLIKE: dict[str, Callable[[Tensor], Tensor]] = {
    "decides by values": by_value,
    "a number that comes back": by_number,
    "writes unseen": unseen,
}


@pytest.mark.parametrize("what", UNLIKE)
def test_what_a_trace_does_not_see_is_found_out(what: str) -> None:
    """The layer is named, and nothing wrong is ever shown."""
    network = network_of(Between(UNLIKE[what]))
    with pytest.raises(NetworkError, match=r"top cannot be watched: on another image"):
        require_as_traced(network)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_an_honest_network_passes(rule: Rule) -> None:
    """By its ops, and where it runs as it came."""
    require_as_traced(network_of(Between(torch.relu), rule))
    if rule.autograd:
        require_as_traced(network_of(Between(functional.gelu), rule))
        require_as_traced(network_of(Between(squared), rule))


@pytest.mark.parametrize("what", ["batch", "chance"])
def test_a_network_that_mixes_images_or_draws_numbers_is_found_out(what: str) -> None:
    """Its nine would depend on their neighbours."""
    model = Between(lambda maps: model.norm(maps) if what == "batch" else mixed(maps))

    def mixed(maps: Tensor) -> Tensor:
        return maps + torch.randn(1)

    with pytest.raises(NetworkError, match=r"top cannot be watched: of one image"):
        require_as_traced(network_of(model, GRADIENT))


def test_a_layer_that_not_every_image_reaches_is_found_out() -> None:
    """It would be missed in the middle of a search."""

    class Forked(Between):
        def forward(self, images: Tensor) -> Tensor:
            if float(images.detach().abs().sum()) > 0:
                return images
            return super().forward(images)

    for network in (
        network_of(Forked(torch.relu)),
        network_of(Forked(squared), GRADIENT),
    ):
        with pytest.raises(NetworkError, match=r"top cannot be watched: its module last does not"):
            require_as_traced(network)


def test_a_network_that_keeps_a_tensor_from_its_first_image_passes() -> None:
    """As those do that make a grid of places once."""
    kept: list[Tensor] = []

    def between(maps: Tensor) -> Tensor:
        if not kept:
            kept.append(torch.ones_like(maps[:1]))
        return squared(maps) * kept[0]

    network = network_of(Between(between), GRADIENT)
    assert network.layers
    kept.clear()  # else it is kept from the trace
    require_as_traced(network)


def test_a_network_without_gradients_is_found_out() -> None:
    """Or they would be missed after hours of searching."""
    network = network_of(Between(lambda maps: squared(maps.detach())), GRADIENT)
    with pytest.raises(NetworkError, match=r"no gradient comes down from top"):
        require_as_traced(network)


@pytest.mark.parametrize("between", [torch.relu, squared])
@pytest.mark.parametrize(
    "mode",
    [torch.no_grad(), torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16)],
    ids=lambda mode: type(mode).__name__,
)
def test_the_modes_that_a_network_runs_in_do_nothing(
    mode: Callable[..., Any], between: Callable[[Tensor], Tensor]
) -> None:
    """With a graph and without: maps are in full precision, and gradients come down."""

    class Within(Between):
        forward = mode(Between.forward)

    network = network_of(Within(between), GRADIENT)
    require_as_traced(network)
    images = torch.rand(1, 3, SIZE, SIZE, requires_grad=True)
    with torch.enable_grad(), network.watching(network.layers) as run:
        (maps,) = run(images)
    twin = Between(between)(images)
    torch.testing.assert_close(maps, twin)
    torch.testing.assert_close(*(torch.autograd.grad(each.sum(), images) for each in (maps, twin)))


def test_the_check_shows_pictures() -> None:
    """Two different ones in 0…1 before the network's mean and std, with dark and light in both."""
    seen = []

    def look(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        seen.append(inputs[0])

    network = network_of(Between(squared), GRADIENT)
    assert network.layers
    with network.model.register_forward_pre_hook(look):
        require_as_traced(network)
    pictures = seen[0] / 2 + 0.5
    assert len(pictures) == 2
    assert float((pictures[0] - pictures[1]).abs().mean()) > 0.1
    for picture in pictures:
        assert float(picture.min()) == pytest.approx(0, abs=0.05)
        assert float(picture.max()) == pytest.approx(1, abs=0.05)


def test_a_network_that_insists_on_its_range_passes() -> None:
    """The one whose images are 0…1."""

    class Insisting(Between):
        def forward(self, images: Tensor) -> Tensor:
            assert images.min() >= 0, "too dark"
            assert images.max() <= 1, "too light"
            return super().forward(images)

    for between in (torch.relu, squared):
        network = network_of(Insisting(between), GRADIENT)
        with pytest.raises(AssertionError, match="too"):
            require_as_traced(network)
        require_as_traced(replace(network, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)))


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_weight_that_is_no_number_is_named(number: float) -> None:
    """Where a watched layer rests on it."""
    for between in (torch.relu, squared):
        model = Between(between)
        model.register_buffer("mask", torch.tensor(float("-inf")))
        with torch.no_grad():
            model.norm.weight.fill_(number)  # which nothing watched rests on
        require_as_traced(network_of(model, GRADIENT))
        with torch.no_grad():
            model.first.weight[0, 0, 0, 0] = number
        with pytest.raises(NetworkError, match=r"top gives .* tensor first\.weight of the network"):
            require_as_traced(network_of(model, GRADIENT))
