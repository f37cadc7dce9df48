"""Layers that nobody listed: which modules they are, in networks of many forms."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from generator.errors import NetworkError
from generator.names import Rule, Size
from generator.network.rules import RULES
from generator.network.watched import WatchedNetwork

RELU = "The layers were found by resolution: the last ReLU before each change of the maps’ size."


def found(model: nn.Module, rule: Rule = "deconvnet", size: int = 64) -> tuple[list[str], str]:
    """The modules of the layers, and the sentence."""
    model.eval().requires_grad_(False)
    halves = (0.5, 0.5, 0.5)
    network = WatchedNetwork("n", model, Size.square(size), halves, halves, rule=RULES[rule])
    modules, choice = network.by_resolution()
    assert list(modules) == [f"layer{number}" for number in range(1, len(modules) + 1)]
    return list(modules.values()), choice


def block(inputs: int, maps: int, act: type[nn.Module] = nn.ReLU, **more: Any) -> nn.Sequential:
    """A convolution and what is on its maps."""
    return nn.Sequential(nn.Conv2d(inputs, maps, 3, padding=1, **more), nn.BatchNorm2d(maps), act())


def test_the_last_relu_at_each_size() -> None:
    """And that before the head, whose numbers are no maps."""
    model = nn.Sequential(
        *(block(3, 4), block(4, 4), nn.MaxPool2d(2)),
        *(block(4, 5), block(5, 5), block(5, 6, stride=2)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 7), nn.ReLU(), nn.Linear(7, 2)),
    )
    assert found(model) == (["1.2", "4.2", "5.2"], RELU)


def test_at_most_five_from_the_image_upwards() -> None:
    """Those behind are left out."""
    model = nn.Sequential(block(3, 4), *(block(4, 4, stride=2) for _ in range(6)))
    assert found(model, size=128)[0] == ["0.2", "1.2", "2.2", "3.2", "4.2"]


class Shared(nn.Module):
    """One ReLU that runs for all convolutions, and one that runs once."""

    def __init__(self, *, shared: bool) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.three = nn.Conv2d(4, 4, 3, padding=1)
        self.relu, self.pool = nn.ReLU(), nn.MaxPool2d(2)
        self.last = self.relu if shared else nn.ReLU()

    def forward(self, images: Tensor) -> Tensor:
        maps = self.pool(self.relu(self.one(images)))
        output: Tensor = self.last(self.three(functional.relu(self.two(self.relu(maps)))))
        return output


def test_only_modules_that_run_once() -> None:
    """Where none of them gives activations, those before these are taken, and it is said."""
    assert found(Shared(shared=False)) == (["last"], RELU)
    modules, choice = found(Shared(shared=True))
    assert modules == ["one", "three"]
    assert choice == RELU.replace("ReLU", "module")


class Branches(nn.Module):
    """Branches of different sizes that run in turn, a gate, and a way back up."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.fast = block(3, 4), block(4, 4, stride=2)
        self.slow, self.halving = block(4, 4), block(4, 4, stride=2)
        self.small = block(4, 4, stride=2)
        self.squeeze, self.up = block(4, 4), nn.Upsample(scale_factor=4)
        self.decoder = block(4, 4)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.stem(images)
        maps = self.fast(maps) + self.halving(self.slow(maps))
        maps = self.small(maps)
        squeezed = self.squeeze(functional.adaptive_max_pool2d(maps, 1))
        output: Tensor = self.decoder(self.up(maps + squeezed.expand_as(maps)))
        return output


def test_branches_gates_and_ways_back_up() -> None:
    """Maps of one place are none, and nothing is looked at behind the smallest ones."""
    assert found(Branches())[0] == ["slow.2", "halving.2", "small.2"]


def test_only_those_from_which_the_rule_goes_down() -> None:
    """The deepest that it reaches, in the last resolution too."""
    model = nn.Sequential(
        *(block(3, 4), nn.MaxPool2d(2)),
        *(block(4, 4), block(4, 4), nn.AvgPool2d(3, 1, 1), block(4, 4), nn.MaxPool2d(2)),
        block(4, 4),
    )
    assert found(model) == (["0.2", "3.2"], RELU)
    assert found(model, "guided") == (["0.2", "5.2", "7.2"], RELU)


def test_without_relus_the_last_activation() -> None:
    """Under a rule that goes through these, or the error names what is in the way."""
    model = nn.Sequential(
        block(3, 4), block(4, 4, nn.Hardswish, stride=2), block(4, 4, nn.SiLU, stride=2)
    )
    said = RELU.replace("ReLU", "activation")
    assert found(model, "gradient") == (["0.2", "1.2", "2.2"], said)
    assert found(model) == (["0.2"], said)
    assert found(nn.Sequential(block(3, 4, nn.SiLU), block(4, 4, nn.SiLU)))[0] == ["0.2"]


class Last(nn.Module):
    """Maps along the last axis, behind a part that is no op."""

    def __init__(self) -> None:
        super().__init__()
        self.patches, self.norm = nn.Conv2d(3, 8, 4, stride=4), nn.LayerNorm(8)
        self.wide, self.act, self.back = nn.Linear(8, 24), nn.GELU(), nn.Linear(24, 8)
        self.turned = nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        maps = self.norm(self.patches(images).permute(0, 2, 3, 1))
        output: Tensor = self.turned(self.back(self.act(self.wide(maps))).permute(0, 3, 1, 2))
        return output


def test_rows_and_columns_are_those_of_maps() -> None:
    """An activation of maps along another axis is none that can be watched."""
    assert found(Last(), "gradient") == (["turned"], RELU.replace("ReLU", "module"))


def test_without_any_maps_there_is_an_error() -> None:
    """It says what to do."""
    with pytest.raises(NetworkError, match=r"no module inside gives maps .* nn\.Sequential"):
        found(nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 2)))


def test_finding_runs_the_network_once() -> None:
    """The network with its layers keeps the trace."""
    runs = []
    model = nn.Sequential(block(3, 4)).eval().requires_grad_(False)
    model.register_forward_pre_hook(lambda *_: runs.append(1))
    zeros, ones = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    network = WatchedNetwork("n", model, Size.square(16), zeros, ones, rule=RULES["deconvnet"])
    modules, choice = network.by_resolution()
    other = network.with_same_trace(modules=modules, choice=choice)
    assert [layer.module for layer in other.layers] == ["0.2"]
    with other.watching(other.layers) as run:
        run(torch.zeros(1, 3, 16, 16))
    assert len(runs) == 1
