"""Watching modules, and refusing networks that have no rule."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from generator.errors import NetworkError
from generator.network.probed import probe_layers, watching


def hooks(model: nn.Module) -> int:
    """Forward hooks on all modules together."""
    return sum(len(module._forward_hooks) for module in model.modules())


def test_watched_outputs_come_in_the_order_asked_for_and_the_pass_ends_there() -> None:
    """The modules behind the last watched one do not run."""
    ran = []
    model = nn.Sequential(
        nn.Conv2d(3, 2, 1), nn.ReLU(), nn.Conv2d(2, 5, 1), nn.ReLU(), nn.Flatten()
    )
    model[4].register_forward_hook(lambda *_: ran.append(True))
    with watching(model, ["1", "3"]) as run:
        first, second = run(torch.rand(2, 3, 4, 4))
    assert first.shape == (2, 2, 4, 4)
    assert second.shape == (2, 5, 4, 4)
    assert not ran


def test_hooks_come_off_after_an_exception() -> None:
    """A wrong input does not leave hooks behind."""
    model = nn.Sequential(nn.Conv2d(3, 2, 1), nn.ReLU())
    with pytest.raises(RuntimeError), watching(model, ["1"]) as run:
        run(torch.rand(1, 7, 4, 4))
    assert hooks(model) == 0
    with pytest.raises(NetworkError):
        probe_layers(model, {"layer1": "5"}, 8)
    assert hooks(model) == 0


class Branching(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.relu, self.two = nn.Conv2d(3, 3, 1), nn.ReLU(), nn.Conv2d(3, 3, 1)
        self.last = nn.ReLU()

    def forward(self, images: Tensor) -> Tensor:
        out: Tensor = self.last(self.two(self.relu(self.one(images)) + images))
        return out


class Functional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.last = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1), nn.ReLU()

    def forward(self, images: Tensor) -> Tensor:
        out: Tensor = self.last(self.two(torch.relu(self.one(images))))
        return out


@pytest.mark.parametrize("model", [Branching(), Functional()])
def test_what_happens_between_modules_is_refused(model: nn.Module) -> None:
    """A sum or a functional ReLU would be inverted wrongly, so the layer is not found."""
    with pytest.raises(NetworkError, match="'last'"):
        probe_layers(model, {"layer1": "last"}, 8)


@pytest.mark.parametrize(
    ("part", "named"),
    [
        (nn.GELU(), "1 (GELU)"),
        (nn.AvgPool2d(2), "1 (AvgPool2d)"),
        (nn.MaxPool2d(2, ceil_mode=True), "module 1"),
        (nn.Conv2d(2, 2, (1, 3)), "module 1: kernel_size"),
    ],
)
def test_a_module_without_a_rule_is_refused_by_name(part: nn.Module, named: str) -> None:
    """Nothing is inverted silently."""
    model = nn.Sequential(nn.Conv2d(3, 2, 1), part, nn.ReLU())
    with pytest.raises(NetworkError) as caught:
        probe_layers(model, {"layer1": "2"}, 8)
    assert named in str(caught.value)
