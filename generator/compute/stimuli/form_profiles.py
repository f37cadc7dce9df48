"""The shapes of the stimuli's forms: coordinates in, coverage out.

A profile is 1 in the form and 0 outside, with contours one sample soft. `forms.Forms` says what
size and variant mean in each family.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from generator.compute.stimuli.draw import Doubles

DISC = 0.48  # radius of rings, wheel and spiral, in field sides


@dataclass(frozen=True)
class Form:
    """One form, and the points where its profile is asked for."""

    u: Doubles  # [h, w] pixels from the form's middle, along its rotation
    v: Doubles  # [h, w] the same, a quarter turn to the left of it
    size: float  # pixels
    variant: float
    side: int  # of the field, pixels
    sample: float  # distance between two points, pixels

    @property
    def radius(self) -> Doubles:
        """Return the distance from the middle, pixels."""
        return np.hypot(self.u, self.v)

    @property
    def turn(self) -> Doubles:
        """Return the angle around the middle, in turns from the rotation on."""
        return np.arctan2(self.v, self.u) / (2 * math.pi)

    def soft(self, inside: Doubles) -> Doubles:
        """Turn a distance to the contour, in pixels and positive inside, into a coverage 0…1."""
        return np.clip(inside / self.sample + 0.5, 0, 1)

    def disc(self) -> Doubles:
        """Return the profile of a disc that fills the field."""
        return self.soft(DISC * self.side - self.radius)


def stripes(turns: Doubles) -> Doubles:
    """Return the distance to the nearest border of stripes, in turns, positive where it is light.

    A turn is a light and a dark stripe; a light one is centred on every whole turn.
    """
    return 0.25 - np.abs((turns + 0.5) % 1 - 0.5)


def line(form: Form) -> Doubles:
    """Draw a stripe through the whole field."""
    return form.soft(form.size / 2 - np.abs(form.v))


def edge(form: Form) -> Doubles:
    """Draw everything to the left of the rotation."""
    return np.clip(form.v / max(form.size, form.sample) + 0.5, 0, 1)


def bar(form: Form) -> Doubles:
    """Draw a rectangle two and a half times as long as thick."""
    return form.soft(form.size / 2 - np.abs(form.u)) * form.soft(form.size / 5 - np.abs(form.v))


def corner(form: Form) -> Doubles:
    """Draw a wedge with its tip in the middle."""
    half = math.radians(form.variant / 2)
    return form.soft(form.u * math.sin(half) - np.abs(form.v) * math.cos(half))


def curve(form: Form) -> Doubles:
    """Draw an arc of 150 degrees, its own middle in the picture's."""
    reach = math.radians(75)
    from_centre = form.u - form.size * (1 + math.cos(reach)) / 2
    radius = np.hypot(from_centre, form.v)
    angle = np.abs(np.arctan2(form.v, -from_centre))
    stroke = form.soft(max(1.0, form.side / 12) / 2 - np.abs(radius - form.size))
    return stroke * form.soft((reach - angle) * radius)


def cross(form: Form) -> Doubles:
    """Draw two bars, one across the other."""
    half = max(1.0, form.size * form.variant) / 2
    u, v = np.abs(form.u), np.abs(form.v)
    across = form.soft(form.size / 2 - u) * form.soft(half - v)
    upright = form.soft(form.size / 2 - v) * form.soft(half - u)
    return np.maximum(across, upright)


def rings(form: Form) -> Doubles:
    """Draw concentric rings in a disc."""
    light = stripes(form.radius / form.size + form.variant) * form.size
    return form.soft(light) * form.disc()


def wheel(form: Form) -> Doubles:
    """Draw spokes as wide as the gaps between them."""
    spokes = stripes(form.turn * form.variant) * form.radius * (2 * math.pi / form.variant)
    return form.soft(spokes) * form.soft(form.size / 2 - form.radius)


def spiral(form: Form) -> Doubles:
    """Draw one or more arms in a disc."""
    arms = abs(form.variant)
    turns = form.radius / form.size - form.turn * form.variant
    steepness = np.hypot(1 / form.size, arms / (2 * math.pi * np.maximum(form.radius, 1e-6)))
    return form.soft(stripes(turns) / steepness) * form.disc()


def checks(form: Form) -> Doubles:
    """Draw squares in two values."""
    period = 2 * form.size
    first = form.soft(stripes(form.u / period + form.variant / 4) * period)
    second = form.soft(stripes(form.v / period + form.variant / 4) * period)
    return first * second + (1 - first) * (1 - second)


def plaid(form: Form) -> Doubles:
    """Draw two sinusoids at right angles, added."""
    turn, offset = 2 * math.pi / form.size, math.pi * form.variant
    return (2 + np.cos(turn * form.u + offset) + np.cos(turn * form.v + offset)) / 4


def honeycomb(form: Form) -> Doubles:
    """Draw the walls of six-sided cells."""
    size = form.size
    height = size * math.sqrt(3)  # of two rows of cells
    walls = np.full(np.broadcast_shapes(form.u.shape, form.v.shape), -np.inf)
    for shift in (0.0, 0.5):  # cell centres: two interleaved rectangular lattices
        a = (form.u + (form.variant / 2 + shift + 0.5) * size) % size - size / 2
        b = (form.v + (shift + 0.5) * height) % height - height / 2
        slanted = np.abs(a) / 2 + np.abs(b) * math.sqrt(3) / 2
        walls = np.maximum(walls, size / 2 - np.maximum(np.abs(a), slanted))
    return form.soft(max(1.0, size / 6) / 2 - walls)


def dots(form: Form) -> Doubles:
    """Draw discs on a square lattice."""
    size, shift = form.size, (1 - form.variant) * form.size / 2
    a = (form.u + shift) % size - size / 2
    b = (form.v + shift) % size - size / 2
    return form.soft(size * 0.3 - np.hypot(a, b))


def blob(form: Form) -> Doubles:
    """Draw a disc with a soft border."""
    return np.exp2(-((form.radius / (form.size / 2)) ** form.variant))
