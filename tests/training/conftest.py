"""Pictures to train on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two classes of noise, dark and bright, 20 each."""
    return draw_classes(tmp_path / "set")


def draw_classes(folder: Path) -> Path:
    """Write the pictures into a folder for each class."""
    rng = np.random.default_rng(0)
    for name, low in (("dark", 0), ("bright", 150)):
        (folder / name).mkdir(parents=True)
        for number in range(20):
            pixels = rng.integers(low, low + 100, (48, 40, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"image_{number:04}.png")
    return folder
