r"""Pictures whose content is known, to measure what filters respond to: gratings and colours.

Every stimulus is a square RGB picture of values in 0…1 on mid grey, drawn at the size of a
receptive field from exact parameters. Forms are drawn in `generator.compute.stimuli.forms`.

Directions: an orientation is the direction along which a stripe runs, in degrees 0…180, counted
counter-clockwise from the horizontal as one reads it on the page: "/" is 45, "\\" is 135. Rows of a
picture grow downwards, so the y of all formulas here is minus the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

GREY = 0.5  # the background
ORIENTATIONS: Doubles = np.linspace(0, 180, 16, endpoint=False)  # degrees
FREQUENCIES = 8
HIGHEST_FREQUENCY = 0.4  # cycles per pixel; 0.5 is the most that pixels can carry
PHASES: Doubles = np.linspace(0, 360, 4, endpoint=False)  # degrees, at the field's centre

HUES: Doubles = np.linspace(0, 360, 24, endpoint=False)  # degrees: 0 red, 120 green, 240 blue
# Distance from mid grey, in RGB, that every hue reaches inside 0…1.
STRONG = 0.5 / np.sqrt(2 / 3)
SATURATIONS: Doubles = np.array([STRONG / 2, STRONG])
GREYS = np.linspace(0, 1, 9)
HUE_ORIENTATIONS: Doubles = np.linspace(0, 180, 4, endpoint=False)  # degrees
HUE_FREQUENCIES = (1, 3, 5)  # of the gratings' eight

AXES = ("luminance", "red–green", "blue–yellow")
# What is added to mid grey at the crest of a grating and taken away in its trough, RGB. The two
# opponent axes lie in the plane of equal luminance R + G + B.
AXIS_COLOURS = np.array(
    [
        [0.5, 0.5, 0.5],
        STRONG / np.sqrt(2) * np.array([1, -1, 0]),
        STRONG / np.sqrt(6) * np.array([-1, -1, 2]),
    ]
)


class Stimuli(Protocol):
    """A family of pictures, each known by its index."""

    @property
    def side(self) -> int:
        """Height and width of the pictures, in pixels."""

    def __len__(self) -> int: ...

    @property
    def stripes(self) -> Doubles:
        """Degrees [n] along which a picture stays the same; NaN where it does along none."""

    def draw(self, indices: Integers) -> Floats:
        """Return the pictures of these indices: [k, 3, side, side] of values in 0…1."""


def frequencies(side: int) -> Doubles:
    """Return the eight spatial frequencies [8] for a field of `side` pixels, rising.

    Cycles per pixel, equally spaced in octaves, from half a cycle per field on.
    """
    lowest = min(0.5 / side, HIGHEST_FREQUENCY / 2)
    rising: Doubles = np.geomspace(lowest, HIGHEST_FREQUENCY, FREQUENCIES)
    return rising


def hue_direction(hue: Doubles) -> Doubles:
    """Return the unit vectors [n, 3] in RGB of hues [n] in degrees, orthogonal to (1, 1, 1)."""
    angle = np.deg2rad(hue)[:, None]
    towards_red = np.array([2, -1, -1]) / np.sqrt(6)
    towards_green = np.array([0, 1, -1]) / np.sqrt(2)
    directions: Doubles = np.cos(angle) * towards_red + np.sin(angle) * towards_green
    return directions


def plane(side: int) -> tuple[Doubles, Doubles]:
    """Return x (rightwards) [1, side] and y (upwards) [side, 1] of pixel centres.

    Pixels from the picture's middle.
    """
    from_middle: Doubles = np.linspace(-(side - 1) / 2, (side - 1) / 2, side)
    return from_middle[None, :], -from_middle[:, None]


def paint(profiles: Doubles, colours: Doubles) -> Floats:
    """Add profiles [k, h, w] in colours [k, 3] to mid grey: [k, 3, h, w].

    Rounding may carry a value over 0 or 1 by a hair; it is brought back.
    """
    pictures = GREY + colours[:, :, None, None] * profiles[:, None]
    return np.clip(pictures, 0, 1).astype(np.float32)


def waves(side: int, orientation: Doubles, frequency: Doubles, phase: Doubles) -> Doubles:
    """Return sinusoids [k, side, side] of values −1…1.

    `orientation` [k] degrees along the stripes, `frequency` [k] cycles per pixel, `phase` [k]
    degrees at the picture's middle, 0 being a crest.
    """
    x, y = plane(side)
    angle = np.deg2rad(orientation)[:, None, None]
    across = y * np.cos(angle) - x * np.sin(angle)
    turns = frequency[:, None, None] * across + phase[:, None, None] / 360
    values: Doubles = np.cos(2 * np.pi * turns)
    return values


@dataclass(frozen=True)
class Waves:
    """Sinusoids from one colour to another, uniform where their frequency is 0."""

    side: int  # pixels
    orientation: Doubles  # [n] degrees along the stripes
    frequency: Doubles  # [n] cycles per pixel
    phase: Doubles  # [n] degrees at the centre, 0 a crest
    colour: Doubles  # [n, 3] what a crest adds to mid grey, RGB
    trough: ClassVar[float]  # what a trough adds to it, as a multiple of `colour`

    def __len__(self) -> int:
        return len(self.phase)

    @property
    def stripes(self) -> Doubles:
        """Return what `Stimuli.stripes` says."""
        return self.orientation

    def draw(self, indices: Integers) -> Floats:
        """Return the pictures of these indices: [k, 3, side, side] of values in 0…1."""
        crests = waves(
            self.side, self.orientation[indices], self.frequency[indices], self.phase[indices]
        )
        return paint(self.trough + (1 - self.trough) * (1 + crests) / 2, self.colour[indices])


@dataclass(frozen=True)
class Gratings(Waves):
    """Gratings around mid grey, in the order orientation, frequency, phase, axis, the last fastest.

    Their crests have the colours of AXIS_COLOURS.
    """

    axis: Integers  # [n] index into AXES
    trough = -1.0


@dataclass(frozen=True)
class Colours(Waves):
    """Uniform fields of colour, uniform greys, and gratings from mid grey to one colour."""

    hue: Doubles  # [n] degrees; NaN for a grey
    trough = 0.0


def _combinations(*values: npt.ArrayLike) -> list[Doubles]:
    """Return every combination of the values: one array [n] for each, the last changing fastest."""
    return [part.ravel() for part in np.meshgrid(*values, indexing="ij")]


GRATING_SHAPE = (len(ORIENTATIONS), FREQUENCIES, len(PHASES), len(AXES))


def gratings(side: int) -> Gratings:
    """Return the 16 × 8 × 4 × 3 gratings for a field of `side` pixels."""
    orientation, frequency, phase, number = _combinations(
        ORIENTATIONS, frequencies(side), PHASES, range(len(AXES))
    )
    axis = number.astype(np.int64)
    return Gratings(side, orientation, frequency, phase, AXIS_COLOURS[axis], axis)


def colours(side: int) -> Colours:
    """Return 24 × 2 uniform hues, 9 greys, and 24 × 4 × 3 × 4 gratings from grey to a hue."""
    saturation, fields = _combinations(SATURATIONS, HUES)
    chosen = frequencies(side)[list(HUE_FREQUENCIES)]
    hue, orientation, frequency, phase = _combinations(HUES, HUE_ORIENTATIONS, chosen, PHASES)
    uniform = np.zeros(len(fields) + len(GREYS))
    colour = [
        saturation[:, None] * hue_direction(fields),
        np.repeat(GREYS[:, None] - GREY, 3, axis=1),
        STRONG * hue_direction(hue),
    ]
    return Colours(
        side=side,
        orientation=np.concatenate([uniform, orientation]),
        frequency=np.concatenate([uniform, frequency]),
        phase=np.concatenate([uniform, phase]),
        colour=np.concatenate(colour),
        hue=np.concatenate([fields, np.full(len(GREYS), np.nan), hue]),
    )
