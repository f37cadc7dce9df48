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
from generator.studies.synthetic.groups import Group

MOST_SHIFT, SHIFT = 4, 8  # pixels; and no more than one in so many of the side


def shift_of(side: int) -> int:
    """Return by how many pixels pictures of a side are moved; 0 where they are too small."""
    return min(MOST_SHIFT, max(side // SHIFT, 1)) if side > 2 else 0


def answers(climb: Climb, folder: Path, group: Group) -> list[tuple[float, float]]:
    """Return for each filter of a group its activation, and the mean of those after shifts."""
    filters = torch.tensor(group, device=climb.device)
    pictures = torch.stack([_read(folder / f"{filter_}.webp") for filter_ in group])
    pictures = pictures.to(climb.device)
    side, shift = pictures.shape[2], shift_of(pictures.shape[2])

    def activations(pixels: Tensor) -> Tensor:
        laid = climb.place.laid(climb.normalised(pixels))
        found = climb.way.answers(laid)
        return found[torch.arange(len(group), device=climb.device), filters].double()

    wide = F.pad(pictures, (shift,) * 4, mode="reflect")
    moved = [
        wide[:, :, down : down + side, across : across + side]
        for down, across in ((0, shift), (2 * shift, shift), (shift, 0), (shift, 2 * shift))
    ]
    still = activations(pictures)
    shifted = torch.stack([activations(each) for each in moved]).mean(0) if shift else still
    alone = len(set(group))  # without what fills the group up
    return [*zip(still.tolist(), shifted.tolist(), strict=True)][:alone]


def _read(file: Path) -> Tensor:
    """Read a picture [3, h, w] of values in 0…1."""
    with Image.open(file) as picture:
        return torch.from_numpy(np.asarray(picture.convert("RGB"), np.float32) / 255).permute(
            2, 0, 1
        )
