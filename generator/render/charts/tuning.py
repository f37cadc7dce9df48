"""Charts of what a filter is tuned to: geometry and the same numbers in words, as strings.

Every chart is drawn relative to the largest value of its own curve. Coordinates are units of the
chart, y downwards; a curve that is zero or not known has no chart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from generator.render.charts.svg import Point, Tick, line, short, thinned
from generator.render.words.words import NO_BREAK, direction, listing

RADIUS = 80  # of the polar chart; its centre is 0, 0
WIDTH, HEIGHT = 312, 80  # of a curve and of the hues, above the line at y = 0
TOP = HEIGHT + 6  # where a chart ends
OUTSIDE = 9  # left or right of the hues, where their chart ends
TICKS = 4  # frequencies named under their curve, at most
LENGTH = 100  # of the longest bar of the forms, each of which is 1 high
NAMED_HUES = ("red", "yellow", "green", "cyan", "blue", "magenta")  # under their chart


@dataclass(frozen=True)
class Polar:
    """Answers by direction; what is read on the page as "/" points to the upper right."""

    path: str
    mark: str  # the mean direction, through the centre; "" where there is none
    alt: str


@dataclass(frozen=True)
class Spectrum:
    """Answers by spatial frequency, each octave as wide as the next."""

    path: str
    mark: str  # upright at the preferred frequency; "" where there is none
    ticks: tuple[Tick, ...]  # 1/16 cycles per pixel: stripes 16 pixels apart
    alt: str


@dataclass(frozen=True)
class Hues:
    """Answers by hue, one bar beside the other; the style sheet lays their colours behind."""

    cover: str  # path around all that lies above the bars
    mark: str  # on the line, at the preferred hue; "" where there is none
    ticks: tuple[Tick, ...]
    alt: str


@dataclass(frozen=True)
class Forms:
    """Best answers by family of forms, one lying bar for each."""

    view_box: str
    path: str  # of all but the best
    best: str
    names: tuple[tuple[str, bool], ...]  # from top to bottom, and whether it is the best
    alt: str


def polar(
    curve: Sequence[float],
    orientations: Sequence[float],
    preferred: float | None,
    selectivity: float | None,
) -> Polar | None:
    """Draw answers [o] to stripes along `orientations` [o], degrees 0…180 and rising.

    A direction and its opposite are the same stripes, so each answer is drawn on both sides. The
    mark is as long as the `selectivity`, 0…1.
    """
    parts = relative(curve)
    if parts is None:
        return None
    ahead = [_at(part, degrees) for part, degrees in zip(parts, orientations, strict=True)]
    back = [(-x, -y) for x, y in ahead]
    mark = ""
    if preferred is not None and selectivity is not None:
        x, y = _at(selectivity, preferred)
        mark = line([(-x, -y), (x, y)])
    return Polar(
        path=line(_whole([*ahead, *back])) + "z",
        mark=mark,
        alt=f"Answers to stripes, per cent of the best, from {direction(orientations[0])} "
        f"counter-clockwise in steps of {180 / len(parts):g}°: {_percents(parts)}.",
    )


def _at(part: float, degrees: float) -> Point:
    """Return x, y of a direction, counter-clockwise as seen on the page."""
    angle = math.radians(degrees)
    return RADIUS * part * math.cos(angle), -RADIUS * part * math.sin(angle)


def _whole(points: list[Point]) -> list[Point]:
    """Round points to whole units and leave out those that repeat the one before."""
    rounded: list[Point] = [(round(x), round(y)) for x, y in points]
    return [point for at, point in enumerate(rounded) if at == 0 or point != rounded[at - 1]]


def spectrum(
    curve: Sequence[float], frequencies: Sequence[float], preferred: float | None
) -> Spectrum | None:
    """Draw answers [s] to stripes of `frequencies` [s], cycles per pixel and rising."""
    parts = relative(curve)
    if parts is None:
        return None
    low, high = math.log(frequencies[0]), math.log(frequencies[-1])

    def x(frequency: float) -> float:
        return WIDTH * (math.log(frequency) - low) / (high - low)

    points = [
        (x(frequency), -HEIGHT * part) for part, frequency in zip(parts, frequencies, strict=True)
    ]
    values = (
        f"{distance(frequency)} {_percent(part)}"
        for part, frequency in zip(parts, frequencies, strict=True)
    )
    return Spectrum(
        path=line(points),
        mark=f"M{short(x(preferred))} 0V{-TOP}" if preferred is not None else "",
        ticks=tuple(
            Tick(short(x(1 / pixels)), f"1/{pixels}")
            for pixels in _distances(1 / frequencies[-1], 1 / frequencies[0])
        ),
        alt=f"Answers to stripes by their distance, per cent of the best: {', '.join(values)}.",
    )


def distance(frequency: float) -> str:
    """Return how far apart stripes of a frequency in cycles per pixel are: 8.3 px."""
    pixels = 1 / frequency
    return f"{pixels:.1f}{NO_BREAK}px" if pixels < 10 else f"{pixels:.0f}{NO_BREAK}px"


def _distances(least: float, most: float) -> list[int]:
    """Return powers of two between two lengths in pixels, at most TICKS of them."""
    powers = range(math.ceil(math.log2(least)), math.floor(math.log2(most)) + 1)
    return [2**power for power in thinned(powers, TICKS) if power >= 0]


def hue_bars(curve: Sequence[float], hues: Sequence[float], preferred: float | None) -> Hues | None:
    """Draw answers [h] to `hues` [h], which lie evenly on 0…360 degrees from red on."""
    parts = relative(curve)
    if parts is None:
        return None
    wide = WIDTH / len(hues)

    def x(degrees: float) -> float:
        """Return the middle of a hue's bar."""
        return (wide / 2 + WIDTH * degrees / 360) % WIDTH

    step = 360 / len(hues)
    return Hues(
        cover=f"M{-OUTSIDE} 0V{-TOP - 1}H{WIDTH + OUTSIDE}V0{_skyline(parts)}H0V0z",
        mark=f"M{short(x(preferred) - 6)} 0h12" if preferred is not None else "",
        ticks=tuple(Tick(short(x(60 * number)), name) for number, name in enumerate(NAMED_HUES)),
        alt=f"Answers to {len(hues)} hues, per cent of the best, from red in steps of {step:g}°: "
        f"{_percents(parts)}.",
    )


