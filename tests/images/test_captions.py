"""Labels and captions from the names of folders and files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.images.captions import (
    LONGEST,
    caption_of,
    clean,
    label_of,
)
from generator.images.root_files import read_captions


def touch(path: Path, content: bytes = b"x") -> Path:
    """Make a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("path", "label", "caption"),
    [
        ("airplanes/image_0012.jpg", "airplanes", "airplanes, image 12"),
        ("airplanes/airplanes_0012.jpg", "airplanes", "airplanes, image 12"),
        ("tench/n01440764_10026.JPEG", "tench", "tench, image 10026"),
        ("n01440764/n01440764_10026.JPEG", "n01440764", "n01440764, image 10026"),
        ("IMG_2031.jpg", "", "image 2031"),
        ("our_holiday/DSC00007.JPG", "our holiday", "our holiday, image 7"),
        ("fruit/red-apple.png", "fruit", "red apple"),
        ("sea_horse--2/000.png", "sea horse 2", "sea horse 2, image 0"),
        ("a/b/cat_03.webp", "b", "cat 03"),
        ("x/___.gif", "x", "x, image"),
        ("x/a<b>\"c\"'d'\n\te\x00.png", "x", "a<b>\"c\"'d' e"),
        ("动物/猫.png", "动物", "猫"),
    ],
)
def test_labels_and_captions(path: str, label: str, caption: str) -> None:
    """Folder and file names become words; names that say nothing become a number."""
    assert label_of(path) == label
    assert caption_of(path, {}) == caption


def test_long_names_are_cut() -> None:
    """A name of 200 characters gives a caption of 120, with an ellipsis."""
    caption = caption_of("a/" + "long " * 40 + ".jpg", {})
    assert len(caption) <= LONGEST
    assert caption.endswith("long…")


def test_a_sets_own_captions_come_first(tmp_path: Path) -> None:
    """`captions.json` speaks before the file name, and is cleaned in the same way."""
    touch(
        tmp_path / "captions.json", json.dumps({"a/b.png": "A\u202e frog\n", "c.png": ""}).encode()
    )
    texts = read_captions(tmp_path)
    assert caption_of("a/b.png", texts) == "A frog"
    assert caption_of("c.png", texts) == "c"
    assert read_captions(tmp_path / "a") == {}


@given(st.text(st.characters(exclude_characters="/\x00"), min_size=1, max_size=300))
def test_any_name_gives_one_clean_line(name: str) -> None:
    """Captions of any name are one line of 1 to 120 printable characters, cleaned once for all."""
    caption = caption_of(f"{name}/{name}.jpg", {})
    assert 0 < len(caption) <= LONGEST
    assert len(caption.splitlines()) == 1
    assert clean(caption) == caption
    assert all(character >= " " and not "\x7f" <= character < "\xa0" for character in caption)
