"""An image moved, scaled or turned, as [ZF] figure 5 has them.

An image is normalised, so that zero, which fills what lies beyond its border, is the mean colour.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from generator.names import Size
from generator.studies.invariance.record import Step

PAPER = 224  # side of the input, pixels, for which shifts are given
SHIFTS = range(-60, 61, 10)  # pixels
SCALES = range(10, 19)  # tenths
ANGLES = range(0, 360, 15)  # degrees


def steps_for(size: Size) -> tuple[Step, ...]:
    """Return all steps for inputs of a size; shifts are in proportion to its height."""
    shifts = sorted({round(shift * size.height / PAPER) for shift in SHIFTS})
    return (
        *(Step(kind="shift", value=shift) for shift in shifts),
        *(Step(kind="scale", value=tenths / 10) for tenths in SCALES),
        *(Step(kind="rotation", value=angle) for angle in ANGLES),
    )


def transformed(image: Tensor, step: Step) -> Tensor:
    """Return an image [3, h, w] after a step."""
    if step.is_none:
        return image
    if step.kind == "shift":
        return _shifted(image, int(step.value))
    if step.kind == "scale":
        return _sampled(image, 1 / step.value, 0.0)
    angle = math.radians(step.value)
    return _sampled(image, math.cos(angle), math.sin(angle))


def _shifted(image: Tensor, down: int) -> Tensor:
    """Move by whole pixels; at most as far as the image is high."""
    height = image.shape[1]
    moved = torch.zeros_like(image)
    kept = max(height - abs(down), 0)
    top, source = max(down, 0), max(-down, 0)
    moved[:, top : top + kept] = image[:, source : source + kept]
    return moved


def _sampled(image: Tensor, cosine: float, sine: float) -> Tensor:
    """Read each pixel bilinearly at its own place, turned and scaled around the middle."""
    _, height, width = image.shape
    y, x = (
        torch.arange(side, dtype=torch.float64, device=image.device) - (side - 1) / 2
        for side in (height, width)
    )
    y, x = torch.meshgrid(y, x, indexing="ij")
    across, down = cosine * x - sine * y, sine * x + cosine * y
    # From pixels around the middle to the units of `grid_sample`: ±1 at the outer edges.
    grid = torch.stack([2 * across / width, 2 * down / height], -1)
    found = nn.functional.grid_sample(image[None].double(), grid[None], align_corners=False)
    return found[0].to(image.dtype)
