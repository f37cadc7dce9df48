"""Small motions of a picture while it is made, so that it does not rest on single pixels."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

STILL_BELOW = 16  # pixels: smaller pictures are not moved
TURN = math.radians(5)  # at most, either way
ZOOM = 0.05  # likewise, as a part of the side
SHIFT = 1 / 16  # likewise, and no more than so many pixels:
MOST_SHIFT = 4
NUMBERS = 4  # of a motion: turn, zoom, shift to the right, shift down; each −1…1


def moved(pictures: Tensor, side: int, motions: Tensor) -> Tensor:
    """Return the middles [b, 3, side, side] of pictures [b, 3, n, n], moved by motions [b, 4].

    What a motion brings in from outside is the picture mirrored.
    """
    canvas = pictures.shape[2]
    if side < STILL_BELOW:
        start = (canvas - side) // 2
        return pictures[:, :, start : start + side, start : start + side]
    turn, zoom = TURN * motions[:, 0], side / canvas * (1 + ZOOM * motions[:, 1])
    shift = 2 * min(SHIFT * side, MOST_SHIFT) / canvas * motions[:, 2:]  # the canvas is −1…1
    across = torch.stack([zoom * turn.cos(), -zoom * turn.sin(), shift[:, 0]], 1)
    down = torch.stack([zoom * turn.sin(), zoom * turn.cos(), shift[:, 1]], 1)
    size = [len(pictures), 3, side, side]
    places = F.affine_grid(torch.stack([across, down], 1), size, align_corners=False)
    return F.grid_sample(pictures, places, padding_mode="reflection", align_corners=False)
