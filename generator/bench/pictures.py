"""Drawn photographs: smooth colour with edges and grain, each one different, as JPEG files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

PHOTOGRAPH = (500, 375)  # pixels: the usual size in ImageNet
SMALL = (240, 180)
GRAIN = 24  # levels of 255: files then have some 100 KB, as those of ImageNet, and decode as slowly


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
        picture = _grained(picture, random)
        path = folder / f"{number // 100:04}" / f"{number:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path, quality=90)
    return folder


def _grained(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Add grain of two sizes to a picture."""
    levels = np.asarray(picture).astype(np.float64)  # h w 3
    height, width, _ = levels.shape
    coarse = random.normal(0, GRAIN, (-(-height // 2), -(-width // 2)))
    grain = coarse.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
    grain += random.normal(0, GRAIN / 2, (height, width))
    return Image.fromarray((levels + grain[:, :, None]).clip(0, 255).astype(np.uint8))
