"""Weights as whole numbers."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from generator.names import Size
from generator.network.graph.ops.convolution import Convolution
from generator.network.graph.ops.resampling import TransposedConvolution
from generator.network.graph.trace import trace
from generator.studies.live.eight_bit import whole_numbers, with_8_bits


@given(st.sampled_from([1, 2, 3]), st.booleans(), st.integers(0, 99))
def test_each_map_has_a_scale_of_its_own(groups: int, transposed: bool, seed: int) -> None:
    """Its largest weight is ±127, and no weight moves by more than half a step."""
    torch.manual_seed(seed)
    kind = nn.ConvTranspose2d if transposed else nn.Conv2d
    layer = kind(6, 12, 3, groups=groups).requires_grad_(False)
    layer.weight.mul_(torch.rand(layer.weight.shape[:2])[:, :, None, None] * 9)
    model = nn.Sequential(nn.Conv2d(3, 6, 1), layer)
    op = trace(model, Size(8, 8)).whole([])[0].nodes[-1].op
    assert isinstance(op, Convolution | TransposedConvolution)
    numbers, scale = whole_numbers(op)
    rounded = with_8_bits(op)
    assert isinstance(rounded, Convolution | TransposedConvolution)
    for each in range(12):
        if transposed:
            inputs, outputs = 6 // groups, 12 // groups
            first = each // outputs * inputs
            there = [(row, each % outputs) for row in range(first, first + inputs)]
        else:
            there = [(each, column) for column in range(6 // groups)]
        own, stands_for, before = (
            torch.stack([weights[place] for place in there])
            for weights in (numbers, rounded.weight, layer.weight)
        )
        assert int(own.abs().max()) == 127
        assert torch.allclose(own * scale[each], stands_for)
        assert (stands_for - before).abs().max() <= scale[each] * 0.5001


def test_a_map_without_weights_stays_without() -> None:
    """Its scale is zero and nothing is divided by it."""
    layer = nn.Conv2d(3, 2, 1).requires_grad_(False)
    layer.weight[1] = 0
    op = trace(nn.Sequential(layer), Size(8, 8)).whole([])[0].nodes[0].op
    assert isinstance(op, Convolution)
    numbers, scale = whole_numbers(op)
    assert numbers[1].tolist() == [[[0]], [[0]], [[0]]]
    assert scale[1] == 0
