"""Stimuli show what their parameters say."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from generator.compute.stimuli import draw
from generator.compute.stimuli.draw import Doubles, Floats, Integers
from generator.compute.stimuli.form_profiles import DISC
from generator.compute.stimuli.forms import (
    FAMILIES,
    PER_FAMILY,
    SCALES,
    TURNS,
    Forms,
    forms,
    joined,
    scaled,
    shifted,
    turned,
)

LOCAL = ("bar", "curve", "cross", "rings", "wheel", "spiral", "blob")
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


@pytest.mark.parametrize("side", [1, 3, *SIDES])
def test_families_have_equal_numbers_and_stay_in_range(side: int) -> None:
    """No family has more members, or more light or dark ones, and all are pictures."""
    everything = forms(side)
    for number in range(len(FAMILIES)):
        contrast = everything.contrast[everything.family == number]
        assert len(contrast) == PER_FAMILY
        assert contrast.sum() == 0
    pictures = everything.draw(np.arange(0, len(everything), 5))
    assert pictures.shape[1:] == (3, side, side)
    assert pictures.dtype == np.float32
    assert pictures.min() >= 0
    assert pictures.max() <= 1


@pytest.mark.parametrize("family", FAMILIES)
def test_light_forms_only_lighten_and_dark_ones_mirror_them(family: str) -> None:
    """A light form is nowhere darker than the background, and its dark twin is its negative."""
    everything = forms(27)
    chosen = everything.family == FAMILIES.index(family)
    light = everything.draw(np.flatnonzero(chosen & (everything.contrast == 1))[::5])
    dark = everything.draw(np.flatnonzero(chosen & (everything.contrast == -1))[::5])
    assert light.min() >= 0.5
    assert light.max((1, 2, 3)).min() > 0.6
    np.testing.assert_allclose(light + dark, 1, atol=1e-6)


@pytest.mark.parametrize("family", LOCAL)
def test_corners_are_grey_around_local_forms(family: str) -> None:
    """What does not fill the field leaves its corners at the background."""
    everything = forms(27)
    pictures = everything.draw(np.flatnonzero(everything.family == FAMILIES.index(family)))
    corners = pictures[:, :, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert np.abs(corners - 0.5).max() < 0.01
    assert np.abs(pictures - 0.5).max() > 0.4


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_quarter_turn_of_the_parameters_turns_the_picture(family: str, side: int) -> None:
    """Ninety degrees more is the same picture, turned counter-clockwise."""
    everything = forms(side)
    members = everything.take(np.flatnonzero(everything.family == FAMILIES.index(family))[::7])
    quarter = Forms(**{**vars(members), "rotation": members.rotation + 90})
    each = np.arange(len(members))
    before, after = members.draw(each), quarter.draw(each)
    np.testing.assert_allclose(after, np.rot90(before, axes=(2, 3)), atol=1e-4)


def test_a_subset_is_drawn_as_in_the_whole() -> None:
    """What a picture shows does not depend on what is drawn with it."""
    for bank in (draw.gratings(9), draw.colours(9), forms(9)):
        chosen = np.random.default_rng(2).permutation(len(bank))[:20]
        whole = bank.draw(np.arange(len(bank)))
        np.testing.assert_array_equal(bank.draw(chosen), whole[chosen])


# --- Geometry, against point-by-point membership --------------------------------------------------

Member = Callable[[float, float, float, float, int], bool]  # u, v, size, variant, side → inside


def in_honeycomb_wall(u: float, v: float, size: float, variant: float, side: int) -> bool:
    """Say whether a point is nearly as near to a second cell's centre as to the nearest."""
    del side
    u += variant * size / 2
    centres = [
        (size * (column + (row % 2) / 2), size * math.sqrt(3) / 2 * row)
        for row in range(-9, 10)
        for column in range(-9, 10)
        if abs(size * column - u) < 3 * size and abs(size * 0.866 * row - v) < 3 * size
    ]
    centres.sort(key=lambda centre: math.dist(centre, (u, v)))
    (x0, y0), *others = centres
    to_wall = min(
        ((u - x0) ** 2 + (v - y0) ** 2 - (u - x) ** 2 - (v - y) ** 2)
        / (-2 * math.dist((x0, y0), (x, y)))
        for x, y in others
    )
    return to_wall < max(1.0, size / 6) / 2


