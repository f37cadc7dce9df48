"""The two tiles of a question: the patches of its images, side by side."""

from __future__ import annotations

import numpy as np
from PIL import Image

from generator.atlas.schema import GUTTER
from generator.compute.project import crops
from generator.studies.quiz.record import TILE


def picture(left: crops.Pixels, right: crops.Pixels) -> bytes:
    """Return the encoded picture of two patches [side, side, 3]."""
    side = len(left)
    sheet = np.full((TILE, 2 * TILE + GUTTER, 3), crops.GREY, np.uint8)
    sheet[:, :TILE], sheet[:, -TILE:] = tile(left), tile(right)
    return crops.webp(sheet, None if side <= crops.LOSSLESS_UP_TO else crops.QUALITY)


def tile(patch: crops.Pixels) -> crops.Pixels:
    """Return a patch at the side of a tile; a small one keeps its pixels as squares."""
    small = len(patch) <= crops.LOSSLESS_UP_TO
    method = Image.Resampling.NEAREST if small else Image.Resampling.LANCZOS
    return np.asarray(Image.fromarray(patch).resize((TILE, TILE), method))
