"""Which networks take images of other sizes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import assume, given
from torch import Tensor, nn

from generator.names import Size
from generator.network.graph.trace import trace
from generator.studies.live.sizes import is_resizable, size_after
from tests.support.small_networks import Plan, Small, fits, plans

SIZE = Size(16, 16)


class Two(nn.Module):
    """Two branches, added."""

    def __init__(self, one: nn.Module, other: nn.Module) -> None:
        super().__init__()
        self.one, self.other = one, other

    def forward(self, images: Tensor) -> Tensor:
        out: Tensor = self.one(images) + self.other(images)
        return out


def after(*parts: nn.Module) -> nn.Sequential:
    """Return a network with these parts behind a convolution."""
    return nn.Sequential(nn.Conv2d(3, 4, 3), *parts)


ALIKE = Two(nn.Conv2d(3, 3, 3, 2, 1), nn.MaxPool2d(3, 2, 1))
MODELS: dict[str, tuple[nn.Module, bool]] = {
    "convolution": (nn.Conv2d(3, 4, 3, 2), True),
    "up and down": (after(nn.MaxPool2d(2), nn.ConvTranspose2d(4, 2, 3)), True),
    "pool of all": (after(nn.AdaptiveAvgPool2d(1)), False),
    "nearest": (after(nn.Upsample(scale_factor=2)), False),
    "bilinear": (after(nn.Upsample(size=(9, 9), mode="bilinear")), False),
    "padding": (nn.Sequential(nn.ZeroPad2d(1), nn.Conv2d(3, 4, 3)), False),
    "flat": (nn.Sequential(nn.Flatten(), nn.Linear(3 * 256, 4)), False),
    "alike": (ALIKE, True),
    "alike for even sizes": (Two(nn.Conv2d(3, 3, 2, 2), nn.MaxPool2d(3, 2, 1)), False),
}


@pytest.mark.parametrize(("model", "expected"), MODELS.values(), ids=MODELS)
def test_what_knows_its_size_cannot_be_resized(model: nn.Module, expected: bool) -> None:
    """Nor branches that meet at some sizes only."""
    graph, reason = trace(model.eval().requires_grad_(False), SIZE).whole([])
    assert reason == ""
    assert is_resizable(graph, graph.watched, SIZE) == expected


@given(plans(averages=True))
def test_sizes_are_those_of_the_network(plan: Plan) -> None:
    """Op by op, along rows and columns, of any geometry."""
    assume(fits(plan))
    graph, _ = trace(Small(plan), Size.square(plan.size)).whole([])
    for node in graph.nodes:
        here, there = graph.shapes[node.inputs[0]], graph.shapes[node.output]
        assert size_after(node.op, 0, here.rows) == there.rows
        assert size_after(node.op, 1, here.columns) == there.columns


def test_a_larger_image_is_run_as_said() -> None:
    """Where a graph can be resized, it gives what the network does."""
    model = ALIKE.eval().requires_grad_(False)
    graph, _ = trace(model, SIZE).whole([])
    for size in ((17, 16), (31, 40)):
        image = torch.rand(1, 3, *size)
        assert torch.allclose(graph.run(image)[0], model(image), atol=1e-6)
