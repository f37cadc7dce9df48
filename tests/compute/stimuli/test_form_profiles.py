"""Profiles against point-by-point membership."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from generator.compute.stimuli.draw import Doubles, Integers
from generator.compute.stimuli.form_profiles import DISC
from generator.compute.stimuli.forms import (
    FAMILIES,
    Forms,
    forms,
)

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
