"""Waves against a sum written out, and the norm and contrast that all pictures share."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from generator.studies.synthetic.canvas import (
    AXES,
    CONTRAST,
    DECAY,
    SMALL_BELOW,
    SMALL_CONTRAST,
    Canvas,
)

CPU = torch.device("cpu")


def drawn(canvas: Canvas, count: int, seed: int = 0) -> Tensor:
    """Return numbers at random."""
    return torch.randn(count, *canvas.shape, generator=torch.Generator().manual_seed(seed))


def before_the_curve(pictures: Tensor) -> np.ndarray:
    """Return the three planes of waves [b, 3, h, w] behind pictures."""
    values = pictures.double().logit().numpy()
    planes: np.ndarray = np.einsum("ji,bihw->bjhw", np.linalg.inv(AXES), values)
    return planes


def summed(waves: np.ndarray, side: int) -> np.ndarray:
    """Add up the waves of one plane [side, side // 2 + 1, 2], one by one, as an even side has it.

    Each stands for itself and its mirror image, but for those that are their own.
    """
    rows, columns = np.mgrid[:side, :side]
    plane = np.zeros((side, side))
    for down in range(side):
        for across in range(side // 2 + 1):
            y, x = (k - side if k > side // 2 else k for k in (down, across))
            size = max(math.hypot(y, x), 1) / side
            angle = math.tau * (down * rows + across * columns) / side
            real, imaginary = waves[down, across] * size**-DECAY
            wave = real * np.cos(angle) - imaginary * np.sin(angle)
            plane += wave if across in (0, side // 2) else 2 * wave
    return plane


def test_a_picture_is_the_sum_of_its_waves() -> None:
    """In all three planes, up to one factor for the whole picture."""
    canvas = Canvas.for_side(18, CPU)
    assert canvas.side == 18
    waves = drawn(canvas, 1)
    planes = before_the_curve(canvas.paint(waves))[0]
    expected = np.stack([summed(plane, 18) for plane in waves[0].double().numpy()])
    factor = (planes * expected).sum() / (expected**2).sum()
    assert factor > 0
    np.testing.assert_allclose(planes, factor * expected, atol=2e-3 * np.abs(planes).max())


def test_only_directions_of_numbers_matter() -> None:
    """A picture of larger numbers in the same proportion is the same."""
    canvas = Canvas.for_side(30, CPU)
    waves = drawn(canvas, 2)
    assert torch.allclose(canvas.paint(waves), canvas.paint(1000 * waves), atol=1e-5)


@pytest.mark.parametrize("side", [7, SMALL_BELOW - 1, SMALL_BELOW, 64])
def test_pictures_have_the_contrast_of_their_size(side: int) -> None:
    """The waves of even chance have this root mean square, and small pictures twice of it."""
    canvas = Canvas.for_side(side, CPU)
    doubled = replace(canvas, scale=canvas.scale.double(), axes=canvas.axes.double())
    planes = before_the_curve(doubled.paint(drawn(canvas, 400).double()))
    contrast = SMALL_CONTRAST if side < SMALL_BELOW else CONTRAST
    assert (planes**2).mean() ** 0.5 == pytest.approx(contrast, rel=0.03)


@pytest.mark.parametrize(("wanted", "side"), [(1, 2), (7, 8), (27, 30), (75, 80), (139, 144)])
def test_a_canvas_has_room_and_few_factors(wanted: int, side: int) -> None:
    """The next even side without a prime above five."""
    assert Canvas.for_side(wanted, CPU).side == side
