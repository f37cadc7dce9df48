"""Pictures to train on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two classes of noise, dark and bright, 20 each."""
    rng = np.random.default_rng(0)
    for name, low in (("dark", 0), ("bright", 150)):
        folder = tmp_path / "set" / name
        folder.mkdir(parents=True)
        for number in range(20):
            pixels = rng.integers(low, low + 100, (48, 40, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"image_{number:04}.png")
    return tmp_path / "set"