def _skyline(parts: Sequence[float]) -> str:
    """Return the outline of bars side by side, from right to left, a step where heights differ."""
    heights = [round(HEIGHT * part) for part in parts]
    path, before = "", 0
    for number in range(len(heights), 0, -1):
        if heights[number - 1] != before:
            before = heights[number - 1]
            path += f"H{short(WIDTH / len(heights) * number)}V{-before}"
    return path


def form_bars(response: Sequence[float], families: Sequence[str], best: str | None) -> Forms | None:
    """Draw the best answer [f] to each of `families` [f]; `best` is the one to mark."""
    parts = relative(response)
    if parts is None:
        return None
    bars = {
        name: f"M0 {number}.5h{round(LENGTH * part)}"
        for number, (name, part) in enumerate(zip(families, parts, strict=True))
    }
    values = [f"{name} {_percent(part)}" for name, part in zip(families, parts, strict=True)]
    return Forms(
        view_box=f"0 0 {LENGTH} {len(families)}",
        path="".join(bar for name, bar in bars.items() if name != best),
        best=bars.get(best, "") if best else "",
        names=tuple((name, name == best) for name in families),
        alt=f"Best answers to forms, per cent of the best: {listing(values)}.",
    )


def relative(curve: Sequence[float]) -> tuple[float, ...] | None:
    """Return a curve divided by its largest value; None where that is not positive or not known."""
    if not all(map(math.isfinite, curve)) or max(curve, default=0) <= 0:
        return None
    most = max(curve)
    return tuple(max(value / most, 0.0) for value in curve)


def _percents(parts: Sequence[float]) -> str:
    return " ".join(map(_percent, parts))


def _percent(part: float) -> str:
    return f"{100 * part:.0f}"
