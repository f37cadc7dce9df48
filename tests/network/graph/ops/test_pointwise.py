"""Smooth functions of each place: gradients go through them, the deconvnet does not."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from generator.network.graph.ops.pointwise import Pointwise
from generator.network.rules import DECONVNET, GRADIENT, GUIDED
from tests.support.parts import (
    MAPS,
    Around,
    Part,
    drawn,
    refusal,
    require_like_the_network,
)

SLOPES = drawn(MAPS)
PARTS: dict[str, Part] = {
    "LeakyReLU": nn.LeakyReLU(0.2, inplace=True),
    "PReLU": nn.PReLU(MAPS),
    "prelu": lambda x: torch.prelu(x, SLOPES),
    "RReLU": nn.RReLU(),
    "ELU": nn.ELU(0.7, inplace=True),
    "SELU": nn.SELU(),
    "CELU": nn.CELU(0.7),
    "GELU": nn.GELU(),
    "GELU, by tanh": nn.GELU(approximate="tanh"),
    "SiLU": nn.SiLU(inplace=True),
    "Mish": nn.Mish(),
    "Hardswish": nn.Hardswish(),
    "Hardsigmoid": nn.Hardsigmoid(),
    "Softplus": nn.Softplus(2, 3),
    "Softsign": nn.Softsign(),
    "LogSigmoid": lambda x: -functional.logsigmoid(x),
    "Tanhshrink": nn.Tanhshrink(),
    "Tanh": nn.Tanh(),
    "tanh": lambda x: x.tanh(),
    "sigmoid": torch.sigmoid,
    "F.tanh": functional.tanh,
    "exp": lambda x: x.exp(),
    "square": torch.square,
    "abs": lambda x: x.abs(),
}


@pytest.mark.parametrize("part", PARTS)
def test_gradients_go_through_each(part: str) -> None:
    """By graph, on windows; the guided ones are gated at ReLUs only."""
    refusal(PARTS[part])
    require_like_the_network(Around(PARTS[part]), rules=(GUIDED, GRADIENT))


def test_the_deconvnet_passes_over_local_response_normalisation() -> None:
    """The signal stays as it is; gradients are those of the normalisation."""
    part = nn.LocalResponseNorm(3, 0.5, 0.75, 2.0)
    require_like_the_network(Around(part), rules=(GUIDED, GRADIENT))
    truth = Around(lambda x: x + (part(x) - x).detach())
    require_like_the_network(Around(part), truth, rules=(DECONVNET,))


def test_arguments_tell_two_functions_apart() -> None:
    """Their description names function and arguments, tensors by their numbers."""
    ops = [
        Pointwise(functional.elu, (), {}),
        Pointwise(functional.elu, (), {"alpha": 0.5}),
        Pointwise(functional.celu, (), {"alpha": 0.5}),
        Pointwise(torch.prelu, (SLOPES,), {}),
        Pointwise(torch.prelu, (SLOPES + 1e-12,), {}),
    ]
    assert len({op.description for op in ops}) == len(ops)
    assert Pointwise(torch.prelu, (SLOPES.clone(),), {}).description == ops[3].description


REFUSED: dict[str, tuple[Part, str]] = {
    "softmax": (nn.Softmax(1), ""),
    "product with itself": (lambda x: x * x, ""),
    "power": (lambda x: x**2, ""),
    "slopes at random": (lambda x: functional.rrelu(x, training=True), "at random"),
    "gated by another map": (lambda x: x * torch.sigmoid(x.flip(1)), ""),
}


@pytest.mark.parametrize("part", REFUSED)
def test_what_mixes_values_is_no_such_function(part: str) -> None:
    """Under any rule the graph ends there."""
    function, words = REFUSED[part]
    for rule in (DECONVNET, GRADIENT):
        assert words in refusal(function, rule)
