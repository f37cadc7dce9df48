"""Drawn photographs: smooth colour with edges, each one different, as JPEG files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

PHOTOGRAPH = (500, 375)  # pixels: the usual size in ImageNet
SMALL = (240, 180)


def draw_photographs(folder: Path, count: int, size: tuple[int, int], seed: int = 0) -> Path:
    """Write pictures of this width and height into folders of 100, and return `folder`."""
    random = np.random.default_rng(seed)
    for number in range(count):
        coarse = random.integers(0, 256, (9, 12, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
        pencil = ImageDraw.Draw(picture)
        for _ in range(12):
            corners = random.integers(0, size[0], 4).tolist()
            colour = tuple(random.integers(0, 256, 3).tolist())
            pencil.line(corners, fill=colour, width=int(random.integers(1, 9)))
        path = folder / f"{number // 100:04}" / f"{number:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path, quality=90)
    return folder
