"""Arithmetic with constants, and batch normalisation, in all their spellings."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from generator.network.graph.ops.scaling import Scaling
from tests.support.parts import (
    MAPS,
    SIZE,
    Around,
    Part,
    drawn,
    refusal,
    require_adjoint,
    require_like_the_network,
)

GAIN, SHIFT, MEAN = (drawn(MAPS, seed=seed) for seed in (1, 2, 3))
VARIANCE = drawn(MAPS, seed=4).abs() + 0.1
TALL, WIDE = GAIN[:, None, None], SHIFT.reshape(1, -1, 1, 1)


@given(st.integers(0, 999), st.integers(1, 5))
def test_a_scaling_without_its_shift_is_its_own_adjoint(seed: int, maps: int) -> None:
    """Each map has its own factor."""
    gain, shift, value = drawn(maps, seed=seed), drawn(maps), drawn(2, maps, 3, 4, seed=seed)
    expected = torch.stack([value[:, c] * gain[c] + shift[c] for c in range(maps)], 1)
    require_adjoint(Scaling(gain, shift), [value], expected)


def in_place(value: Tensor) -> Tensor:
    """Write over a copy, by each operator."""
    value = value.clone()
    value *= TALL
    value += 2
    value /= 3
    value -= WIDE
    return value


def frozen(value: Tensor) -> Tensor:
    """Normalise as torchvision's FrozenBatchNorm2d does."""
    scale = GAIN.reshape(1, -1, 1, 1) * (VARIANCE.reshape(1, -1, 1, 1) + 1e-5).rsqrt()
    return value * scale + (WIDE - MEAN.reshape(1, -1, 1, 1) * scale)


def with_statistics(norm: nn.BatchNorm2d | nn.InstanceNorm2d) -> nn.Module:
    """Give a normalisation statistics, gains and shifts."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    with torch.no_grad():
        for own, values in zip(
            (norm.weight, norm.bias, norm.running_mean, norm.running_var),
            (GAIN, SHIFT, MEAN, VARIANCE),
            strict=True,
        ):
            own.copy_(values)
    return norm.double().eval()


PARTS: dict[str, Part] = {
    "1 - x": lambda x: 1 - x,
    "-x": lambda x: -x,
    "x + 1": lambda x: x + 1,
    "1 + x": lambda x: 1 + x,
    "2 * x": lambda x: 2 * x,
    "x / 2": lambda x: x / 2,
    "x / std": lambda x: x / TALL,
    "(x - mean) / std": lambda x: (x - WIDE) / TALL,
    "x * 255 - 128": lambda x: x * 255 - 128,
    "gain * x": lambda x: TALL * x,
    "mean - x": lambda x: WIDE - x,
    "a tensor of one number": lambda x: x * torch.tensor(2.0),
    "rsub": lambda x: torch.rsub(x, 0.5),
    "sub, alpha": lambda x: torch.sub(x, WIDE, alpha=0.3),
    "long names": lambda x: x.subtract(1).multiply(2).divide(-3).negative(),
    "in place": in_place,
    "FrozenBatchNorm2d": frozen,
    "BatchNorm2d": with_statistics(nn.BatchNorm2d(MAPS)),
    "torch.batch_norm": lambda x: torch.batch_norm(
        x, GAIN, SHIFT, MEAN, VARIANCE, False, 0.1, 1e-3, False
    ),
    "InstanceNorm2d": with_statistics(
        nn.InstanceNorm2d(MAPS, affine=True, track_running_stats=True)
    ),
    "F.instance_norm": lambda x: functional.instance_norm(
        x, MEAN, VARIANCE, use_input_stats=False, eps=0.01
    ),
}


@pytest.mark.parametrize("part", PARTS)
def test_each_spelling_is_followed(part: str) -> None:
    """A zero outside of the map stays zero, whatever is added inside."""
    require_like_the_network(Around(PARTS[part]))


def whole(value: Tensor) -> Tensor:
    """Return the mean of each map."""
    return value.mean((2, 3), keepdim=True)


REFUSED: dict[str, tuple[Part, str]] = {
    "differs from place to place": (lambda x: x * drawn(*SIZE), "from place to place"),
    "a whole map": (lambda x: x + drawn(1, MAPS, *SIZE), ""),
    "one of each row": (lambda x: x + drawn(SIZE.height, 1), "from place to place"),
    "product": (lambda x: x * x.flip(1), ""),
    "gate of each map": (lambda x: x * torch.sigmoid(whole(x)), ""),
    "divided by a map": (lambda x: 1 / x, ""),
    "divided and rounded": (lambda x: torch.div(x, 2, rounding_mode="floor"), "rounds"),
    "mean of all": (lambda x: x - (2 * x.mean() + 1), ""),
    "largest of all": (lambda x: x / (x.abs().max() + 1), ""),
    "normalised by the batch": (
        lambda x: functional.batch_norm(x, None, None, training=True),
        "by the batch itself",
    ),
    "normalised by the image": (functional.instance_norm, "by the image itself"),
    "GroupNorm": (nn.GroupNorm(2, MAPS), ""),
}


@pytest.mark.parametrize("part", REFUSED)
def test_what_is_no_constant_is_refused(part: str) -> None:
    """Also where it has one number for each map, or one for all, on the empty image."""
    function, words = REFUSED[part]
    assert words in refusal(function)
