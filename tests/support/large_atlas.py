"""Makes an atlas with one layer as large as a real one, and pictures as heavy.

Layer 3 has 384 filters. Small sheets weigh about 8 KB, large ones about 9 KB and sheets of whole
images 18 KB, as those cut from photographs do on average. Sheets of one size take turns, so that
making them takes no time.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from generator.atlas.schema import GUTTER, SMALL_TILE, sheet_side
from tests.support.tiny_atlas import LABELS, LAYERS, LayerPlan, make_atlas

LARGE = "layer3"
FILTERS = 384
TILE = 75  # picture pixels
TURNS = 16  # different sheets of each size


def make_large_atlas(folder: Path, labels: tuple[str, ...] = LABELS) -> Path:
    """Write a finished atlas into `folder` and return it; always the same bytes."""
    layers = tuple(_enlarged(plan) for plan in LAYERS)
    return make_atlas(folder, layers=layers, labels=labels, draw=_texture, control="")


def _enlarged(plan: LayerPlan) -> LayerPlan:
    name, _, grid, field, stride, offset, _ = plan
    if name != LARGE:
        return plan
    return name, FILTERS, grid, field, stride, offset, TILE


def _texture(side: int, rng: np.random.Generator) -> bytes:
    return _sheet(side, int(rng.integers(TURNS)))


@cache
def _sheet(side: int, turn: int) -> bytes:
    """Return a WebP of blurred noise under fine noise, which compresses as photographs do."""
    rng = np.random.default_rng((side, turn))
    is_small = side == sheet_side(SMALL_TILE, GUTTER)
    coarse = side // (14 if is_small else 10) + 1  # values of blurred noise in a row
    small = rng.integers(0, 256, (coarse, coarse, 3), np.uint8)
    blurred = Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC)
    fine = rng.normal(0, 2, (side, side, 1))
    pixels = np.clip(np.asarray(blurred) + fine, 0, 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "WEBP", quality=80, method=4)
    return stream.getvalue()
