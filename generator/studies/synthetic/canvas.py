"""Pictures as sums of waves, so that an optimiser moves broad and fine forms alike.

A picture's numbers are the real and imaginary parts of its Fourier coefficients. They are brought
to one norm, so that no picture gets more contrast than another; each is divided by a power of its
frequency, as amplitudes fall in photographs; and three planes of such waves are mixed into red,
green and blue as photographs mix them. A logistic curve then brings every value into 0…1.

Waves, their scaling and the mixing of colours follow Olah, Mordvintsev and Schubert, Feature
Visualization, Distill 2017.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

# Principal axes of the colours of 2,029 photographs of Caltech-101 (every fourth, brought to 128
# pixels, without their white grounds), each as long as the standard deviation along it, in units
# of the largest. In columns: light, yellow against blue, purple against green.
AXES = (
    (0.571, 0.220, -0.055),
    (0.585, -0.011, 0.117),
    (0.575, -0.207, -0.065),
)
DECAY = 1.25  # the power of the frequency
# Root mean square of the waves before the logistic curve. A small part of a photograph is easily
# all black and white, and so is what activates a unit that sees no more.
CONTRAST, SMALL_CONTRAST = 1.25, 2.5
SMALL_BELOW = 16  # pixels
FEW_FACTORS = (2, 3, 5)  # of the sides that are transformed quickly


@dataclass(frozen=True)
class Canvas:
    """The waves of square pictures, in which there is room for the side that is wanted."""

    side: int
    scale: Tensor  # [side, side // 2 + 1], of each frequency
    axes: Tensor  # [3, 3], of the colours

    @classmethod
    def for_side(cls, wanted: int, device: torch.device) -> Canvas:
        """Return the smallest canvas of at least this side that is transformed quickly."""
        side = next(each for each in range(wanted, 2 * wanted + 2) if _is_quick(each))
        rows = torch.fft.fftfreq(side)[:, None]
        columns = torch.fft.rfftfreq(side)[None]
        frequency = (rows.square() + columns.square()).sqrt().clamp(min=1 / side)
        scale = frequency**-DECAY
        # Numbers of norm 1 that are spread evenly make planes of this mean square: a wave stands
        # for its mirror image too, but in the first and the last column half of it is lost.
        share = torch.full((side // 2 + 1,), 2.0)
        share[[0, -1]] = 0.5
        evenly = (share * scale.square()).mean() / (3 * side**2)
        contrast = SMALL_CONTRAST if wanted < SMALL_BELOW else CONTRAST
        scale = scale * contrast / evenly.sqrt()
        return cls(side, scale.to(device), torch.tensor(AXES, device=device))

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of a picture's numbers."""
        return 3, *self.scale.shape, 2

    def paint(self, waves: Tensor) -> Tensor:
        """Return pictures [b, 3, side, side] in 0…1 for numbers [b, 3, side, side // 2 + 1, 2]."""
        norm = waves.square().sum((1, 2, 3, 4), keepdim=True).sqrt()
        spectrum = torch.view_as_complex(waves / norm) * self.scale
        planes = torch.fft.irfft2(spectrum, s=(self.side, self.side), norm="ortho")
        return torch.einsum("ij,bjhw->bihw", self.axes, planes).sigmoid()


def _is_quick(side: int) -> bool:
    """Return whether a side is even and has only small prime factors."""
    rest = side
    for factor in FEW_FACTORS:
        while rest % factor == 0:
            rest //= factor
    return rest == 1 and side % 2 == 0
