"""What all charts share: their shape, numbers as short strings for SVG, and names along an axis."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

Point = tuple[float, float]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Tick:
    """A number or name under a chart; `anchor` is how it lies about its place."""

    x: str
    text: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Chart:
    """A drawing, in units of its own with y downwards, and the same numbers in words."""

    path: str
    mark: str  # path of what stands out: the preferred, the best; "" where nothing does
    alt: str
    ticks: tuple[Tick, ...] = ()


def short(value: float, places: int = 1) -> str:
    """Return a coordinate with at most so many decimals, at least one: "12.5", "3", "0"."""
    text = f"{value:.{places}f}".rstrip("0").removesuffix(".")
    return "0" if text == "-0" else text


def line(points: Iterable[Point]) -> str:
    """Return a path through points in as few characters as can be."""
    path = " ".join(short(value) for point in points for value in point)
    return "M" + path.replace(" -", "-")


def thinned(values: Sequence[Value], most: int) -> Sequence[Value]:
    """Return every value, or every second, third … so that they are at most `most`."""
    return values[:: math.ceil(len(values) / most) or 1]
