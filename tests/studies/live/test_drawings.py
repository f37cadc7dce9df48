"""The drawings are what their words say."""

from __future__ import annotations

import numpy as np
import pytest

from generator.names import Size
from generator.studies.live.drawings import BLACK, WHITE, draw_all

PICTURES = {
    name: (words, np.asarray(picture, np.float64))
    for name, words, picture in draw_all(Size.square(96))
}


def ink(name: str) -> np.ndarray:
    """Return how much of each pixel is drawn on: [h, w] of 0…1."""
    return (WHITE - PICTURES[name][1]) / (WHITE - BLACK)


@pytest.mark.parametrize(
    ("name", "degrees", "words"),
    [
        ("bar-45", -45, "a bar at −45°"),
        ("bar45", 45, "a bar at 45°"),
        ("bar90", 90, "an upright bar"),
        ("bar0", 0, "a level bar"),
    ],
)
def test_a_bar_points_where_its_words_say(name: str, degrees: int, words: str) -> None:
    """Counter-clockwise from the horizontal, by the second moments of its ink."""
    drawn = ink(name)
    rows, columns = np.indices(drawn.shape)
    x, y = columns - 47.5, 47.5 - rows
    xx, yy, xy = ((drawn * each).sum() for each in (x * x, y * y, x * y))
    found = np.degrees(np.arctan2(2 * xy, xx - yy)) / 2
    assert (found - degrees + 90) % 180 - 90 == pytest.approx(0, abs=0.5)
    assert PICTURES[name][0] == words
    assert (drawn * x).sum() / drawn.sum() == pytest.approx(0, abs=0.3)


def test_stripes_are_level() -> None:
    """Every row is alike along itself, and rows differ."""
    drawn = ink("stripes")
    assert (drawn == drawn[:, :1]).all()
    assert np.unique(drawn[:, 0]).size > 1


def test_a_disc_is_round() -> None:
    """Its ink is that of a circle of 0.6 of the half side."""
    assert ink("disc").sum() == pytest.approx(np.pi * (0.6 * 48) ** 2, rel=0.01)


def test_a_wheel_has_eight_spokes() -> None:
    """On a circle between hub and rim, ink is met eight times."""
    turns = np.radians(np.arange(0, 360, 0.5) + 10)
    rows = np.rint(47.5 - 20 * np.sin(turns)).astype(int)
    columns = np.rint(47.5 + 20 * np.cos(turns)).astype(int)
    met = ink("wheel")[rows, columns] > 0.4
    assert int((met & ~np.roll(met, 1)).sum()) == 8


@pytest.mark.parametrize("name", list(PICTURES))
def test_contours_are_soft_and_each_picture_is_another(name: str) -> None:
    """There are greys between black and white; stripes may lie on whole pixels."""
    drawn = ink(name)
    assert (drawn.min(), drawn.max()) == (0, 1)
    assert name == "stripes" or ((drawn > 0.2) & (drawn < 0.8)).any()
    alike = [other for other in PICTURES if np.array_equal(drawn, ink(other))]
    assert alike == [name]


def test_a_drawing_fills_an_input_of_another_form_and_is_not_stretched() -> None:
    """The middle of a wide one is the square one."""
    square = {name: np.asarray(picture) for name, _, picture in draw_all(Size(32, 32))}
    for name, _, picture in draw_all(Size(32, 64)):
        wide = np.asarray(picture)
        assert wide.shape == (32, 64)
        assert np.abs(wide[:, 16:48] - square[name].astype(float)).mean() < 1, name
