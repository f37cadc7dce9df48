"""Images moved, scaled and turned, pixel by pixel against loops in plain Python."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from generator.names import Size
from generator.studies.invariance.record import Step
from generator.studies.invariance.transformations import steps_for, transformed

Rows = list[list[float]]
SHAPES = [(7, 7), (6, 8), (9, 5), (1, 4)]


def drawn(height: int, width: int, seed: int = 0) -> torch.Tensor:
    """Return an image of noise, [3, h, w]."""
    return torch.randn(3, height, width, generator=torch.Generator().manual_seed(seed))


def at(picture: Rows, row: int, column: int) -> float:
    """Return a pixel; zero beyond the border."""
    inside = 0 <= row < len(picture) and 0 <= column < len(picture[0])
    return picture[row][column] if inside else 0.0


def between(picture: Rows, y: float, x: float) -> float:
    """Weigh the four pixels around a place."""
    top, left = math.floor(y), math.floor(x)
    down, right = y - top, x - left
    return (
        (1 - down) * (1 - right) * at(picture, top, left)
        + (1 - down) * right * at(picture, top, left + 1)
        + down * (1 - right) * at(picture, top + 1, left)
        + down * right * at(picture, top + 1, left + 1)
    )


def slowly(picture: Rows, kind: str, value: float) -> Rows:
    """Do what a step says to one channel: each pixel asks where it came from."""
    height, width = len(picture), len(picture[0])
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    made = [[0.0] * width for _ in range(height)]
    for row in range(height):
        for column in range(width):
            y, x = row - middle_y, column - middle_x
            if kind == "shift":
                source = (row - value, float(column))
            elif kind == "scale":
                source = (middle_y + y / value, middle_x + x / value)
            else:  # turned back clockwise, where y points down
                distance, direction = math.hypot(x, y), math.atan2(-y, x)
                direction -= math.radians(value)
                source = (
                    middle_y - distance * math.sin(direction),
                    middle_x + distance * math.cos(direction),
                )
            made[row][column] = between(picture, *source)
    return made


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *(("shift", value) for value in (-9, -2, 1, 3)),
        *(("scale", value) for value in (1.1, 1.5, 1.8)),
        *(("rotation", value) for value in (15, 45, 90, 120, 180, 270, 345)),
    ],
)
def test_each_pixel_is_where_loops_put_it(shape: tuple[int, int], kind: str, value: float) -> None:
    """With zero, the mean colour, from beyond the border."""
    image = drawn(*shape)
    found = transformed(image, Step(kind=kind, value=value))  # type: ignore[arg-type]
    wanted = [slowly(channel, kind, value) for channel in image.tolist()]
    np.testing.assert_allclose(found.numpy(), wanted, atol=1e-5)


def test_a_quarter_turn_is_counter_clockwise() -> None:
    """Of a square it is as NumPy turns it: no pixel is mixed with others."""
    image = drawn(6, 6)
    turned = transformed(image, Step(kind="rotation", value=90))
    np.testing.assert_allclose(turned.numpy(), np.rot90(image.numpy(), axes=(1, 2)), atol=1e-6)


def test_down_is_down() -> None:
    """A shift above zero moves the first row away from the top."""
    image = drawn(5, 4)
    assert torch.equal(transformed(image, Step(kind="shift", value=2))[:, 2], image[:, 0])


@pytest.mark.parametrize(("kind", "value"), [("shift", 0), ("scale", 1), ("rotation", 0)])
def test_a_step_that_is_none_leaves_every_bit(kind: str, value: float) -> None:
    """Such images are the same, not nearly so."""
    image = drawn(8, 9)
    assert torch.equal(transformed(image, Step(kind=kind, value=value)), image)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("size", "shifts"),
    [
        (Size(224, 180), [*range(-60, 61, 10)]),
        (Size(448, 448), [*range(-120, 121, 20)]),
        (Size(24, 40), [*range(-6, 7)]),
        (Size(4, 4), [-1, 0, 1]),
    ],
)
def test_shifts_are_in_proportion_to_the_input(size: Size, shifts: list[int]) -> None:
    """In whole pixels, each once; scales and angles are those of the paper."""
    steps = steps_for(size)
    assert [step.value for step in steps if step.kind == "shift"] == shifts
    scales = [step.value for step in steps if step.kind == "scale"]
    assert scales == [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8]
    assert [step.value for step in steps if step.kind == "rotation"] == [*range(0, 360, 15)]
