"""The drawn patterns: the same every time, smooth, and what their captions say."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generator.errors import ImagesError
from generator.images.fetch import patterns
from generator.images.fetch.patterns import COLOURS, FAMILIES, draw, draw_all

SIDE = 48


def test_every_family_is_drawn(tmp_path: Path) -> None:
    """Nine families, a folder each, every picture with a caption of its own path."""
    captions = draw_all(tmp_path, 2, 16)
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png")}
    assert set(captions) == files
    assert {path.split("/")[0] for path in files} == {
        "gratings",
        "checks",
        "rings",
        "wheels",
        "spirals",
        "honeycombs",
        "corners",
        "curves",
        "dots",
    }
    assert len(files) == 18
    with Image.open(tmp_path / "dots" / "dots_01.png") as image:
        assert (image.size, image.mode) == ((16, 16), "RGB")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_pattern_is_the_same_every_time(family: str) -> None:
    """One number, one picture; another number, another picture."""
    first, again, other = (draw(family, number, SIDE)[0] for number in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_pattern_is_drawn_in_its_two_colours(family: str) -> None:
    """Both colours of the caption appear pure, and everything else lies between them."""
    pixels, caption = draw(family, 3, 160)
    names = re.search(r", (\w+) and (\w+)$", caption)
    assert names is not None
    front, back = (np.array(COLOURS[name], float) for name in names.groups())
    flat = pixels.reshape(-1, 3).astype(float)
    assert (flat == front).all(1).any()
    assert (flat == back).all(1).any()
    share = (flat - back) @ (front - back) / ((front - back) @ (front - back))
    assert np.abs(flat - (back + share[:, None] * (front - back))).max() <= 1
    between = (share > 0.05) & (share < 0.95)
    assert between.any(), "edges are smooth"


def test_gratings_run_as_their_captions_say() -> None:
    """Vertical stripes change from left to right only, horizontal ones from top to bottom only."""
    seen = set()
    for number in range(1, 60):
        pixels, caption = draw("gratings", number, SIDE)
        across = np.ptp(pixels.astype(int), axis=1).max()  # change along a row
        down = np.ptp(pixels.astype(int), axis=0).max()
        if "vertical" in caption:
            seen.add("vertical")
            assert (across > 50, down == 0) == (True, True), caption
        elif "horizontal" in caption:
            seen.add("horizontal")
            assert (across == 0, down > 50) == (True, True), caption
        else:
            # Leaning to the right: one step down moves the stripes to the left.
            ahead = [np.roll(pixels.astype(int), (1, shift), (0, 1)) for shift in (-1, 1)]
            left, right = (np.abs(pixels - moved)[1:, 1:-1].sum() for moved in ahead)
            seen.add("leaning")
            assert (left < right) == ("to the right" in caption), caption
    assert seen == {"vertical", "horizontal", "leaning"}


def test_spirals_turn_as_their_captions_say() -> None:
    """Following an arm outwards, one goes round the way the caption says."""
    ways = set()
    for number in range(1, 12):
        pixels, caption = draw("spirals", number, 128)
        grey = pixels.astype(float) @ (1, 1, 1)
        degrees = np.arange(360)
        inner, outer = (
            grey[
                np.rint(63.5 + radius * np.sin(np.deg2rad(degrees))).astype(int),
                np.rint(63.5 + radius * np.cos(np.deg2rad(degrees))).astype(int),
            ]
            for radius in (40, 41.5)
        )
        # y points down, so that rising degrees go clockwise.
        forward, backward = (np.abs(np.roll(inner, turn) - outer).mean() for turn in (5, -5))
        assert (forward < backward) == (", clockwise" in caption), caption
        ways.add(forward < backward)
    assert ways == {True, False}


def test_corners_open_as_their_captions_say() -> None:
    """The middle of a plain corner's opening has the first colour, the opposite side the second."""
    steps = {
        "to the right": (0, 1),
        "to the left": (0, -1),
        "upwards": (-1, 0),
        "downwards": (1, 0),
    }
    found = 0
    for number in range(1, 120):
        pixels, caption = draw("corners", number, SIDE)
        words = re.match(r"corner of \d+° that opens ([a-z ]+), (\w+) and (\w+)$", caption)
        if words is None or words[1] not in steps:
            continue
        found += 1
        down, right = (SIDE // 3 * step for step in steps[words[1]])
        middle = SIDE // 2
        assert tuple(pixels[middle + down, middle + right]) == COLOURS[words[2]], caption
        assert tuple(pixels[middle - down, middle - right]) == COLOURS[words[3]], caption
    assert found > 5


def test_patterns_take_no_source(tmp_path: Path) -> None:
    """A source for something that is drawn is a mistake, and said to be one."""
    with pytest.raises(ImagesError, match="--from"):
        patterns.make(tmp_path, tmp_path, tmp_path, print)
