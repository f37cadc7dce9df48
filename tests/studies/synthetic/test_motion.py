"""Motions against plain trigonometry, on pictures whose values are places."""

from __future__ import annotations

import math

import numpy as np
import torch

from generator.studies.synthetic.motion import MOST_SHIFT, STILL_BELOW, TURN, ZOOM, moved

CANVAS, SIDE = 160, 100  # so much room that nothing is mirrored


def places(side: int) -> torch.Tensor:
    """Return pictures [2, 3, side, side] that hold their rows, and their columns."""
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return torch.stack([rows, columns]).float()[:, None].expand(2, 3, side, side)


def test_a_motion_turns_zooms_and_shifts() -> None:
    """Each pixel shows what lay where the motion brings it from."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    for motion in [np.zeros(4), *rng.uniform(-1, 1, (5, 4))]:
        both = torch.tensor(motion, dtype=torch.float32).expand(2, 4)
        found = moved(places(CANVAS), SIDE, both)
        angle, zoom = TURN * motion[0], 1 + ZOOM * motion[1]
        right, down = MOST_SHIFT * motion[2], MOST_SHIFT * motion[3]
        middle = (CANVAS - 1) / 2
        from_row = middle + zoom * (math.sin(angle) * columns + math.cos(angle) * rows) + down
        from_column = middle + zoom * (math.cos(angle) * columns - math.sin(angle) * rows) + right
        for channel in range(3):
            np.testing.assert_allclose(found[0, channel], from_row, atol=1e-3)
            np.testing.assert_allclose(found[1, channel], from_column, atol=1e-3)


def test_small_pictures_stay() -> None:
    """They are the middle of their canvas, whatever the motion."""
    side = STILL_BELOW - 1
    found = moved(places(18), side, torch.ones(2, 4))
    assert torch.equal(found, places(18)[:, :, 1 : 1 + side, 1 : 1 + side])


def test_what_comes_in_from_outside_is_mirrored() -> None:
    """No value that the picture does not have, also where it fills the canvas."""
    pictures = torch.rand(1, 3, 32, 32) + 5
    found = moved(pictures, 32, torch.ones(1, 4))
    assert found.shape == (1, 3, 32, 32)
    assert found.min() >= 5
