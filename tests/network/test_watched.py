"""Watching layers of a network: by its ops, and by hooks where it has to run as it came."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from generator.errors import NetworkError
from generator.names import Size
from generator.network import watched as measures
from generator.network.graph.trace import trace
from generator.network.rules import DECONVNET, GRADIENT, Rule
from generator.network.watched import WatchedNetwork, hooked

Watching = Callable[[WatchedNetwork], AbstractContextManager[Callable[[Tensor], list[Tensor]]]]
WAYS: dict[str, Watching] = {
    "ops": lambda network: network.watching(network.layers),
    "hooks": lambda network: hooked(network.model, network.layers),
}
SIZE = 12


def network_of(
    model: nn.Module,
    modules: Sequence[str],
    filters: int | None = None,
    rule: Rule = DECONVNET,
) -> WatchedNetwork:
    """Watch modules of a network, in this order."""
    model.eval().requires_grad_(False)
    half = (0.5, 0.5, 0.5)
    named = {f"at{path}": path for path in modules}
    size = Size.square(SIZE)
    return WatchedNetwork("n", model, size, half, half, modules=named, rule=rule, filters=filters)


def chain() -> nn.Sequential:
    """Return convolutions and ReLUs that work in place, and something that must not run."""
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Conv2d(4, 5, 3), nn.ReLU(), nn.Flatten()
    )


def hooks(model: nn.Module) -> int:
    """Count the hooks on all modules together."""
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in model.modules())


@pytest.mark.parametrize("way", WAYS)
def test_maps_come_in_the_order_asked_for_and_the_pass_ends_at_the_last(way: str) -> None:
    """Each as it was made, though the next module works in place; images stay as they were."""
    model = chain()
    network = network_of(model, ["3", "0", "1"])
    ran = []
    images = torch.randn(2, 3, SIZE, SIZE)
    before = images.clone()
    with torch.inference_mode(), WAYS[way](network) as run:
        model[4].register_forward_hook(lambda *_: ran.append(True))
        last, convolved, rectified = run(images)
    first = nn.functional.conv2d(images, model[0].weight, model[0].bias)  # type: ignore[arg-type]
    torch.testing.assert_close(convolved, first)
    torch.testing.assert_close(rectified, first.relu())
    torch.testing.assert_close(last, model[:4](images))
    assert torch.equal(images, before)
    assert not ran


@pytest.mark.parametrize("way", WAYS)
def test_only_the_first_filters_are_given(way: str) -> None:
    """Where so many are asked for; a layer that has fewer gives all."""
    network = network_of(chain(), ["1", "3"], filters=2)
    with torch.inference_mode(), WAYS[way](network) as run:
        maps = run(torch.randn(1, 3, SIZE, SIZE))
    assert [part.shape[1] for part in maps] == [2, 2]
    assert [layer.filters for layer in network_of(chain(), ["1"], filters=9).layers] == [4]


def test_so_many_images_run_at_a_time_that_no_map_is_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The largest of all values counts, one image runs always, and hooks set no limit."""
    network = network_of(chain(), ["1", "3"])
    largest = 4 * 3 * SIZE * SIZE  # bytes: of an image, larger than both maps
    for kept, images in ((2 * largest, 2), (3 * largest - 1, 2), (1, 1)):
        monkeypatch.setattr(measures, "KEPT", kept)
        assert network.at_once(network.layers) == images
    attentive = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4), nn.Conv2d(4, 5, 3))
    free = network_of(attentive, ["2"], rule=GRADIENT)
    assert free.at_once(free.layers) is None


def test_hooks_come_off_whatever_happens() -> None:
    """After a wrong input, a refusal, and a run that went well."""
    model = chain()
    layers = network_of(model, ["3"]).layers
    assert hooks(model) == 0
    with hooked(model, layers):
        assert hooks(model) == 1
    assert hooks(model) == 0
    with pytest.raises(RuntimeError), hooked(model, layers) as run:
        run(torch.rand(1, 7, SIZE, SIZE))
    assert hooks(model) == 0
    with pytest.raises(NetworkError):
        trace(model, Size.square(2))
    assert hooks(model) == 0


def test_a_field_that_is_no_square_gets_one_that_holds_it() -> None:
    """Its own rows and columns may differ in size and in where they begin, not in stride."""
    model = nn.Sequential(nn.Conv2d(3, 2, (3, 7), padding=(1, 0)), nn.ReLU())
    (layer,) = network_of(model, ["1"]).layers
    assert (layer.field.size, layer.field.stride, layer.field.offset) == (8, 1, -1)
    assert layer.grid == (SIZE, SIZE - 6)
    with pytest.raises(NetworkError, match="2 pixels apart in rows and 1 in columns"):
        _ = network_of(nn.Sequential(nn.Conv2d(3, 2, 3, stride=(2, 1)), nn.ReLU()), ["1"]).layers


