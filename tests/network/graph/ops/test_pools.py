"""Pools by maximum and by mean, against torch's own."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from generator.network.graph.ops.pools import AveragePool
from generator.network.rules import GRADIENT, GUIDED
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
)
from tests.support.small_networks import pairs


@given(pairs(1, 4), pairs(1, 3), pairs(0, 2), st.tuples(st.integers(4, 9), st.integers(4, 9)))
def test_an_average_pool_has_its_adjoint(
    kernel: tuple[int, int], stride: tuple[int, int], margin: tuple[int, int], size: tuple[int, int]
) -> None:
    """On whole maps, and for units wherever they lie."""
    padding = min(margin[0], kernel[0] // 2), min(margin[1], kernel[1] // 2)
    value = drawn(2, MAPS, *size)
    expected = functional.avg_pool2d(value, kernel, stride, padding)
    require_adjoint(AveragePool(kernel, stride, padding, (1, 1)), [value], expected)
    require_units_of(lambda x: functional.avg_pool2d(x, kernel, stride, padding), MAPS, size)


HALVES = (SIZE.height // 2, SIZE.width // 2)
# Each beside a pool that torch has by that name.
MAXIMA: dict[str, tuple[Part, nn.Module]] = {
    "MaxPool2d": (nn.MaxPool2d(3, 2, 1), nn.MaxPool2d(3, 2, 1)),
    "rounded up": (nn.MaxPool2d(3, 2, ceil_mode=True), nn.MaxPool2d(3, 2, ceil_mode=True)),
    "dilated": (nn.MaxPool2d(2, 1, dilation=2), nn.MaxPool2d(2, 1, dilation=2)),
    "with indices": (
        lambda x: nn.MaxPool2d(3, 2, 1, return_indices=True)(x)[0],
        nn.MaxPool2d(3, 2, 1),
    ),
    "AdaptiveMaxPool2d": (nn.AdaptiveMaxPool2d(HALVES), nn.MaxPool2d(2)),
    "adaptive in columns": (nn.AdaptiveMaxPool2d((None, HALVES[1])), nn.MaxPool2d((1, 2))),
    "adaptive to one": (nn.AdaptiveMaxPool2d(1), nn.MaxPool2d(tuple(SIZE))),
    "amax": (lambda x: x.amax((2, 3))[:, :, None, None], nn.MaxPool2d(tuple(SIZE))),
}
MEANS: dict[str, Part] = {
    "AvgPool2d": nn.AvgPool2d(3, 2, 1),
    "AdaptiveAvgPool2d": nn.AdaptiveAvgPool2d(HALVES),
    "adaptive to one": nn.AdaptiveAvgPool2d(1),
    "mean": lambda x: x.mean((2, 3), keepdim=True),
    "mean, no axes kept": lambda x: torch.mean(x, dim=[-1, -2])[..., None, None],
}


@pytest.mark.parametrize("part", MAXIMA)
def test_each_maximum_is_followed(part: str) -> None:
    """Signals go back to where the maxima were."""
    function, truth = MAXIMA[part]
    require_like_the_network(Around(function), Around(truth))


@pytest.mark.parametrize("part", MEANS)
def test_each_mean_is_followed_by_gradients(part: str) -> None:
    """The deconvnet has no way through it, and says so."""
    assert "pools by average" in refusal(MEANS[part])
    require_like_the_network(Around(MEANS[part]), rules=(GUIDED, GRADIENT))


REFUSED: dict[str, tuple[Part, str]] = {
    "mean of what is there": (nn.AvgPool2d(3, 2, 1, count_include_pad=False), "at the border"),
    "mean, rounded up": (nn.AvgPool2d(3, 2, ceil_mode=True), "at the border"),
    "mean of windows of two sizes": (nn.AdaptiveAvgPool2d(5), "windows of several sizes"),
    "maximum of windows of two sizes": (nn.AdaptiveMaxPool2d(5), "windows of several sizes"),
    "maximum over maps": (lambda x: x.amax(1, keepdim=True), "over other axes"),
    "LPPool2d": (nn.LPPool2d(2, 2), ""),
    "FractionalMaxPool2d": (nn.FractionalMaxPool2d(2, output_ratio=0.5), ""),
}


@pytest.mark.parametrize("part", REFUSED)
def test_what_is_no_plain_pool_is_refused(part: str) -> None:
    """In words that say why."""
    function, words = REFUSED[part]
    for rule in (GUIDED, GRADIENT):
        assert words in refusal(function, rule)
