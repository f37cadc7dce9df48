"""Photographs for training: the part held out, crops, variations, and pictures left out."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from generator.errors import ConfigError, ImagesError
from generator.training.data import (
    Augmented,
    Picture,
    Split,
    batches,
    centre_crop,
    class_of,
    is_held_out,
    list_examples,
    load_all,
    random_box,
    recoloured,
    retaken,
)


def test_a_tenth_is_held_out_by_name_alone() -> None:
    """The choice is the hash of class and file, near a tenth, the same wherever the folder is."""
    names = [Path(f"class{c}/image_{n:04}.jpg") for c in range(20) for n in range(200)]
    held = [is_held_out(path) for path in names]
    assert 350 < sum(held) < 450
    assert held == [is_held_out(Path("/elsewhere") / path) for path in names]
    digest = hashlib.sha256(b"class0/image_0000.jpg").hexdigest()
    assert held[0] == (int(digest, 16) / 16**64 < 0.1)


@given(
    st.integers(1, 300), st.integers(1, 300), st.integers(1, 300), st.floats(0.1, 1), st.integers()
)
def test_crops_lie_inside_the_picture_and_are_never_enlarged(
    width: int, height: int, side: int, smallest: float, seed: int
) -> None:
    """Also where the picture is too narrow for any allowed shape."""
    side = min(side, width, height)
    box = random_box(random.Random(seed), (width, height), side, smallest)
    left, top, right, bottom = box
    assert -1e-9 <= left < right <= width + 1e-9
    assert -1e-9 <= top < bottom <= height + 1e-9
    assert right - left >= side - 1e-9
    assert bottom - top >= side - 1e-9


def blank(width: int, height: int) -> Picture:
    """Return a black picture."""
    return np.zeros((height, width, 3), np.uint8)


def test_a_picture_is_trained_at_the_largest_side_that_it_has() -> None:
    """Small ones go on at their own size where a stage is larger; a batch has one side."""
    shorter = [200, 64, 130, 95, 96, 300] * 4
    pictures = [blank(side + 50, side) for side in shorter]
    dealt = batches(pictures, (64, 96, 128, 160), batch=4, seed=1)
    sides = {index: side for group in dealt for index, side in group}
    assert {shorter[index]: side for index, side in sides.items()} == {
        200: 160, 64: 64, 130: 128, 95: 64, 96: 96, 300: 160,
    }  # fmt: skip
    assert all(len({side for _, side in group}) == 1 for group in dealt)
    assert all(len(group) == 4 for group in dealt)
    assert len(sides) == sum(map(len, dealt)) == len(pictures)
    assert dealt == batches(pictures, (64, 96, 128, 160), batch=4, seed=1)
    assert dealt != batches(pictures, (64, 96, 128, 160), batch=4, seed=2)


def test_augmentation_depends_on_seed_epoch_and_index_alone() -> None:
    """Workers and restarts see the same crop; another epoch sees another."""
    rng = np.random.default_rng(0)
    split = Split([rng.integers(0, 256, (50, 60, 3)).astype(np.uint8)], [0])
    first, label = Augmented(split, 0.4, seed=1, epoch=2)[0, 32]
    assert first.shape == (3, 32, 32)
    assert label == 0
    assert torch.equal(first, Augmented(split, 0.4, seed=1, epoch=2)[0, 32][0])
    assert not torch.equal(first, Augmented(split, 0.4, seed=1, epoch=3)[0, 32][0])


@given(st.floats(0.5, 1.5), st.floats(0.5, 1.5), st.floats(0, 1.5))
def test_colours_change_as_stated(brightness: float, contrast: float, saturation: float) -> None:
    """Against the formulas written out, for every channel of some colours."""
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (4, 4, 3)).astype(np.uint8)
    shown = np.asarray(
        recoloured(Image.fromarray(colours), brightness, contrast, saturation)
    ).astype(float)
    luminance = (colours @ np.array([0.299, 0.587, 0.114]))[..., None]
    mixed = luminance + (colours - luminance) * saturation
    expected = ((mixed - 127.5) * contrast + 127.5) * brightness
    assert np.abs(shown - expected.clip(0, 255)).max() <= 1.01


def test_pictures_are_retaken_in_many_ways() -> None:
    """Of a colour picture some come out grey, some softer, some sharper; the size stays."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(60, 200, (12, 12, 3)).astype(np.uint8)
    picture = Image.fromarray(coarse).resize((48, 48), Image.Resampling.BICUBIC)
    made = [np.asarray(retaken(random.Random(n), picture)).astype(float) for n in range(200)]
    assert {each.shape for each in made} == {(48, 48, 3)}
    grey = sum(bool((each.max(2) - each.min(2)).max() <= 8) for each in made)
    assert 2 <= grey <= 25
    detail = [np.abs(np.diff(each, axis=1)).mean() / each.std() for each in made]
    assert max(detail) > 1.04 * float(np.median(detail))
    assert min(detail) < 0.93 * float(np.median(detail))


