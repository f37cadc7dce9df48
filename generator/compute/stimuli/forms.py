"""Fourteen families of forms as stimuli: lines, corners, rings, checks, and so on.

Every family has the same number of members, combinations of a size, a rotation (or what stands in
for it where turning changes nothing) and a contrast: light on grey or dark on grey. Contours are
a pixel soft, so that a form keeps its exact place, size and direction between pixels.

A form is described in its own coordinates: u along its rotation, v a quarter turn to the left of
it, both in pixels from the picture's middle. Its profile is 1 in the form and 0 outside.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from generator.compute.stimuli import form_profiles as profiles
from generator.compute.stimuli.draw import Doubles, Floats, Integers, paint, plane

PER_FAMILY = 96
FINEST = 2.5  # pixels: the shortest period drawn, where the field is not smaller still
SAMPLES = 48  # across a picture, at least: below, several are averaged into one pixel


@dataclass(frozen=True)
class Family:
    """How a family is drawn, and which members it has: every size, turn and variant, both ways."""

    profile: Callable[[profiles.Form], Doubles]
    sizes: Callable[[int], Sequence[float]]  # field side → sizes, all in pixels
    turns: int  # rotations, evenly dealt out over `spread`
    spread: float  # degrees; of a wheel, from its first spoke to its last
    variants: tuple[float, ...]
    period: float | None = None  # degrees that turn a form into itself, where `spread` does not


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

    @property
    def stripes(self) -> Doubles:
        """Return what `Stimuli.stripes` says: lines and edges run through the whole picture."""
        through = np.isin(self.family, [FAMILIES.index("line"), FAMILIES.index("edge")])
        return np.where(through, self.rotation % 180, np.nan)

    def draw(self, indices: Integers) -> Floats:
        """Return the pictures of these indices: [k, 3, side, side] of values in 0…1."""
        coverage = np.stack([self._coverage(int(index)) for index in indices])
        return paint(coverage, np.repeat(self.contrast[indices, None] / 2, 3, axis=1))

    def _coverage(self, index: int) -> Doubles:
        finer = max(1, math.ceil(SAMPLES / self.side))
        x, y = (part / finer for part in plane(self.side * finer))
        x, y = x - self.right[index], y - self.up[index]
        angle, scale = math.radians(self.rotation[index]), self.scale[index]
        form = profiles.Form(
            u=(x * math.cos(angle) + y * math.sin(angle)) / scale,
            v=(y * math.cos(angle) - x * math.sin(angle)) / scale,
            size=self.size[index],
            variant=self.variant[index],
            side=self.side,
            sample=1 / finer / scale,
        )
        samples = FAMILY[self.family[index]].profile(form)
        coverage: Doubles = samples.reshape(self.side, finer, self.side, finer).mean((1, 3))
        return coverage

    def take(self, indices: Integers) -> Forms:
        """Return the forms of these indices [k], in their order."""
        side, *columns = vars(self).values()
        return Forms(side, *(column[indices] for column in columns))

    def identities(self) -> Doubles:
        """Return [n, 8] numbers each: forms with the same ones are the same picture."""
        spokes = np.where(self.family == FAMILIES.index("wheel"), self.variant, 1)
        periods = [family.spread if family.period is None else family.period for family in FAMILY]
        period = np.array(periods, np.float64)[self.family] / spokes
        turned = np.divide(self.rotation, period, out=np.zeros(len(self)), where=period > 0) % 1
        _, *columns = vars(replace(self, rotation=turned % 1)).values()
        return np.stack(columns, axis=1).round(9)


def joined(several: Sequence[Forms]) -> Forms:
    """Return forms for fields of one size, one after the other."""
    columns = zip(*(list(vars(each).values())[1:] for each in several), strict=True)
    return Forms(several[0].side, *map(np.concatenate, columns))


def forms(side: int) -> Forms:
    """Return every form for a field of `side` pixels: 14 families of 96, light and dark each."""
    rows = [
        (number, size, turn * family.spread / family.turns, variant, contrast, 1, 0, 0)
        for number, family in enumerate(FAMILY)
        for size, turn, variant in product(family.sizes(side), range(family.turns), family.variants)
        for contrast in (1, -1)
    ]
    family, *others = np.array(rows, np.float64).T
    drawn = Forms(side, family.astype(np.int64), *others)
    wheel = drawn.family == FAMILIES.index("wheel")
    return replace(drawn, rotation=drawn.rotation / np.where(wheel, drawn.variant, 1))


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


# --- Families -------------------------------------------------------------------------------------


def _sizes(least: float, low: float, high: float, count: int) -> Callable[[int], list[float]]:
    """Give so many sizes, equally spaced in ratio, from `low` to `high` in sides of the field.

    The lowest has `least` pixels where the field allows it.
    """

    def sizes(side: int) -> list[float]:
        first = max(low * side, min(least, high * side))
        spaced: list[float] = np.geomspace(first, max(first, high * side), count).tolist()
        return spaced

    return sizes


def _whole_disc(side: int) -> list[float]:
    return [2 * profiles.DISC * side]


DEFINITIONS = {
    "line": Family(profiles.line, _sizes(1, 1 / 24, 1 / 6, 4), 12, 180, (0,)),
    "edge": Family(profiles.edge, lambda side: [1, max(2, side / 8)], 24, 360, (0,)),
    "bar": Family(profiles.bar, _sizes(2.5, 0.25, 0.8, 4), 12, 180, (0,)),
    "corner": Family(profiles.corner, lambda side: [side], 16, 360, (45, 90, 135)),
    "curve": Family(profiles.curve, _sizes(1.5, 1 / 6, 0.5, 3), 16, 360, (0,)),
    "cross": Family(profiles.cross, _sizes(3, 0.3, 0.9, 4), 6, 90, (0.1, 0.3)),
    "rings": Family(
        profiles.rings, _sizes(FINEST, 1 / 12, 1 / 2.2, 12), 1, 0, (0, 0.25, 0.5, 0.75)
    ),
    "wheel": Family(profiles.wheel, _whole_disc, 6, 360, (3, 4, 5, 6, 8, 10, 12, 16)),
    "spiral": Family(profiles.spiral, _sizes(FINEST, 0.1, 1 / 3, 2), 6, 360, (1, -1, 3, -3)),
    "checks": Family(profiles.checks, _sizes(FINEST / 2, 1 / 16, 1 / 3, 4), 6, 90, (0, 1), 180),
    "plaid": Family(profiles.plaid, _sizes(FINEST, 1 / 12, 1 / 1.5, 4), 6, 90, (0, 1)),
    "honeycomb": Family(profiles.honeycomb, _sizes(FINEST, 0.1, 0.5, 6), 4, 60, (0, 1), 180),
    "dots": Family(profiles.dots, _sizes(FINEST, 0.1, 0.5, 4), 6, 90, (0, 1)),
    "blob": Family(profiles.blob, _sizes(1, 1 / 16, 0.5, 12), 1, 0, (2, 4, 8, 16)),
}
FAMILIES = tuple(DEFINITIONS)
FAMILY = tuple(DEFINITIONS.values())
