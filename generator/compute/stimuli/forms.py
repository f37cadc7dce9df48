"""Fourteen families of forms as stimuli: lines, corners, rings, checks, and so on.

Every family has the same number of members, combinations of a size, a rotation (or what stands in
for it where turning changes nothing) and a contrast: light on grey or dark on grey. Contours are
a pixel soft, so that a form keeps its exact place, size and direction between pixels.

A form is described in its own coordinates: u along its rotation, v a quarter turn to the left of
it, both in pixels from the picture's middle. Its profile is 1 in the form and 0 outside.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from generator.compute.stimuli import form_profiles
from generator.compute.stimuli.draw import Doubles, Floats, Integers, paint, plane

PER_FAMILY = 96
FINEST = 2.5  # pixels: the shortest period drawn, where the field is not smaller still
SAMPLES = 48  # across a picture, at least: below, several are averaged into one pixel

Profile = Callable[[Doubles, Doubles, float, float, form_profiles.Sheet], Doubles]
Geometry = tuple[float, float, float]  # size in pixels, rotation in degrees, variant


@dataclass(frozen=True)
class Family:
    """How a family is drawn, and which members it has."""

    profile: Profile  # u, v, size, variant, sheet → values 0…1
    members: Callable[[int], list[Geometry]]  # field side → PER_FAMILY / 2 geometries


@dataclass(frozen=True)
class Forms:
    """Forms, family by family; `scale`, `right` and `up` are 1, 0, 0 unless transformed.

    `size` and `variant` mean, family by family: line thickness, −; edge width of the transition, −;
    bar length, −; corner field side, opening angle in degrees; curve radius, −; cross span,
    thickness over span; rings period, phase in turns; wheel diameter, spokes; spiral period
    along a radius, arms (negative: winding the other way); checks side of a square, 0 or 1 for a
    light square or a meeting of squares in the middle; plaid period, 0 or 1 for crest or trough;
    honeycomb width of a cell, 0 or 1 for a cell or a wall in the middle; dots spacing, 0 or 1 for a
    dot or a gap; blob diameter at half height, hardness (2 Gaussian, more: ever more a disc).

    `rotation`: along line, bar, one of a cross's or a pattern's two directions; an edge runs along
    it with the form to its left; a corner opens towards it; so does a curve's hollow side.
    """

    side: int  # pixels
    family: Integers  # [n] index into FAMILIES
    size: Doubles  # [n] pixels, before `scale`
    rotation: Doubles  # [n] degrees, counter-clockwise on the page
    variant: Doubles  # [n]
    contrast: Doubles  # [n] 1 light on grey, −1 dark on grey
    scale: Doubles  # [n] enlargement about the form's own middle
    right: Doubles  # [n] pixels from the picture's middle
    up: Doubles  # [n] pixels from the picture's middle

    def __len__(self) -> int:
        return len(self.family)

    def draw(self, indices: Integers) -> Floats:
        """Return the pictures of these indices: [k, 3, side, side] of values in 0…1."""
        profiles = np.stack([self._profile(int(index)) for index in indices])
        return paint(profiles, np.repeat(self.contrast[indices, None] / 2, 3, axis=1))

    def _profile(self, index: int) -> Doubles:
        finer = max(1, math.ceil(SAMPLES / self.side))
        x, y = (part / finer for part in plane(self.side * finer))
        x, y = x - self.right[index], y - self.up[index]
        angle = math.radians(self.rotation[index])
        scale = self.scale[index]
        u = (x * math.cos(angle) + y * math.sin(angle)) / scale
        v = (y * math.cos(angle) - x * math.sin(angle)) / scale
        family = DEFINITIONS[FAMILIES[self.family[index]]]
        sheet = form_profiles.Sheet(self.side, 1 / finer / scale)
        values = family.profile(u, v, self.size[index], self.variant[index], sheet)
        pixels = values.reshape(self.side, finer, self.side, finer)
        coverage: Doubles = pixels.mean((1, 3))
        return coverage

    def take(self, indices: Integers) -> Forms:
        """Return the forms of these indices [k], in their order."""
        return Forms(
            side=self.side,
            family=self.family[indices],
            size=self.size[indices],
            rotation=self.rotation[indices],
            variant=self.variant[indices],
            contrast=self.contrast[indices],
            scale=self.scale[indices],
            right=self.right[indices],
            up=self.up[indices],
        )


def forms(side: int) -> Forms:
    """Return every form for a field of `side` pixels: 14 families of 96, light and dark each."""
    rows = [
        (number, *geometry, contrast, 1.0, 0.0, 0.0)
        for number, name in enumerate(FAMILIES)
        for geometry in DEFINITIONS[name].members(side)
        for contrast in (1.0, -1.0)
    ]
    family, *others = np.array(rows, np.float64).T
    return Forms(side, family.astype(np.int64), *others)


# --- Transforms -----------------------------------------------------------------------------------

SCALES = (2 / 3, 4 / 5, 5 / 4, 3 / 2)
TURNS = (-45.0, -30.0, -15.0, 15.0, 30.0, 45.0)  # degrees


def shifted(chosen: Forms) -> list[Forms]:
    """Return the forms moved by an eighth and a quarter of the field each way, at least 1 pixel."""
    steps = [sign * max(chosen.side * part, 1.0) for part in (1 / 8, 1 / 4) for sign in (-1, 1)]
    return [
        *(replace(chosen, right=chosen.right + step) for step in steps),
        *(replace(chosen, up=chosen.up + step) for step in steps),
    ]


def scaled(chosen: Forms) -> list[Forms]:
    """Return the forms in the sizes of SCALES."""
    return [replace(chosen, scale=chosen.scale * factor) for factor in SCALES]


def turned(chosen: Forms) -> list[Forms]:
    """Return the forms turned by TURNS."""
    return [replace(chosen, rotation=chosen.rotation + turn) for turn in TURNS]


# --- Members --------------------------------------------------------------------------------------


def _sizes(least: float, low: float, high: float, count: int) -> list[float]:
    """Return sizes in pixels, equally spaced in ratio; a small field shortens the range."""
    low = max(low, min(least, high))
    return [float(size) for size in np.geomspace(low, max(low, high), count)]


def _turns(count: int, period: float) -> list[float]:
    return [period / count * number for number in range(count)]


def _members(
    sizes: Callable[[int], list[float]], rotations: list[float], variants: tuple[float, ...]
) -> Callable[[int], list[Geometry]]:
    return lambda side: list(product(sizes(side), rotations, variants))


def _wheels(side: int) -> list[Geometry]:
    return [
        (2 * form_profiles.DISC * side, turn, float(spokes))
        for spokes in (3, 4, 5, 6, 8, 10, 12, 16)
        for turn in _turns(6, 360 / spokes)
    ]


DEFINITIONS: dict[str, Family] = {
    "line": Family(
        form_profiles.line,
        _members(lambda side: _sizes(1, side / 24, side / 6, 4), _turns(12, 180), (0.0,)),
    ),
    "edge": Family(
        form_profiles.edge,
        _members(lambda side: [1.0, max(2.0, side / 8)], _turns(24, 360), (0.0,)),
    ),
    "bar": Family(
        form_profiles.bar,
        _members(lambda side: _sizes(2.5, side / 4, side * 0.8, 4), _turns(12, 180), (0.0,)),
    ),
    "corner": Family(
        form_profiles.corner,
        _members(lambda side: [float(side)], _turns(16, 360), (45.0, 90.0, 135.0)),
    ),
    "curve": Family(
        form_profiles.curve,
        _members(lambda side: _sizes(1.5, side / 6, side / 2, 3), _turns(16, 360), (0.0,)),
    ),
    "cross": Family(
        form_profiles.cross,
        _members(lambda side: _sizes(3, side * 0.3, side * 0.9, 4), _turns(6, 90), (0.1, 0.3)),
    ),
    "rings": Family(
        form_profiles.rings,
        _members(
            lambda side: _sizes(FINEST, side / 12, side / 2.2, 12), [0.0], (0, 0.25, 0.5, 0.75)
        ),
    ),
    "wheel": Family(form_profiles.wheel, _wheels),
    "spiral": Family(
        form_profiles.spiral,
        _members(
            lambda side: _sizes(FINEST, side / 10, side / 3, 2),
            _turns(6, 360),
            (1.0, -1.0, 3.0, -3.0),
        ),
    ),
    "checks": Family(
        form_profiles.checks,
        _members(
            lambda side: _sizes(FINEST / 2, side / 16, side / 3, 4), _turns(6, 90), (0.0, 1.0)
        ),
    ),
    "plaid": Family(
        form_profiles.plaid,
        _members(lambda side: _sizes(FINEST, side / 12, side / 1.5, 4), _turns(6, 90), (0.0, 1.0)),
    ),
    "honeycomb": Family(
        form_profiles.honeycomb,
        _members(lambda side: _sizes(FINEST, side / 10, side / 2, 6), _turns(4, 60), (0.0, 1.0)),
    ),
    "dots": Family(
        form_profiles.dots,
        _members(lambda side: _sizes(FINEST, side / 10, side / 2, 4), _turns(6, 90), (0.0, 1.0)),
    ),
    "blob": Family(
        form_profiles.blob,
        _members(lambda side: _sizes(1, side / 16, side / 2, 12), [0.0], (2.0, 4.0, 8.0, 16.0)),
    ),
}
FAMILIES = tuple(DEFINITIONS)