def test_a_centre_crop_is_reduced_and_never_enlarged() -> None:
    """A large picture becomes the wanted side, a smaller one keeps its own."""
    assert centre_crop(blank(300, 260), 224).size == (224, 224)
    assert centre_crop(blank(300, 101), 224).size == (101, 101)
    row = np.tile(np.arange(7, dtype=np.uint8)[None, :, None], (3, 1, 3))
    assert np.asarray(centre_crop(row, 224))[0, :, 0].tolist() == [2, 3, 4]


def test_examples_are_listed_in_order(pictures: Path) -> None:
    """Classes by name, files by name, each with its set."""
    lines: list[str] = []
    examples = list_examples([pictures], lines.append)
    assert [class_of(path) for path in examples] == ["bright"] * 20 + ["dark"] * 20
    assert [path.name for path in examples[:2]] == ["image_0000.png", "image_0001.png"]
    assert {path.parent.parent.name for path in examples} == {"set"}
    assert lines == []


def test_a_class_of_two_sets_is_one_and_said_to_be(tmp_path: Path) -> None:
    """Whether both call it by one name, or by two that are known to mean the same."""
    for home in ("a/rose", "b/rose", "a/Motorbikes", "b/motorcycle", "b/tulip"):
        (tmp_path / home).mkdir(parents=True)
        Image.new("RGB", (40, 40)).save(tmp_path / home / "one.png")
    lines: list[str] = []
    examples = list_examples([tmp_path / "a", tmp_path / "b"], lines.append)
    assert sorted({class_of(path) for path in examples}) == ["Motorbikes", "rose", "tulip"]
    assert sorted(lines) == [
        "a/Motorbikes and b/motorcycle: one class, Motorbikes",
        "a/rose and b/rose: one class, rose",
    ]


def test_folders_that_cannot_be_trained_on_are_named(tmp_path: Path) -> None:
    """No folder, one without classes, and a class without a picture."""
    with pytest.raises(ConfigError, match="nowhere: is no folder"):
        list_examples([tmp_path / "nowhere"], print)
    (tmp_path / "flat").mkdir()
    with pytest.raises(ImagesError, match="flat: no pictures in folders"):
        list_examples([tmp_path / "flat"], print)
    (tmp_path / "set" / "cat").mkdir(parents=True)
    (tmp_path / "set" / "cat" / "notes.txt").write_text("none")
    with pytest.raises(ImagesError, match="cat: the class has no picture"):
        list_examples([tmp_path / "set"], print)


def test_unreadable_and_small_pictures_are_left_out_and_named(pictures: Path) -> None:
    """Each with a line; the others are trained on."""
    (pictures / "dark" / "broken.png").write_bytes(b"nothing")
    Image.new("RGB", (90, 31)).save(pictures / "dark" / "low.png")
    lines: list[str] = []
    training, held_out, classes = load_all(list_examples([pictures], print), 32, lines.append)
    assert classes == ["bright", "dark"]
    assert len(training.labels) + len(held_out.labels) == 40
    assert [line.rpartition("/")[2] for line in lines] == [
        "broken.png: cannot be read; left out",
        "low.png: 31 pixels, and training begins at 32; left out",
    ]


@pytest.mark.parametrize("content", [b"nothing", b""])
def test_a_class_without_a_readable_picture_is_named(pictures: Path, content: bytes) -> None:
    """It would have no place among the classes."""
    (pictures / "void").mkdir()
    (pictures / "void" / "one.png").write_bytes(content)
    with pytest.raises(ImagesError, match="void: none of its pictures can be trained on"):
        load_all(list_examples([pictures], print), 32, print)