def in_dots(u: float, v: float, size: float, variant: float, side: int) -> bool:
    """Say whether a point is near a lattice point."""
    del side
    shift = variant * size / 2
    across = abs(u - shift - size * round((u - shift) / size))
    along = abs(v - shift - size * round((v - shift) / size))
    return math.hypot(across, along) < 0.3 * size


def in_checks(u: float, v: float, size: float, variant: float, side: int) -> bool:
    """Say whether the counts of squares to the right and up are even together."""
    del side
    shift = (1 - variant) * size / 2
    return (math.floor((u + shift) / size) + math.floor((v + shift) / size)) % 2 == 0


def in_curve(u: float, v: float, size: float, variant: float, side: int) -> bool:
    """Say whether a point is on an arc of 150 degrees that is hollow to the right."""
    del variant
    deep = size * (1 - math.cos(math.radians(75)))
    x, y = u + deep / 2 - size, v  # from the circle's centre
    near = abs(math.hypot(x, y) - size) < max(1.0, side / 12) / 2
    return near and abs(math.degrees(math.atan2(y, -x))) < 75


def in_wheel(u: float, v: float, size: float, variant: float, side: int) -> bool:
    """Say whether a point is on a spoke."""
    del side
    turns = math.atan2(v, u) / (2 * math.pi) * variant
    return math.hypot(u, v) < size / 2 and abs(turns - round(turns)) < 0.25


def in_rings(u: float, v: float, size: float, variant: float, side: int) -> bool:
    """Say whether a point is in a light ring of the disc."""
    turns = math.hypot(u, v) / size + variant
    return math.hypot(u, v) < DISC * side and abs(turns - round(turns)) < 0.25


def in_corner(u: float, v: float, size: float, variant: float, side: int) -> bool:
    """Say whether a point lies within the opening."""
    del size, side
    return abs(math.degrees(math.atan2(v, u))) < variant / 2


MEMBERS: dict[str, Member] = {
    "line": lambda _u, v, size, _variant, _side: abs(v) < size / 2,
    "bar": lambda u, v, size, _variant, _side: abs(u) < size / 2 and abs(v) < size / 5,
    "corner": in_corner,
    "curve": in_curve,
    "rings": in_rings,
    "wheel": in_wheel,
    "checks": in_checks,
    "honeycomb": in_honeycomb_wall,
    "dots": in_dots,
}


def slow_form(member: Member, everything: Forms, index: int) -> Doubles:
    """Count, for each pixel, how many of 36 points in it lie in the form."""
    side = everything.side
    angle = math.radians(everything.rotation[index])
    size, variant = float(everything.size[index]), float(everything.variant[index])
    points = [(step + 0.5) / 6 - 0.5 for step in range(6)]
    picture = np.zeros((side, side))
    for row, column in np.ndindex(side, side):
        for down in points:
            for right in points:
                x = column + right - (side - 1) / 2
                y = (side - 1) / 2 - row - down
                u = x * math.cos(angle) + y * math.sin(angle)
                v = y * math.cos(angle) - x * math.sin(angle)
                picture[row, column] += member(u, v, size, variant, side) / 36
    return picture


