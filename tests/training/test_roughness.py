"""Roughness against the discrete Fourier transform, and what `train` reports of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from torch import Tensor

from generator.cli import main
from generator.network.weights import weights_file
from generator.network.zoo.zfnet import ZFNet
from generator.training.data import is_held_out
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


def test_train_evaluates_weights(tmp_path: Path) -> None:
    """`train --evaluate` reports hits, sharp and soft, and roughness; it writes nothing."""
    pictures = tmp_path / "set"
    rng = np.random.default_rng(0)
    for name, side in (("a", 230), ("b", 70)):
        (pictures / name).mkdir(parents=True)
        for number in range(40):
            path = pictures / name / f"{number}.png"
            if is_held_out(path):
                pixels = rng.integers(0, 256, (side, side, 3)).astype(np.uint8)
                Image.fromarray(pixels).save(path)
    held_out = {name: len(list((pictures / name).iterdir())) for name in "ab"}
    assert min(held_out.values()) > 0
    torch.manual_seed(0)
    net = ZFNet(2)
    with torch.no_grad():
        net.classifier.weight.zero_()
        net.classifier.bias.copy_(torch.tensor([0.0, 1.0]))
    weights = tmp_path / "net.safetensors"
    weights_file.save(net, weights_file.Provenance(("a", "b"), "", ""), weights)
    command = ["train", "--data", str(pictures), "--evaluate", str(weights)]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0
    lines = result.stderr.splitlines()
    everything = sum(held_out.values())
    assert lines[0].startswith(f"held out, set: {held_out['b']} of {everything} right")
    assert lines[1] == (
        f"  of at least 224 pixels, as they are: 0 of {held_out['a']} right, 0.0%; "
        f"softened: 0 of {held_out['a']} right, 0.0%"
    )
    assert lines[2].startswith(f"held out, all: {held_out['b']} of {everything} right")
    assert [line.rpartition(":")[0] for line in lines[3:]] == [
        "roughness of layer 1",
        *(f"roughness of reconstructions, layer{number}" for number in (3, 4, 5)),
        f"roughness of reconstructions, layers 3 to 5, {held_out['a']} pictures",
    ]
    for line in lines[3:]:
        assert 0 < float(line.rpartition(" ")[2]) < 1
    assert set(tmp_path.iterdir()) == {pictures, weights}
