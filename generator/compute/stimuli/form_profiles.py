"""The shapes of the stimuli's forms: coordinates in, coverage out.

u [h, w] runs along a form's rotation and v [h, w] a quarter turn to the left of it, both in pixels
from the picture's middle. A profile is 1 in the form and 0 outside, with contours one sample
soft. Size, in pixels, and variant mean what `forms.Forms` says of each family.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from generator.compute.stimuli.draw import Doubles

DISC = 0.48  # radius of rings, wheel and spiral, in field sides


@dataclass(frozen=True)
class Sheet:
    """What a form is drawn on."""

    side: int  # of the field, pixels
    sample: float  # distance between two points where the profile is asked for, pixels


def soft(inside: Doubles, sheet: Sheet) -> Doubles:
    """Turn a distance to the contour, in pixels and positive inside, into a coverage 0…1."""
    return np.clip(inside / sheet.sample + 0.5, 0, 1)


def stripes(turns: Doubles) -> Doubles:
    """Return the distance to the nearest border of stripes, in turns, positive where it is light.

    A turn is a light and a dark stripe; a light one is centred on every whole turn.
    """
    return 0.25 - np.abs((turns + 0.5) % 1 - 0.5)


def line(u: Doubles, v: Doubles, size: float, variant: float, sheet: Sheet) -> Doubles:
    """Draw a stripe through the whole field."""
    del u, variant
    return soft(size / 2 - np.abs(v), sheet)


def edge(u: Doubles, v: Doubles, size: float, variant: float, sheet: Sheet) -> Doubles:
    """Draw everything to the left of the rotation."""
    del u, variant
    return np.clip(v / max(size, sheet.sample) + 0.5, 0, 1)


def bar(u: Doubles, v: Doubles, size: float, variant: float, sheet: Sheet) -> Doubles:
    """Draw a rectangle two and a half times as long as thick."""
    del variant
    return soft(size / 2 - np.abs(u), sheet) * soft(size / 5 - np.abs(v), sheet)


def corner(u: Doubles, v: Doubles, size: float, variant: float, sheet: Sheet) -> Doubles:
    """Draw a wedge with its tip in the middle."""
    del size
    half = math.radians(variant / 2)
    return soft(u * math.sin(half) - np.abs(v) * math.cos(half), sheet)


def curve(u: Doubles, v: Doubles, size: float, variant: float, sheet: Sheet) -> Doubles:
    """Draw an arc of 150 degrees, its own middle in the picture's."""
    del variant
    reach = math.radians(75)
    from_centre = u - size * (1 + math.cos(reach)) / 2  # the arc's middle is the picture's
    radius = np.hypot(from_centre, v)
    angle = np.abs(np.arctan2(v, -from_centre))
    stroke = soft(max(1.0, sheet.side / 12) / 2 - np.abs(radius - size), sheet)
    return stroke * soft((reach - angle) * radius, sheet)


def cross(u: Doubles, v: Doubles, size: float, variant: float, sheet: Sheet) -> Doubles:
    """Draw two bars, one across the other."""
    half = max(1.0, size * variant) / 2
    across = soft(size / 2 - np.abs(u), sheet) * soft(half - np.abs(v), sheet)
    upright = soft(size / 2 - np.abs(v), sheet) * soft(half - np.abs(u), sheet)
    return np.maximum(across, upright)


def _disc(u: Doubles, v: Doubles, sheet: Sheet) -> Doubles:
    return soft(DISC * sheet.side - np.hypot(u, v), sheet)


def rings(u: Doubles, v: Doubles, size: float, variant: float, sheet: Sheet) -> Doubles:
    """Draw concentric rings in a disc."""
    return soft(stripes(np.hypot(u, v) / size + variant) * size, sheet) * _disc(u, v, sheet)


def wheel(u: Doubles, v: Doubles, size: float, variant: float, sheet: Sheet) -> Doubles:
    """Draw spokes as wide as the gaps between them."""
    radius, angle = np.hypot(u, v), np.arctan2(v, u)
    spokes = stripes(angle / (2 * math.pi) * variant) * radius * (2 * math.pi / variant)
    return soft(spokes, sheet) * soft(size / 2 - radius, sheet)


def spiral(u: Doubles, v: Doubles, size: float, variant: float, sheet: Sheet) -> Doubles:
    """Draw one or more arms in a disc."""
    radius, angle = np.hypot(u, v), np.arctan2(v, u) / (2 * math.pi)
    arms = abs(variant)
    turns = radius / size - angle * variant
    steepness = np.hypot(1 / size, arms / (2 * math.pi * np.maximum(radius, 1e-6)))
    return soft(stripes(turns) / steepness, sheet) * _disc(u, v, sheet)


def checks(u: Doubles, v: Doubles, size: float, variant: float, sheet: Sheet) -> Doubles:
    """Draw squares in two values."""
    period = 2 * size
    first = soft(stripes(u / period + variant / 4) * period, sheet)
    second = soft(stripes(v / period + variant / 4) * period, sheet)
    return first * second + (1 - first) * (1 - second)


def plaid(u: Doubles, v: Doubles, size: float, variant: float, sheet: Sheet) -> Doubles:
    """Draw two sinusoids at right angles, added."""
    del sheet
    turn = 2 * math.pi / size
    offset = math.pi * variant
    return (2 + np.cos(turn * u + offset) + np.cos(turn * v + offset)) / 4


def honeycomb(u: Doubles, v: Doubles, size: float, variant: float, sheet: Sheet) -> Doubles:
    """Draw the walls of six-sided cells."""
    u = u + variant * size / 2
    height = size * math.sqrt(3)  # of two rows of cells
    walls = np.full(np.broadcast_shapes(u.shape, v.shape), -np.inf)
    for shift in (0.0, 0.5):  # cell centres: two interleaved rectangular lattices
        a = (u + (shift + 0.5) * size) % size - size / 2
        b = (v + (shift + 0.5) * height) % height - height / 2
        slanted = np.abs(a) / 2 + np.abs(b) * math.sqrt(3) / 2
        walls = np.maximum(walls, size / 2 - np.maximum(np.abs(a), slanted))
    return soft(max(1.0, size / 6) / 2 - walls, sheet)


def dots(u: Doubles, v: Doubles, size: float, variant: float, sheet: Sheet) -> Doubles:
    """Draw discs on a square lattice."""
    shift = (1 - variant) * size / 2
    a = (u + shift) % size - size / 2
    b = (v + shift) % size - size / 2
    return soft(size * 0.3 - np.hypot(a, b), sheet)


def blob(u: Doubles, v: Doubles, size: float, variant: float, sheet: Sheet) -> Doubles:
    """Draw a disc with a soft border."""
    del sheet
    return np.exp2(-((np.hypot(u, v) / (size / 2)) ** variant))
