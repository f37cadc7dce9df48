"""Roughness against the discrete Fourier transform."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from generator.training.roughness import rough_part, roughness

FINE = 400  # points of the spectrum in each axis, so many that their sum is near the integral


def share_of_spectrum(image: np.ndarray) -> float:
    """Return the share of energy above 0.35 cycles a pixel, summed point by point."""
    frequencies = np.abs(np.fft.fftfreq(FINE))
    fine = (frequencies[:, None] > 0.35) | (frequencies[None, :] > 0.35)
    energy = (np.abs(np.fft.fft2(image, (FINE, FINE))) ** 2).sum(0)
    return float(energy[fine].sum() / energy.sum())


@pytest.mark.parametrize(("height", "width"), [(7, 7), (5, 5), (9, 4), (30, 31)])
def test_roughness_is_a_share_of_the_spectrum(height: int, width: int) -> None:
    """For random images of several shapes."""
    rng = np.random.default_rng(height)
    images = rng.normal(size=(4, 3, height, width))
    found = roughness(torch.from_numpy(images))
    assert found.tolist() == pytest.approx([share_of_spectrum(i) for i in images], abs=0.01)


def test_a_checker_is_rough_and_a_slope_is_not() -> None:
    """The ends of the scale; an image of nothing has no roughness."""
    steps = torch.arange(8)
    checker = ((steps[:, None] + steps) % 2 * 2 - 1).float()[None, None]
    slope = torch.ones(8, 8).cumsum(1)[None, None]
    assert float(roughness(checker)) > 0.95
    assert float(roughness(slope)) < 0.1
    assert bool(roughness(torch.zeros(1, 3, 4, 4)).isnan().all())


def test_the_rough_part_is_half_the_gradient_of_the_rough_energy() -> None:
    """Against autograd through a transform of the padded image."""
    torch.manual_seed(0)
    image = torch.randn(1, 2, 7, 7, dtype=torch.float64, requires_grad=True)

    def rough_energy(image: Tensor) -> Tensor:
        spectrum = torch.fft.fft2(image, (FINE, FINE))
        frequencies = torch.fft.fftfreq(FINE).abs()
        fine = (frequencies[:, None] > 0.35) | (frequencies > 0.35)
        energy: Tensor = (spectrum.abs() ** 2 * fine).sum() / FINE**2
        return energy

    (gradient,) = torch.autograd.grad(rough_energy(image), image)
    assert torch.allclose(rough_part(image.detach()), gradient / 2, atol=0.02)
