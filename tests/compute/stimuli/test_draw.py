"""Gratings and colours show what their parameters say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from generator.compute.stimuli import draw
from generator.compute.stimuli.draw import Floats
from generator.compute.stimuli.forms import (
    forms,
)

SIDES = (7, 27, 40)


def ascii_places(rows: list[str]) -> list[tuple[int, int]]:
    """Rows and columns of the marks in a drawing."""
    return [
        (row, column)
        for row, line in enumerate(rows)
        for column, mark in enumerate(line)
        if mark == "#"
    ]


SLASH = [
    "....#",
    "...#.",
    "..#..",
    ".#...",
    "#....",
]
BACKSLASH = [
    "#....",
    ".#...",
    "..#..",
    "...#.",
    "....#",
]
LEVEL = [
    ".....",
    ".....",
    "#####",
    ".....",
    ".....",
]
UPRIGHT = ["..#.."] * 5


@pytest.mark.parametrize(
    ("drawing", "degrees"),
    [(LEVEL, 0), (SLASH, 45), (UPRIGHT, 90), (BACKSLASH, 135)],
    ids=["level", "slash", "upright", "backslash"],
)
def test_orientation_is_the_way_the_stripe_runs_on_the_page(
    drawing: list[str], degrees: float
) -> None:
    """A grating's crest and a line of that angle cover exactly the marks; other angles do not."""
    places = ascii_places(drawing)
    bank = draw.gratings(5)
    crests = np.flatnonzero((bank.phase == 0) & (bank.axis == 0) & (bank.frequency > 0.15))
    for index in crests:
        (picture,) = bank.draw(np.array([index]))
        covered = all(picture[0, row, column] > 0.999 for row, column in places)
        assert covered == (bank.orientation[index] == degrees)
    everything = forms(5)
    lines = np.flatnonzero(
        (everything.family == 0) & (everything.rotation == degrees) & (everything.contrast == 1)
    )
    (picture,) = everything.draw(lines[:1])
    on_line = min(picture[0, row, column] for row, column in places)
    off_line = max(
        picture[0, row, column]
        for row, column in np.ndindex(5, 5)
        if (row, column) not in places and abs(row - column) != 1 and row + column not in (3, 5)
    )
    assert on_line > off_line + 0.2


def slow_grating(side: int, orientation: float, frequency: float, phase: float) -> Floats:
    """Draw a luminance grating pixel by pixel."""
    picture = np.zeros((side, side), np.float32)
    for row in range(side):
        for column in range(side):
            right, up = column - (side - 1) / 2, (side - 1) / 2 - row
            # How far the pixel lies to the left of the central stripe.
            left = -math.sin(math.radians(orientation)) * right
            left += math.cos(math.radians(orientation)) * up
            turns = left * frequency + phase / 360
            picture[row, column] = 0.5 + 0.5 * math.cos(2 * math.pi * turns)
    return picture


@pytest.mark.parametrize("side", SIDES)
def test_gratings_follow_the_formula(side: int) -> None:
    """Each luminance grating is the one that explicit loops draw."""
    bank = draw.gratings(side)
    chosen = np.random.default_rng(side).choice(np.flatnonzero(bank.axis == 0), 12)
    for index, picture in zip(chosen, bank.draw(chosen), strict=True):
        expected = slow_grating(
            side,
            float(bank.orientation[index]),
            float(bank.frequency[index]),
            float(bank.phase[index]),
        )
        np.testing.assert_allclose(picture, np.stack([expected] * 3), atol=1e-5)


def test_gratings_cover_the_grid_in_its_order() -> None:
    """Parameters, reshaped to the grid, change along one axis each."""
    bank = draw.gratings(27)
    assert len(bank) == 16 * 8 * 4 * 3
    shaped = bank.orientation.reshape(draw.GRATING_SHAPE)
    assert (shaped == draw.ORIENTATIONS[:, None, None, None]).all()
    frequency = bank.frequency.reshape(draw.GRATING_SHAPE)
    assert (frequency == draw.frequencies(27)[None, :, None, None]).all()
    assert (bank.axis.reshape(draw.GRATING_SHAPE) == np.arange(3)).all()


@pytest.mark.parametrize("side", [1, 3, 7, 139])
def test_frequencies_rise_evenly_in_octaves(side: int) -> None:
    """Eight frequencies, equal ratios, the last 0.4 cycles per pixel."""
    found = draw.frequencies(side)
    assert found[-1] == pytest.approx(0.4)
    np.testing.assert_allclose(np.diff(np.log2(found)), np.log2(found[1] / found[0]))
    assert found[1] > found[0]
    if side >= 3:
        assert found[0] == pytest.approx(0.5 / side)


def test_opponent_axes_keep_the_sum_of_the_channels() -> None:
    """Only luminance gratings change R + G + B."""
    bank = draw.gratings(9)
    sums = bank.draw(np.arange(len(bank))).sum(1)
    assert np.abs(sums[bank.axis > 0] - 1.5).max() < 1e-5
    assert np.abs(sums[bank.axis == 0] - 1.5).max() > 1


@pytest.mark.parametrize(("hue", "channel"), [(0, 0), (120, 1), (240, 2)])
def test_hues_name_their_channel(hue: float, channel: int) -> None:
    """0 is red, 120 green, 240 blue: that channel is raised, the two others lowered alike."""
    bank = draw.colours(5)
    fields = np.flatnonzero((bank.hue == hue) & (bank.frequency == 0))
    assert len(fields) == 2
    for picture in bank.draw(fields):
        first, second = (picture[other, 2, 2] for other in range(3) if other != channel)
        assert picture[channel, 2, 2] > 0.5 > first == pytest.approx(second)


def test_colours_are_equally_bright_and_greys_are_grey() -> None:
    """Hues lie on a circle around mid grey; greys run from black to white."""
    bank = draw.colours(7)
    pictures = bank.draw(np.arange(len(bank)))
    hued = ~np.isnan(bank.hue)
    np.testing.assert_allclose(pictures[hued].mean(1), 0.5, atol=1e-6)
    fields = hued & (bank.frequency == 0)
    far = np.linalg.norm(pictures[fields][:, :, 0, 0] - 0.5, axis=1)
    np.testing.assert_allclose(np.unique(far.round(5)), draw.SATURATIONS, atol=1e-4)
    np.testing.assert_allclose(pictures[~hued][:, 0, 3, 3], np.linspace(0, 1, 9), atol=1e-6)
    assert (pictures[~hued] == pictures[~hued][:, :1]).all()


def test_hue_gratings_run_from_grey_to_the_colour() -> None:
    """Along a hue grating, pixels lie between mid grey and the hue, never beyond either."""
    bank = draw.colours(21)
    chosen = np.flatnonzero(bank.frequency > 0)[::7]
    for index, picture in zip(chosen, bank.draw(chosen), strict=True):
        towards = draw.hue_direction(bank.hue[[index]])[0]
        along = np.tensordot(towards, picture - 0.5, axes=(0, 0))
        assert along.min() > -1e-5
        assert along.max() < draw.STRONG + 1e-5
        np.testing.assert_allclose(picture - 0.5, towards[:, None, None] * along, atol=1e-5)


def test_a_subset_is_drawn_as_in_the_whole() -> None:
    """What a picture shows does not depend on what is drawn with it."""
    for bank in (draw.gratings(9), draw.colours(9), forms(9)):
        chosen = np.random.default_rng(2).permutation(len(bank))[:20]
        whole = bank.draw(np.arange(len(bank)))
        np.testing.assert_array_equal(bank.draw(chosen), whole[chosen])
