"""Convolutions of every geometry, and what is one by another name, against torch's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from generator.network.graph.ops.convolution import Convolution
from generator.network.graph.ops.op import parsed
from generator.network.graph.trace import trace
from generator.network.rules import DECONVNET
from tests.support.parts import (
    MAPS,
    SIZE,
    Around,
    Part,
    drawn,
    refusal,
    require_adjoint,
    require_like_the_network,
    require_units_of,
    same,
)
from tests.support.small_networks import pairs

# What torch says of the copy that it makes itself.
EVEN = pytest.mark.filterwarnings("ignore:Using padding='same'")


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[dict[str, Any], tuple[int, int]]:
    """Draw arguments of a convolution of four maps, and a size that its window fits into."""
    groups = draw(st.sampled_from([1, 2, 4]))
    kernel, dilation = draw(pairs(1, 4)), draw(pairs(1, 2))
    stride, padding = draw(pairs(1, 3)), draw(st.one_of(st.sampled_from(["same"]), pairs(0, 3)))
    arguments = {
        "weight": drawn(4, MAPS // groups, *kernel, seed=draw(st.integers(0, 99))),
        "bias": draw(st.sampled_from([None, drawn(4)])),
        "stride": 1 if padding == "same" else stride,
        "padding": padding,
        "dilation": dilation,
        "groups": groups,
    }
    rows, columns = (
        draw(st.integers(step * (taps - 1) + 1, 10))
        for step, taps in zip(dilation, kernel, strict=True)
    )
    return arguments, (rows, columns)


@EVEN
@given(convolutions())
def test_every_convolution_has_its_adjoint(chosen: tuple[dict[str, Any], tuple[int, int]]) -> None:
    """On whole maps, and for units wherever they lie."""
    arguments, size = chosen
    value = drawn(2, MAPS, *size, seed=3)
    _, op = parsed(functional.conv2d, (value,), arguments) or ((), None)
    assert op is not None
    require_adjoint(op, [value], functional.conv2d(value, **arguments))
    require_units_of(lambda x: functional.conv2d(x, **arguments), MAPS, size)


FULLY = drawn(6, MAPS * SIZE.height * SIZE.width)
PARTS: dict[str, Part] = {
    "valid": nn.Conv2d(MAPS, 4, 3, padding="valid"),
    "same, of two rows": nn.Conv2d(MAPS, 4, (2, 1), padding="same"),
    "same, even": nn.Conv2d(MAPS, 4, (4, 5), padding="same", groups=2),
    "same, even, dilated": nn.Conv2d(MAPS, 4, 4, padding="same", dilation=3),
    "steps of two, dilated": nn.Conv2d(MAPS, 4, 3, 2, 2, 2),
    "padded by a mirror": nn.Conv2d(MAPS, 4, 3, padding=1, padding_mode="reflect"),
    "padded by a ring": nn.Conv2d(MAPS, 4, 3, padding=(2, 1), padding_mode="circular"),
    "same, repeated": nn.Conv2d(MAPS, 4, 4, padding="same", padding_mode="replicate"),
    "mean over maps": lambda x: x.mean(1, keepdim=True),
    "torch.mean over maps": lambda x: torch.mean(x, dim=-3, keepdim=True),
    "flatten, linear": lambda x: functional.linear(x.flatten(1), FULLY)[:, :, None, None],
    "view, linear": lambda x: functional.linear(x.view(len(x), -1), FULLY)[..., None, None],
    "normalised": nn.Sequential(nn.Conv2d(MAPS, 4, 3, groups=2, bias=False), nn.BatchNorm2d(4)),
}


@EVEN
@pytest.mark.parametrize("part", PARTS)
def test_each_is_followed(part: str) -> None:
    """Up and down, under every rule, with the field that it has."""
    require_like_the_network(Around(PARTS[part]))


def test_a_layer_of_numbers_is_one_of_maps_of_one_place() -> None:
    """A fully connected layer may be watched itself."""
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 2, 5), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 12 * 10, 7)
    model = nn.Sequential(*layers).double().eval()
    images = drawn(2, 3, *SIZE)
    (found,) = trace(model, SIZE).graph(["3"], DECONVNET).run(images)
    same(found, model(images)[:, :, None, None])


def test_weights_tell_two_convolutions_apart() -> None:
    """Their description names the numbers by their hash, and all else as it is."""
    shape = (1, 1), (1, 1), (0, 0), (1, 1)
    one = Convolution(*shape, drawn(4, 4, 1, 1), None, 1)
    assert one.description == replace(one, weight=one.weight.clone()).description
    others = replace(one, weight=one.weight + 1e-12), replace(one, groups=2)
    assert len({one.description, *(other.description for other in others)}) == 3


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (lambda x: functional.linear(x, torch.eye(SIZE.width).double()), "along the last axis"),
        (lambda x: x.mean(2, keepdim=True), "mean over other axes"),
        (lambda x: x.mean((1, 2, 3), keepdim=True).expand_as(x), "mean over other axes"),
    ],
    ids=["linear along columns", "mean over rows", "mean of all"],
)
def test_what_is_none_is_refused(part: Part, words: str) -> None:
    """In words that say why."""
    assert words in refusal(part)
