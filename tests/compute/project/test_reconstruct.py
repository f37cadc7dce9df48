"""The deconvnet by hand: what keeps it apart from its relatives, and one filter for each image."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from generator.compute.project.reconstruct import gradients, reconstruct
from generator.names import Rule, Size
from generator.network.cone.cone import Cone
from generator.network.rules import RULES
from generator.network.watched import WatchedNetwork

SIZE = 4


def shut_below() -> nn.Sequential:
    """Return two 1 × 1 convolutions; a picture of −1 shuts the first ReLU and leaves the last at 5.

    The signal at the first ReLU is 2 · 5 for map 0 and −3 · 5 for map 1, whose gates are both shut.
    """
    first, last = nn.Conv2d(3, 2, 1), nn.Conv2d(2, 1, 1)
    with torch.no_grad():
        first.weight.fill_(1)
        first.bias.zero_()  # type: ignore[union-attr]
        last.weight.copy_(torch.tensor([2.0, -3.0]).reshape(1, 2, 1, 1))
        last.bias.fill_(5)  # type: ignore[union-attr]
    return nn.Sequential(first, nn.ReLU(), last, nn.ReLU())


def network_of(model: nn.Module, module: str, rule: Rule) -> WatchedNetwork:
    """Watch a network's last layer, in float64."""
    model.double().eval().requires_grad_(False)
    zeros, ones = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    modules = {"layer1": module}
    size = Size.square(SIZE)
    return WatchedNetwork("n", model, size, zeros, ones, modules=modules, rule=RULES[rule])


def cone_of(network: WatchedNetwork) -> Cone:
    """Return the cone of its only layer."""
    cone = network.cone(network.layers[0])
    assert cone is not None
    return cone


@pytest.mark.parametrize(("rule", "signal"), [("deconvnet", 10.0), ("guided", 0), ("gradient", 0)])
@pytest.mark.parametrize("level", [-1.0, 1.0])
def test_the_signal_is_rectified_by_its_own_sign(rule: Rule, signal: float, level: float) -> None:
    """Only the deconvnet goes through a ReLU that was shut on the way up; none of them adds biases.

    With open gates (a picture of 1: 3 in both maps, 5 − 3 = 2 at the end) the gradient alone lets
    the negative signal pass.
    """
    network = network_of(shut_below(), "3", rule)
    pixels = torch.full((1, 3, 1, 1), level, dtype=torch.float64)
    filters, units = torch.zeros(1, dtype=torch.int64), torch.zeros(1, 2, dtype=torch.int64)
    activation, found = reconstruct(cone_of(network), pixels, units, filters, network.rule)
    if level < 0:
        assert float(activation[0]) == 5
        expected = signal
    else:
        assert float(activation[0]) == 2
        expected = -2.0 if rule == "gradient" else 4.0
    assert found.flatten().tolist() == [expected] * 3


@pytest.mark.parametrize("rule", ["guided", "gradient"])
def test_each_image_follows_a_filter_and_a_unit_of_its_own(rule: Rule) -> None:
    """Cut out as cones or taken whole through autograd: the same, image by image."""
    torch.manual_seed(2)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 2), nn.ReLU())
    network = network_of(model, "3", rule)
    (layer,), cone = network.layers, cone_of(network)
    images = torch.randn(40, 3, SIZE, SIZE, dtype=torch.float64)
    units = torch.zeros(40, 2, dtype=torch.int64)
    filters = torch.arange(40) % 5
    expected, whole = gradients(network, layer, images, units, filters)
    activation, signal = reconstruct(cone, cone.pixels(images, units), units, filters, network.rule)
    assert (expected > 0).sum() > 10
    torch.testing.assert_close(activation, expected)
    torch.testing.assert_close(placed(signal, cone, units), whole)
    shuffled = filters.roll(1)
    assert not torch.allclose(gradients(network, layer, images, units, shuffled)[0], expected)


def placed(signal: Tensor, cone: Cone, units: Tensor) -> Tensor:
    """Lay signals at their place on whole images."""
    whole = torch.zeros(len(signal), 3, SIZE, SIZE, dtype=signal.dtype)
    for index, (top, left) in enumerate(cone.corners(units)):
        whole[index, :, top : top + signal.shape[2], left : left + signal.shape[3]] = signal[index]
    return whole


class Twice(nn.Module):
    """A part that torch computes again on the way back; no op, and it asks for no gradients."""

    def __init__(self) -> None:
        super().__init__()
        self.runs = 0

    def forward(self, images: Tensor) -> Tensor:
        def part(value: Tensor) -> Tensor:
            self.runs += 1
            with torch.no_grad():
                return value @ value * value

        output: Tensor = checkpoint(part, images, use_reentrant=False)
        return output


@pytest.mark.filterwarnings("ignore:.*torch.jit")  # which torch itself uses where it compiles
def test_a_checkpoint_that_computes_again_does_the_same_again() -> None:
    """What it asks for does nothing then either, and the gradient is that of the whole."""
    twice = Twice()
    model = nn.Sequential(twice, nn.Conv2d(3, 2, 1, bias=False))
    network = network_of(model, "1", "gradient")
    (layer,) = network.layers
    assert network.cone(layer) is None
    source = torch.Generator().manual_seed(4)
    images = torch.randn(3, 3, SIZE, SIZE, dtype=torch.float64, generator=source)
    units, filters = torch.tensor([[0, 1], [2, 3], [1, 1]]), torch.tensor([0, 1, 1])
    before = twice.runs
    activation, signal = gradients(network, layer, images, units, filters)
    assert twice.runs == before + 2
    for image, (row, column), filter_, value, found in zip(
        images, units.tolist(), filters.tolist(), activation, signal, strict=True
    ):
        kernel = model.get_parameter("1.weight").reshape(2, 3)[filter_]

        pixels = image.requires_grad_(True)
        unit = (kernel * (pixels @ pixels * pixels)[:, row, column]).sum()
        torch.testing.assert_close(value, unit.detach())
        (slope,) = torch.autograd.grad(unit, pixels)
        torch.testing.assert_close(found, value * slope)
