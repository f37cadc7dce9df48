"""Drawn patterns: edges, gratings and the like, to which the first layers of a network respond."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from generator.atlas.schema import Credit
from generator.errors import ImagesError

SEED = 20140906
PER_FAMILY = 40
SIDE = 256  # pixels
FINER = 3  # each pixel averages this many samples across and down, so that edges are smooth

Plane = npt.NDArray[np.floating[Any]]  # [h, w]
Mask = npt.NDArray[np.bool_]  # [h, w] True where the first colour lies

CREDIT = Credit(
    title="Patterns",
    authors="Filter Gallery",
    licence="Apache-2.0",
    licence_url="https://www.apache.org/licenses/LICENSE-2.0",
    source="drawn by Filter Gallery itself",
    how_to_credit="Patterns drawn by Filter Gallery, Apache-2.0.",
)

COLOURS: dict[str, tuple[int, int, int]] = {  # RGB
    "black": (16, 16, 16),
    "white": (245, 245, 245),
    "grey": (128, 128, 128),
    "red": (214, 40, 40),
    "orange": (242, 140, 40),
    "yellow": (245, 215, 60),
    "green": (40, 150, 70),
    "cyan": (50, 190, 210),
    "blue": (35, 80, 200),
    "violet": (125, 60, 170),
    "pink": (240, 130, 170),
    "brown": (120, 75, 40),
}
DIRECTIONS = (  # clockwise in eighths of a turn
    "to the right",
    "down to the right",
    "downwards",
    "down to the left",
    "to the left",
    "up to the left",
    "upwards",
    "up to the right",
)
LEAST_CONTRAST = 110  # distance between two colours in RGB, 0…442


@dataclass(frozen=True)
class Ground:
    """Where a pattern is drawn: [h, w] coordinates, the picture's half side being 1.

    x points right and y down, then both are turned clockwise on the page by `angle` degrees.
    """

    x: Plane
    y: Plane
    angle: int
    random: np.random.Generator

    def radius(self) -> Plane:
        """Return the distance from the origin."""
        return np.hypot(self.x, self.y)

    def sector(self) -> Plane:
        """Return the angle around the origin in −0.5…0.5 turns."""
        return np.arctan2(self.y, self.x) / np.float32(2 * np.pi)

    def between(self, low: float, high: float) -> np.float32:
        """Return a random number."""
        return np.float32(self.random.uniform(low, high))


def make(
    folder: Path, work: Path, source: Path | None, report: Callable[[str], None]
) -> tuple[Credit, dict[str, str]]:
    """Fill a folder with patterns, one folder a family; return credit and captions.

    Raises ImagesError where a source is given.
    """
    del work  # nothing is downloaded or unpacked
    if source is not None:
        raise ImagesError("the patterns are drawn, not taken from anywhere: leave out --from")
    report(f"drawing {PER_FAMILY * len(FAMILIES)} patterns")
    return CREDIT, draw_all(folder, PER_FAMILY, SIDE)


def draw_all(folder: Path, count: int, side: int) -> dict[str, str]:
    """Draw `count` patterns a family as PNG of `side` pixels; return captions by path."""
    captions = {}
    for family in FAMILIES:
        (folder / family).mkdir()
        for number in range(1, count + 1):
            pixels, caption = draw(family, number, side)
            path = f"{family}/{family}_{number:02d}.png"
            Image.fromarray(pixels).save(folder / path)
            captions[path] = caption
    return captions


def draw(family: str, number: int, side: int) -> tuple[npt.NDArray[np.uint8], str]:
    """Return one pattern as [side, side, 3] (h w c), and its caption.

    The same family, number and side always give the same picture.
    """
    random = np.random.default_rng([SEED, list(FAMILIES).index(family), number])
    angle = 15 * int(random.integers(24))
    mask, words = FAMILIES[family](_ground(side * FINER, angle, random))
    share = mask.reshape(side, FINER, side, FINER).mean((1, 3))[..., None]  # h w 1
    front, back = _two_colours(random)
    mixed = share * np.array(COLOURS[front]) + (1 - share) * np.array(COLOURS[back])
    return np.rint(mixed).astype(np.uint8), f"{words}, {front} and {back}"


def _ground(samples: int, angle: int, random: np.random.Generator) -> Ground:
    """Return coordinates turned by an angle about the centre, 0 leaving x to the right."""
    line = (np.arange(samples, dtype=np.float32) + 0.5) / samples * 2 - 1
    turn = np.deg2rad(np.float32(angle))
    cosine, sine = np.cos(turn), np.sin(turn)
    across, down = line[None, :], line[:, None]
    return Ground(across * cosine + down * sine, down * cosine - across * sine, angle, random)


def _two_colours(random: np.random.Generator) -> tuple[str, str]:
    """Return the names of two colours that stand apart."""
    names = list(COLOURS)
    while True:
        front, back = (names[index] for index in random.choice(len(names), 2, replace=False))
        if np.linalg.norm(np.subtract(COLOURS[front], COLOURS[back])) >= LEAST_CONTRAST:
            return front, back


def _lean(angle: int) -> str:
    """Return in words how far lines lean that stand upright at angle 0; angles turn clockwise."""
    turn = angle % 180
    if turn in (0, 90):
        return "horizontal" if turn else "vertical"
    return f"leaning {turn}° to the right" if turn < 90 else f"leaning {180 - turn}° to the left"


def _gratings(ground: Ground) -> tuple[Mask, str]:
    period = ground.between(0.08, 0.6)
    size = "fine" if period < 0.2 else "broad" if period > 0.4 else "medium"
    share = ground.between(0.3, 0.7)
    mask = (ground.x / period + ground.between(0, 1)) % 1 < share
    return mask, f"grating of {size} stripes, {_lean(ground.angle)}"


def _checks(ground: Ground) -> tuple[Mask, str]:
    side = ground.between(0.06, 0.35)
    shift = ground.between(0, 1)
    mask = (np.floor(ground.x / side + shift) + np.floor(ground.y / side + shift)) % 2 == 0
    turn = ground.angle % 90
    return mask, f"checks{f', turned by {turn}°' if turn else ''}"


def _rings(ground: Ground) -> tuple[Mask, str]:
    period = ground.between(0.12, 0.5)
    mask = (ground.radius() / period + ground.between(0, 1)) % 1 < 0.5
    return mask, f"{'narrow' if period < 0.25 else 'wide'} rings around one centre"


def _wheels(ground: Ground) -> tuple[Mask, str]:
    spokes = int(ground.random.integers(4, 25))
    rim = ground.between(0.6, 0.95)
    hub = ground.between(0.08, 0.2)
    radius = ground.radius()
    turning = (ground.sector() * spokes) % 1 < 0.5
    mask = (turning & (radius < rim)) | (radius < hub) | (np.abs(radius - rim) < 0.05)
    return mask, f"wheel with {spokes} spokes"


def _spirals(ground: Ground) -> tuple[Mask, str]:
    arms = int(ground.random.integers(1, 6))
    way = 1 if ground.random.integers(2) else -1
    period = ground.between(0.25, 0.6)
    mask = (ground.radius() / period * way + ground.sector() * arms) % 1 < 0.5
    # The phase r·way/period + arms·θ stays the same while θ (clockwise, as y points down) falls as
    # r grows for way = 1.
    turn = "counter-clockwise" if way > 0 else "clockwise"
    return mask, f"spiral of {arms} arm{'s' if arms > 1 else ''}, {turn} from its centre"


def _honeycombs(ground: Ground) -> tuple[Mask, str]:
    size = ground.between(0.12, 0.4)  # between the middles of neighbours
    wall = ground.between(0.08, 0.25)
    x, y = ground.x / size, ground.y / size
    rows = np.float32(np.sqrt(3))
    # Middles form two rectangular lattices; the edge of a cell is where both are equally near.
    first = (x + 0.5) % 1 - 0.5, (y + rows / 2) % rows - rows / 2
    second = x % 1 - 0.5, y % rows - rows / 2
    nearer = np.hypot(*first) < np.hypot(*second)
    across = np.abs(np.where(nearer, first[0], second[0]))
    down = np.abs(np.where(nearer, first[1], second[1]))
    reach = np.maximum(across, across / 2 + down * rows / 2)  # 0.5 on the edge of a hexagon
    return reach > 0.5 - wall / 2, f"{'small' if size < 0.22 else 'large'} honeycomb"


def _corners(ground: Ground) -> tuple[Mask, str]:
    opening = int(ground.random.choice([60, 90, 120]))
    away = np.abs(ground.sector() * 360) - opening / 2  # degrees outside the wedge, about +x
    if ground.random.integers(2):
        return away < 0, f"corner of {opening}° that opens {_opens(ground.angle)}"
    half = np.deg2rad(np.float32(opening / 2))
    depth = ground.x * np.sin(half) - np.abs(ground.y) * np.cos(half)  # distance from the sides
    mask = (depth / ground.between(0.15, 0.4)) % 1 < 0.5
    return mask, f"nested corners of {opening}° that open {_opens(ground.angle)}"


def _opens(angle: int) -> str:
    """Name the direction that is +x at angle 0, to the nearest eighth of a turn."""
    return DIRECTIONS[round(angle / 45) % 8]


def _curves(ground: Ground) -> tuple[Mask, str]:
    period = ground.between(0.15, 0.45)
    if ground.random.integers(2):
        bend = ground.between(1.2, 2.5)  # radius of the arc through the centre
        mask = (np.hypot(ground.x - bend, ground.y) / period) % 1 < 0.5
        return mask, f"arcs, {_lean(ground.angle)}"
    height, length = ground.between(0.08, 0.25), ground.between(0.5, 1.2)
    wave = height * np.sin(ground.y / length * np.float32(2 * np.pi))
    return ((ground.x + wave) / period) % 1 < 0.5, f"waves, {_lean(ground.angle)}"


def _dots(ground: Ground) -> tuple[Mask, str]:
    period = ground.between(0.15, 0.5)
    size = ground.between(0.2, 0.42)
    x, y = ground.x / period, ground.y / period
    shifted = bool(ground.random.integers(2))
    if shifted:
        x = x + np.floor(y + 0.5) % 2 / 2
    mask = np.hypot((x + 0.5) % 1 - 0.5, (y + 0.5) % 1 - 0.5) < size
    grain = "small" if period * size < 0.08 else "large"
    return mask, f"{grain} dots {'in shifted rows' if shifted else 'in a square grid'}"


FAMILIES: dict[str, Callable[[Ground], tuple[Mask, str]]] = {
    "gratings": _gratings,
    "checks": _checks,
    "rings": _rings,
    "wheels": _wheels,
    "spirals": _spirals,
    "honeycombs": _honeycombs,
    "corners": _corners,
    "curves": _curves,
    "dots": _dots,
}
