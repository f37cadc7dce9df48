"""Transposed convolutions and interpolations, against torch's own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from generator.network.graph.ops.op import parsed
from tests.support.parts import (
    MAPS,
    Around,
    Part,
    drawn,
    refusal,
    require_adjoint,
    require_like_the_network,
)
from tests.support.small_networks import pairs


@st.composite
def transposed_convolutions(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the arguments of a transposed convolution of four maps of 5 × 6."""
    groups, stride, dilation = (
        draw(st.sampled_from([1, 2, 4])),
        draw(pairs(1, 3)),
        draw(pairs(1, 2)),
    )
    extra = tuple(
        draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True)
    )
    return {
        "weight": drawn(MAPS, 3, *draw(pairs(1, 4)), seed=draw(st.integers(0, 99))),
        "bias": draw(st.sampled_from([None, drawn(3 * groups)])),
        "stride": stride,
        "padding": draw(pairs(0, 1)),
        "output_padding": extra,
        "groups": groups,
        "dilation": dilation,
    }


@given(transposed_convolutions())
def test_every_transposed_convolution_has_its_adjoint(arguments: dict[str, Any]) -> None:
    """Its adjoint is the convolution that it is the transpose of."""
    value = drawn(2, MAPS, 5, 6)
    _, op = parsed(functional.conv_transpose2d, (value,), arguments) or ((), None)
    assert op is not None
    require_adjoint(op, [value], functional.conv_transpose2d(value, **arguments))


@st.composite
def interpolations(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the arguments of an interpolation."""
    mode = draw(st.sampled_from(["bilinear", "bicubic", "area"]))
    arguments: dict[str, Any] = {"mode": mode}
    if draw(st.booleans()):
        arguments["size"] = draw(pairs(1, 9))
    else:
        factor = st.sampled_from([0.4, 0.5, 1.5, 2, 3])
        arguments["scale_factor"] = draw(st.one_of(factor, st.tuples(factor, factor)))
    if mode != "area":
        arguments["align_corners"] = draw(st.sampled_from([None, False, True]))
        arguments["antialias"] = not arguments["align_corners"] and draw(st.booleans())
    return arguments


@example({"mode": "bilinear", "size": (2, 1), "align_corners": None, "antialias": True})
@given(interpolations())
def test_every_interpolation_has_its_adjoint(arguments: dict[str, Any]) -> None:
    """Whether it enlarges or makes smaller."""
    value = drawn(2, 3, 5, 6)
    _, op = parsed(functional.interpolate, (value,), arguments) or ((), None)
    assert op is not None
    require_adjoint(op, [value], functional.interpolate(value, **arguments))


def to(**arguments: Any) -> Part:
    """Return an interpolation."""
    return lambda x: functional.interpolate(x, **arguments)


PARTS: dict[str, Part] = {
    "ConvTranspose2d": nn.ConvTranspose2d(MAPS, 3, 3, 2, 1, 1),
    "ConvTranspose2d of all kinds": nn.ConvTranspose2d(
        MAPS, 4, (2, 3), (3, 2), (1, 0), (1, 1), groups=2, dilation=(2, 1)
    ),
    "bilinear": nn.Upsample(scale_factor=2, mode="bilinear"),
    "bilinear, corners": nn.UpsamplingBilinear2d(scale_factor=2),
    "bilinear, to a size": to(size=(20, 21), mode="bilinear"),
    "bilinear, a half": to(scale_factor=0.5, mode="bilinear"),
    "bilinear, a half, smoothed": to(scale_factor=0.5, mode="bilinear", antialias=True),
    "bilinear, one and a half": to(scale_factor=1.5, mode="bilinear"),
    "bicubic": to(scale_factor=2, mode="bicubic"),
    "bicubic, to a size": to(size=(20, 21), mode="bicubic"),
    "area": to(size=(8, 7), mode="area"),
    "area, uneven": to(size=(5, 4), mode="area"),
}


@pytest.mark.parametrize("part", PARTS)
def test_each_is_followed(part: str) -> None:
    """Up and down, under every rule."""
    require_like_the_network(Around(PARTS[part]))


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (to(scale_factor=1.5, mode="bilinear", recompute_scale_factor=True), "finds its scale"),
        (lambda x: functional.grid_sample(x, torch.zeros(1, 3, 3, 2).to(x)), ""),
    ],
    ids=["scale found anew", "grid_sample"],
)
@pytest.mark.filterwarnings("ignore:Default grid_sample")
def test_other_sampling_is_refused(part: Part, words: str) -> None:
    """By name."""
    assert words in refusal(part)
