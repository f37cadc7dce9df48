"""What filters answer to their own pictures, as these are stored: as they are, and moved a little.

A picture that was moved is mirrored at the border that it leaves.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from generator.studies.synthetic.ascent import Climb

MOST_SHIFT, SHIFT = 4, 8  # pixels; and no more than one in so many of the side


def shift_of(side: int) -> int:
    """Return by how many pixels pictures of a side are moved; 0 where they are too small."""
    return min(MOST_SHIFT, max(side // SHIFT, 1)) if side > 2 else 0


def answers(climb: Climb, folder: Path, filter_: int) -> tuple[float, float]:
    """Return a filter's activation by its picture in a folder, and the mean after shifts."""
    picture = _read(folder / f"{filter_}.webp")[None].to(climb.device)
    side, shift = picture.shape[2], shift_of(picture.shape[2])
    wide = F.pad(picture, (shift,) * 4, mode="reflect")
    places = ((shift, shift), (0, shift), (2 * shift, shift), (shift, 0), (shift, 2 * shift))
    pictures = torch.cat(
        [
            wide[:, :, down : down + side, across : across + side]
            for down, across in places[: 5 if shift else 1]
        ]
    )
    found = climb.way.answers(climb.place.laid(climb.normalised(pictures)))[:, filter_].double()
    return float(found[0]), float(found[1:].mean() if shift else found[0])


def _read(file: Path) -> Tensor:
    """Read a picture [3, h, w] of values in 0…1."""
    with Image.open(file) as picture:
        return torch.from_numpy(np.asarray(picture.convert("RGB"), np.float32) / 255).permute(
            2, 0, 1
        )
