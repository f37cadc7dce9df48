r"""Drawings for a reader without a picture at hand: black on white, as one draws by hand.

Directions are counted counter-clockwise from the horizontal, as everywhere: "/" is 45, "\" −45.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from PIL import Image, ImageDraw

from generator.names import Size

FINER = 4  # times as many pixels a side are drawn as are shown
WHITE, BLACK = 255, 20


@dataclass(frozen=True)
class Pen:
    """Draws on a picture in a plane whose y grows upwards; the shorter side goes from −1 to 1."""

    canvas: ImageDraw.ImageDraw
    middle: tuple[float, float]  # x, y in pixels
    unit: float  # pixels

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixel of a point."""
        return self.middle[0] + x * self.unit, self.middle[1] - y * self.unit

    def line(self, points: Sequence[tuple[float, float]], thickness: float = 0.08) -> None:
        """Draw a line through points, with round ends and corners."""
        half = thickness / 2
        for (x, y), (right, up) in pairwise(points):
            length = math.hypot(right - x, up - y)
            dx, dy = half * (right - x) / length, half * (up - y) / length
            corners = ((x - dy, y + dx), (x + dy, y - dx), (right + dy, up - dx))
            self.canvas.polygon(
                [self.at(*each) for each in (*corners, (right - dy, up + dx))], BLACK
            )
        for x, y in points:
            self.disc(x, y, half)

    def disc(self, x: float, y: float, radius: float) -> None:
        """Fill a circle."""
        corners = (*self.at(x - radius, y + radius), *self.at(x + radius, y - radius))
        self.canvas.ellipse(corners, BLACK)

    def ring(self, x: float, y: float, radius: float, thickness: float = 0.08) -> None:
        """Draw a circle's line."""
        turns = [math.tau * step / 180 for step in range(181)]
        self.line([(x + radius * math.cos(t), y + radius * math.sin(t)) for t in turns], thickness)


def bar(degrees: float) -> Callable[[Pen], None]:
    """Return what draws a straight bar of this direction through the middle."""
    x, y = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return lambda pen: pen.line([(-0.7 * x, -0.7 * y), (0.7 * x, 0.7 * y)], 0.16)


def stripes(pen: Pen) -> None:
    """Draw level stripes over the whole width."""
    for row in range(-6, 7):
        pen.line([(-9, row / 4), (9, row / 4)], 0.125)


def wheel(pen: Pen) -> None:
    """Draw a rim, a hub and eight spokes."""
    _wheel(pen, 0, 0, 0.75, spokes=8)
    pen.disc(0, 0, 0.12)


def _wheel(
    pen: Pen, x: float, y: float, radius: float, spokes: int, thickness: float = 0.07
) -> None:
    pen.ring(x, y, radius, thickness)
    for spoke in range(spokes):
        turn = math.tau * spoke / spokes
        end = (x + radius * math.cos(turn), y + radius * math.sin(turn))
        pen.line([(x, y), end], thickness / 2)


def bicycle(pen: Pen) -> None:
    """Draw a bicycle from its right side."""
    back, front, pedals, saddle, head = (
        *((-0.52, -0.3), (0.52, -0.3)),
        *((-0.08, -0.3), (-0.2, 0.22), (0.36, 0.24)),
    )
    for x, y in (back, front):
        _wheel(pen, x, y, 0.36, spokes=12, thickness=0.05)
    pen.line([back, pedals, head, saddle, back])
    pen.line([pedals, (-0.24, 0.36)])
    pen.line([(-0.36, 0.38), (-0.12, 0.38)], 0.1)
    pen.line([front, head, (0.33, 0.4), (0.5, 0.42)])
    pen.disc(*pedals, 0.08)


def face(pen: Pen) -> None:
    """Draw a round face with eyes, nose and mouth."""
    pen.ring(0, 0, 0.75)
    for side in (-1, 1):
        pen.disc(side * 0.28, 0.22, 0.1)
        pen.line([(side * 0.42, 0.42), (side * 0.28, 0.46), (side * 0.14, 0.42)], 0.06)
    pen.line([(0, 0.15), (-0.06, -0.1), (0.05, -0.1)], 0.06)
    turns = [math.radians(degrees) for degrees in range(200, 341, 5)]
    pen.line([(0.42 * math.cos(t), -0.08 + 0.42 * math.sin(t)) for t in turns])


def honeycomb(pen: Pen) -> None:
    """Draw cells of six sides over the whole picture."""
    side = 0.2
    across = side * math.sqrt(3)
    turns = [math.radians(60 * corner + 30) for corner in range(7)]
    for row in range(-9, 10):
        for column in range(-9, 10):
            x, y = (column + row % 2 / 2) * across, row * 1.5 * side
            pen.line([(x + side * math.cos(t), y + side * math.sin(t)) for t in turns], 0.05)


# Name, words and what draws it.
DRAWINGS: tuple[tuple[str, str, Callable[[Pen], None]], ...] = (
    ("bar-45", "a bar at −45°", bar(-45)),
    ("bar45", "a bar at 45°", bar(45)),
    ("bar90", "an upright bar", bar(90)),
    ("bar0", "a level bar", bar(0)),
    ("stripes", "level stripes", stripes),
    ("disc", "a disc", lambda pen: pen.disc(0, 0, 0.6)),
    ("wheel", "a wheel with eight spokes", wheel),
    ("honeycomb", "a honeycomb", honeycomb),
    ("face", "a face", face),
    ("bicycle", "a bicycle", bicycle),
)


def draw_all(size: Size) -> Iterator[tuple[str, str, Image.Image]]:
    """Yield name, words and picture of each drawing, as wide and high as an input."""
    for name, words, draw in DRAWINGS:
        finer = (size.width * FINER, size.height * FINER)
        picture = Image.new("L", finer, WHITE)
        middle, unit = ((finer[0] - 1) / 2, (finer[1] - 1) / 2), min(finer) / 2
        draw(Pen(ImageDraw.Draw(picture), middle, unit))
        yield name, words, picture.reduce(FINER)