def largest(everything: Forms, family: str) -> Integers:
    """Pick light members of a family, fine ones left out, in varied rotations."""
    chosen = (everything.family == FAMILIES.index(family)) & (everything.contrast == 1)
    least = np.median(everything.size[chosen])
    found = np.flatnonzero(chosen & (everything.size >= least) & (everything.variant <= 6))
    return found[:: max(1, len(found) // 3)][:3]


@pytest.mark.parametrize("family", MEMBERS)
def test_forms_cover_what_their_geometry_says(family: str) -> None:
    """Coverage agrees with counting points, pixel by pixel; only tips and crossings are softer."""
    everything = forms(18)
    for index in largest(everything, family):
        (picture,) = everything.draw(np.array([index]))
        coverage = (picture[0] - 0.5) * 2
        difference = np.abs(coverage - slow_form(MEMBERS[family], everything, int(index)))
        assert difference.mean() < 0.03
        assert (difference > 0.3).mean() < 0.01


def test_the_oracle_would_notice_a_wrong_rotation() -> None:
    """Ten degrees more are far outside what the comparison lets pass."""
    everything = forms(18)
    index = largest(everything, "bar")[-1]
    wrong = Forms(**{**vars(everything), "rotation": everything.rotation + 10})
    (picture,) = wrong.draw(np.array([index]))
    expected = slow_form(MEMBERS["bar"], everything, int(index))
    assert np.abs((picture[0] - 0.5) * 2 - expected).mean() > 0.03


# --- Transforms -----------------------------------------------------------------------------------


def test_shifts_move_the_picture_by_an_eighth_and_a_quarter() -> None:
    """For a field of 24: 3 and 6 pixels left, right, down and up."""
    everything = forms(24)
    blob = everything.take(np.flatnonzero(everything.family == FAMILIES.index("blob"))[8:9])
    (before,) = blob.draw(np.array([0]))
    moves = {(0, -3), (0, 3), (0, -6), (0, 6), (3, 0), (-3, 0), (6, 0), (-6, 0)}
    found = set()
    for moved in shifted(blob):
        (after,) = moved.draw(np.array([0]))
        found |= {
            move for move in moves if np.abs(np.roll(before, move, (1, 2)) - after).max() < 1e-3
        }
    assert len(shifted(blob)) == 8
    assert found == moves


def test_small_fields_shift_by_a_pixel_at_least() -> None:
    """An eighth of three pixels would be no shift."""
    least = min(
        abs(part).max()
        for moved in shifted(forms(3).take(np.array([0])))
        for part in (np.concatenate([moved.right, moved.up]),)
    )
    assert least == 1


def test_scaling_enlarges_the_form() -> None:
    """A line scaled by 3/2 is a line one and a half times as thick."""
    everything = forms(24)
    line = everything.take(np.flatnonzero(everything.family == 0)[-4:])
    each = np.arange(4)
    for factor, changed in zip(SCALES, scaled(line), strict=True):
        thicker = Forms(**{**vars(line), "size": line.size * factor})
        difference = np.abs(changed.draw(each) - thicker.draw(each))
        assert difference.max() < 0.1  # contours are soft over a scaled pixel
        assert np.abs(changed.draw(each) - line.draw(each)).max() > 0.1


def test_turning_adds_degrees() -> None:
    """The transforms turn both ways by 15, 30 and 45 degrees and change nothing else."""
    line = forms(24).take(np.arange(3))
    turns = [tuple(changed.rotation - line.rotation) for changed in turned(line)]
    assert turns == [(turn,) * 3 for turn in TURNS]
    assert all((changed.size == line.size).all() for changed in turned(line))


@pytest.mark.parametrize("side", [9, 27])
def test_forms_of_one_identity_are_one_picture(side: int) -> None:
    """A turn by what brings a form back to itself changes nothing; many turns lead to others."""
    everything = forms(side)
    bank = joined([everything, *turned(everything)])
    _, first, alike = np.unique(bank.identities(), axis=0, return_index=True, return_inverse=True)
    known = np.flatnonzero(first[alike] != np.arange(len(bank)))[::7]
    assert len(known) > 4 * len(everything) / 7
    pictures = bank.draw(known)
    np.testing.assert_allclose(pictures, bank.draw(first[alike][known]), atol=1e-5)
    assert len(np.unique(everything.identities(), axis=0)) == len(everything)
