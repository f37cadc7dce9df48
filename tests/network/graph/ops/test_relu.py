"""ReLUs in every spelling, by graph and in a network that autograd runs as it came."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from generator.network.autograd import following
from generator.network.rules import RULES
from tests.oracles.networks import activation_of, plain_reconstruction
from tests.support.parts import (
    SIZE,
    Around,
    Part,
    drawn,
    refusal,
    require_like_the_network,
    same,
)


def zeros(value: Tensor) -> Tensor:
    """Return as many zeros."""
    return torch.zeros_like(value)


def multiplied_in_place(value: Tensor) -> Tensor:
    """Set to zero in place what is not above."""
    value *= value > 0
    return value


SPELLINGS: dict[str, Part] = {
    "ReLU, in place": nn.ReLU(inplace=True),
    "relu_": lambda x: x.relu_(),
    "Threshold": nn.Threshold(0, 0),
    "Threshold, in place": nn.Threshold(0, 0, inplace=True),
    "threshold_": lambda x: torch.threshold_(x, 0, 0),
    "torch.threshold": lambda x: torch.threshold(x, 0, 0),
    "clamp(min=0)": lambda x: x.clamp(min=0),
    "clamp_(0)": lambda x: x.clamp_(0),
    "torch.clamp": lambda x: torch.clamp(x, 0.0),
    "clamp to infinity": lambda x: x.clamp(0, float("inf")),
    "clamp_min": lambda x: x.clamp_min(0),
    "torch.clamp_min_": lambda x: torch.clamp_min_(x, 0),
    "clip(0)": lambda x: x.clip(0),
    "clip_(0)": lambda x: x.clip_(0),
    "torch.clip(min=0)": lambda x: torch.clip(x, min=0),
    "Hardtanh": nn.Hardtanh(0, float("inf")),
    "maximum(x, zeros)": lambda x: torch.maximum(x, zeros(x)),
    "maximum(zeros, x)": lambda x: torch.maximum(zeros(x), x),
    "x.maximum(zero)": lambda x: x.maximum(torch.tensor(0.0)),
    "max(x, zeros)": lambda x: torch.max(x, zeros(x)),
    "max(zero, x)": lambda x: torch.max(torch.zeros(1), x),
    "zeros.max(x)": lambda x: zeros(x).max(x),
    "fmax": lambda x: torch.fmax(x, zeros(x)),
    "where(x > 0, x, 0)": lambda x: torch.where(x > 0, x, 0),
    "where(x > 0, x, zeros)": lambda x: torch.where(x > 0, x, zeros(x)),
    "where(x > 0, x, 0.0)": lambda x: torch.where(x > 0.0, x, 0.0),
    "where(x < 0, 0, x)": lambda x: torch.where(x < 0, 0, x),
    "masked_fill(x < 0, 0)": lambda x: x.masked_fill(x < 0, 0),
    "masked_fill_(x <= 0, 0)": lambda x: (y := x.clone()).masked_fill_(y.le(0), 0.0),
    "x * (x > 0).int()": lambda x: x * (x > 0).int(),
    "x.where(x >= 0, 0)": lambda x: x.where(x.ge(0), 0),
    "x * (x > 0)": lambda x: x * (x > 0),
    "(x > 0) * x": lambda x: (x > 0) * x,
    "x * (x >= 0).float()": lambda x: x * (x >= 0).float(),
    "(x > 0).to(type) * x": lambda x: (x > 0).to(x.dtype) * x,
    "x * (x > 0).type_as(x)": lambda x: x * torch.gt(x, 0).type_as(x),
    "x *= x > 0": multiplied_in_place,
    "x.mul_(x > 0)": lambda x: x.mul_(x > 0),
}
CAPPED: dict[str, Part] = {
    "ReLU6, in place": nn.ReLU6(inplace=True),
    "F.relu6": functional.relu6,
    "Hardtanh": nn.Hardtanh(0, 6.0),
    "clamp": lambda x: x.clamp(0, 6),
    "torch.clamp": lambda x: torch.clamp(x, min=0.0, max=6.0),
    "clip": lambda x: x.clip(0, 6),
}
EITHER: dict[str, tuple[Part, nn.Module]] = {
    **{name: (part, nn.ReLU()) for name, part in SPELLINGS.items()},
    **{f"{name} (6)": (part, nn.ReLU6()) for name, part in CAPPED.items()},
}


@pytest.fixture(params=EITHER)
def models(request: pytest.FixtureRequest) -> tuple[Around, Around]:
    """Give a network with one spelling, and with the ReLU by its name."""
    part, truth = EITHER[request.param]
    pair = Around(part, relu=True), Around(truth, relu=True)
    for model in pair:
        model.first.weight *= 8  # so that values are above 6, too
    return pair


def test_each_spelling_is_followed(models: tuple[Around, Around]) -> None:
    """Up and down, under every rule."""
    require_like_the_network(*models)


def test_autograd_meets_each_spelling(models: tuple[Around, Around]) -> None:
    """Its gradients follow the rule, through the network as it came."""
    model, truth = models
    images = drawn(1, 3, *SIZE)
    maps = activation_of(truth, "end", images)
    filter_, row, column = (int(place) for place in (maps == maps.max()).nonzero()[0, 1:])
    for rule in RULES.values():
        pixels = images.clone().requires_grad_()
        with following(rule):
            activation = model(pixels)[0, filter_, row, column]
        (found,) = torch.autograd.grad(activation, pixels, activation.detach())
        unit = row, column
        same(found[0], plain_reconstruction(truth, "end", images[0], filter_, unit, rule.name))


def beside(value: Tensor) -> Tensor:
    """Return another map, which has no values on an empty image."""
    return value.roll(1, 1) - value.roll(2, 1)


REFUSED: dict[str, tuple[Part, str]] = {
    "maximum of two maps": (lambda x: torch.maximum(x, beside(x)), ""),
    "maximum with one": (lambda x: torch.maximum(x, torch.ones_like(x)), "neither of which"),
    "threshold elsewhere": (nn.Threshold(0.1, 0), "elsewhere than at zero"),
    "clamp elsewhere": (lambda x: x.clamp(0.1), "elsewhere than at zero"),
    "hardtanh": (nn.Hardtanh(), "elsewhere than at zero"),
    "gate of another map": (lambda x: x * (beside(x) > 0), ""),
    "gate at one": (lambda x: x * (x > 1), ""),
    "other values where it is shut": (lambda x: torch.where(x > 0, x, beside(x)), ""),
    "another map filled": (lambda x: x.masked_fill(beside(x) < 0, 0), "condition"),
    "gate of another map, chosen": (lambda x: torch.where(beside(x) > 0, x, 0), "condition"),
    "gate alone": (lambda x: (x > 0).double(), ""),
    "gate of one place": (
        lambda x: x.amax((2, 3), keepdim=True) * (x.amax((2, 3), keepdim=True) > 0),
        "",
    ),
    "share of open gates": (lambda x: x * (x > 0).double().mean((2, 3), keepdim=True), ""),
}


@pytest.mark.parametrize("part", REFUSED)
def test_what_is_no_relu_is_refused(part: str) -> None:
    """Also where it looks like one on the empty image."""
    function, words = REFUSED[part]
    assert words in refusal(function)
