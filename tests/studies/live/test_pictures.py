"""Images of the gallery as samples, only where their licence lets."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import nn

from generator.images.sets.sources import open_images
from generator.names import Size
from generator.studies.live.pictures import IMAGES, samples, shown
from tests.studies.live.snapped import watched
from tests.support.tiny_network import draw_pictures

NETWORK = watched(nn.Sequential(nn.Conv2d(3, 4, 3)), Size(24, 20), "0")
CREDITS = 'title = "T"\nauthors = "A"\nlicence = "{}"\nsource = "S"\nhow_to_credit = "By A."\n'


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Twenty pictures, one of which cannot be read, with a licence."""
    folder = draw_pictures(tmp_path / "pictures", 20)
    (folder / "left" / "a.png").write_bytes(b"no picture")
    (folder / "CREDITS.toml").write_text(CREDITS.format("CC0"))
    return folder


def test_images_come_with_their_credit(pictures: Path) -> None:
    """Evenly spaced in the set, in the input's size, named by their captions."""
    images = open_images(str(pictures))
    found = [each for each in samples(NETWORK, images) if each.kind == "image"]
    assert len(found) == IMAGES
    rows = [1, 5, 8, 12, 15, 19]
    assert [each.words for each in found] == [images.caption(row) for row in rows]
    for each, row in zip(found, rows, strict=True):
        assert (each.credit, each.type) == ("By A.", "image/webp")
        picture = np.asarray(Image.open(io.BytesIO(each.content)).convert("RGB"), np.float64)
        expected = images.read(row, NETWORK.input_size)[:3].transpose(1, 2, 0)
        assert picture.shape == (24, 20, 3)
        assert np.corrcoef(picture.ravel(), expected.ravel())[0, 1] > 0.95


@pytest.mark.parametrize("licence", ["", None])
def test_no_image_is_shown_without_a_licence(pictures: Path, licence: str | None) -> None:
    """Nor where nobody says who made them."""
    if licence is None:
        (pictures / "CREDITS.toml").unlink()
    else:
        (pictures / "CREDITS.toml").write_text(CREDITS.format(licence))
    images = open_images(str(pictures))
    assert shown(images) == ""
    assert {each.kind for each in samples(NETWORK, images)} == {"drawing"}


def test_an_image_that_cannot_be_read_is_left_out(pictures: Path) -> None:
    """And so it is where the set has less than six."""
    for path in sorted(pictures.rglob("picture_*"))[3:]:
        path.unlink()
    images = open_images(str(pictures))
    assert len(images) == 4
    assert sum(each.kind == "image" for each in samples(NETWORK, images)) == 3


def test_transparent_pixels_are_the_mean_colour(tmp_path: Path) -> None:
    """As the search shows them to the network."""
    clear = Image.new("RGBA", (30, 30), (255, 0, 0, 0))
    clear.save(tmp_path / "clear.png")
    (tmp_path / "CREDITS.toml").write_text(CREDITS.format("CC0"))
    (found,) = [
        each for each in samples(NETWORK, open_images(str(tmp_path))) if each.kind == "image"
    ]
    assert np.abs(found.input(NETWORK).numpy()).max() < 0.05