def kernels_of(model: nn.Module, modules: Sequence[str], **more: Any) -> list[Tensor | None]:
    """Return the kernels of each layer, None where it does not look at pixels alone."""
    network = network_of(model, modules, **more)
    return [measures.pixel_kernels(network, layer) for layer in network.layers]


def test_kernels_are_those_that_look_at_pixels() -> None:
    """Of a layer that is the first convolution; of no other."""
    model = chain()
    first, second = kernels_of(model, ["1", "3"], filters=3)
    assert first is not None
    assert torch.equal(first, model[0].weight[:3])  # type: ignore[index]
    assert second is None


class Forked(nn.Module):
    """Two convolutions of the pixels, one after the other in the order of modules."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 6, 3)
        self.join = nn.ReLU()

    def forward(self, images: Tensor) -> Tensor:
        out: Tensor = self.join(torch.cat([self.one(images), self.two(images)], dim=1))
        return out


def test_each_convolution_of_the_pixels_has_its_own_kernels() -> None:
    """And what two of them make together is no kernel's."""
    model = Forked()
    two, joined = kernels_of(model, ["two", "join"])
    assert two is not None
    assert torch.equal(two, model.two.weight)
    assert joined is None


def test_kernels_are_what_works_on_the_pixels() -> None:
    """Normalisation that turns a filter round turns its kernel; a rectangle has no picture."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
    nn.init.constant_(model[1].weight, -2.0)  # type: ignore[arg-type]
    (kernels,) = kernels_of(model, ["2"])
    assert kernels is not None
    plain = model[0].weight
    assert isinstance(plain, Tensor)
    torch.testing.assert_close(kernels, -2 * plain, rtol=1e-4, atol=1e-6)
    wide = nn.Sequential(nn.Conv2d(3, 4, (5, 3)), nn.ReLU())
    assert kernels_of(wide, ["1"]) == [None]
    smooth = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GELU())
    assert kernels_of(smooth, ["1"], rule=GRADIENT) == [None]


class Turned(nn.Module):
    """Something that lays its maps out in another way, and convolves them all the same."""

    def __init__(self, turn: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.first, self.norm, self.turn = nn.Conv2d(3, 4, 3), nn.Identity(), turn

    def forward(self, images: Tensor) -> Tensor:
        out: Tensor = self.norm(self.turn(self.first(images)))
        return out


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        (
            lambda maps: maps.permute(0, 2, 3, 1),
            "its units lie 1 pixels apart in rows and 5/2 in columns",
        ),
        (lambda maps: torch.cat([maps, maps.flip(3)]), "runs no module named 'norm' that gives"),
    ],
    ids=["channels last", "parts as images"],
)
def test_what_is_no_map_is_refused(turn: Callable[[Tensor], Tensor], words: str) -> None:
    """Rows of an image would be taken for filters."""
    with pytest.raises(NetworkError, match=words):
        _ = network_of(Turned(turn), ["norm"], rule=GRADIENT).layers


@pytest.mark.parametrize(
    ("size", "stride"), [(Size(24, 12), 2), (Size(24, 24), 2), (Size(33, 12), 3), (Size(12, 12), 1)]
)
def test_without_a_graph_maps_have_the_proportions_of_the_input(size: Size, stride: int) -> None:
    """The units see everything; maps of another shape are no maps."""
    first = nn.Conv2d(3, 4, 3, padding=1, stride=stride)
    model = nn.Sequential(first, nn.GroupNorm(2, 4), nn.Conv2d(4, 3, 3, padding=1))
    network = replace(network_of(model, ["2"], rule=GRADIENT), input_size=size)
    (layer,) = network.layers
    assert network.cone(layer) is None
    assert layer.grid == tuple(-(-side // stride) for side in size)
    assert layer.field.size == 2 * max(size)
    assert layer.field.interval(0)[0] <= 0
    assert layer.field.interval(max(layer.grid) - 1)[1] >= max(size)
    flat = nn.Sequential(first, nn.GroupNorm(2, 4), nn.Flatten(2), nn.Unflatten(2, (1, -1)))
    with pytest.raises(NetworkError, match=f"no maps of the input's shape, {size}, one behind"):
        _ = replace(network_of(flat, ["3"], rule=GRADIENT), input_size=size).layers
