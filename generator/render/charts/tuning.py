"""Charts of what a filter is tuned to: geometry and the same numbers in words, as strings.

Every chart is drawn relative to the largest value of its own curve. A curve that is zero or not
known has no chart: the function returns None.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from generator.render.charts.svg import Chart, Point, Tick, line, short, thinned
from generator.render.words.words import NO_BREAK, direction, listing

RADIUS = 80  # of the polar chart; its centre is 0, 0
WIDTH, HEIGHT = 312, 80  # of a curve and of the hues, above the line at y = 0
TOP = HEIGHT + 6  # where a chart ends
OUTSIDE = 9  # left or right of the hues, where their chart ends
TICKS = 4  # frequencies named under their curve, at most
LENGTH = 100  # of the longest bar of the forms, each of which is 1 high
NAMED_HUES = ("red", "yellow", "green", "cyan", "blue", "magenta")  # under their chart


@dataclass(frozen=True)
class FormBars(Chart):
    """A lying bar for each family of forms; the best is the mark, and no part of the path."""

    view_box: str = ""
    names: tuple[tuple[str, bool], ...] = ()  # from top to bottom, and whether it is the best


def polar(
    curve: Sequence[float],
    orientations: Sequence[float],
    preferred: float | None,
    selectivity: float | None,
) -> Chart | None:
    """Draw responses [o] to stripes along `orientations` [o], degrees 0…180 and rising.

    What is read on the page as "/" points to the upper right. A direction and its opposite are the
    same stripes, so each response is drawn on both sides. The mark runs through the centre in the
    `preferred` direction and is as long as the `selectivity`, 0…1.
    """
    if (parts := relative(curve)) is None:
        return None
    tips = [_tip(part, degrees) for part, degrees in zip(parts, orientations, strict=True)]
    points = [(round(x), round(y)) for x, y in (*tips, *map(_opposite, tips))]
    mark = ""
    if preferred is not None and selectivity is not None:
        tip = _tip(selectivity, preferred)
        mark = line([_opposite(tip), tip])
    return Chart(
        path=line(point for point, _ in groupby(points)) + "z",
        mark=mark,
        alt=f"Answers to stripes, per cent of the best, from {direction(orientations[0])} "
        f"counter-clockwise in steps of {180 / len(parts):g}°: {' '.join(map(_percent, parts))}.",
    )


def _tip(part: float, degrees: float) -> Point:
    """Return x, y of a direction, counter-clockwise as seen on the page."""
    angle = math.radians(degrees)
    return RADIUS * part * math.cos(angle), -RADIUS * part * math.sin(angle)


def _opposite(point: Point) -> Point:
    return -point[0], -point[1]


def spectrum(
    curve: Sequence[float], frequencies: Sequence[float], preferred: float | None
) -> Chart | None:
    """Draw responses [s] to stripes of `frequencies` [s], cycles per pixel and rising.

    Each octave is as wide as the next. The mark stands upright at the `preferred` frequency; the
    tick "1/16" is where stripes lie 16 pixels apart.
    """
    if (parts := relative(curve)) is None:
        return None
    low, high = math.log(frequencies[0]), math.log(frequencies[-1])

    def x(frequency: float) -> float:
        return WIDTH * (math.log(frequency) - low) / (high - low)

    pairs = list(zip(frequencies, parts, strict=True))
    values = (f"{distance(frequency)} {_percent(part)}" for frequency, part in pairs)
    least, most = math.log2(1 / frequencies[-1]), math.log2(1 / frequencies[0])
    powers = thinned(range(math.ceil(least), math.floor(most) + 1), TICKS)
    pixels = [2**power for power in powers if power >= 0]
    return Chart(
        path=line((x(frequency), -HEIGHT * part) for frequency, part in pairs),
        mark=f"M{short(x(preferred))} 0V{-TOP}" if preferred is not None else "",
        alt=f"Answers to stripes by their distance, per cent of the best: {', '.join(values)}.",
        ticks=tuple(Tick(short(x(1 / apart)), f"1/{apart}") for apart in pixels),
    )


def distance(frequency: float) -> str:
    """Return how far apart stripes of a frequency in cycles per pixel are: 8.3 px."""
    pixels = 1 / frequency
    return f"{pixels:.{1 if pixels < 10 else 0}f}{NO_BREAK}px"


def hue_bars(
    curve: Sequence[float], hues: Sequence[float], preferred: float | None
) -> Chart | None:
    """Draw responses [h] to `hues` [h], which lie evenly on 0…360 degrees from red on.

    The style sheet lays the colours behind; the path covers all that lies above the bars. The mark
    lies on the line, at the `preferred` hue.
    """
    if (parts := relative(curve)) is None:
        return None
    wide = WIDTH / len(hues)

    def x(degrees: float) -> float:
        """Return the middle of a hue's bar."""
        return (wide / 2 + WIDTH * degrees / 360) % WIDTH

    # The outline of the bars from right to left, with a step where heights differ.
    outline, before = "", 0
    for number in range(len(parts), 0, -1):
        if (height := round(HEIGHT * parts[number - 1])) != before:
            outline += f"H{short(wide * number)}V{-height}"
            before = height
    return Chart(
        path=f"M{-OUTSIDE} 0V{-TOP - 1}H{WIDTH + OUTSIDE}V0{outline}H0V0z",
        mark=f"M{short(x(preferred) - 6)} 0h12" if preferred is not None else "",
        alt=f"Answers to {len(hues)} hues, per cent of the best, from red in steps of "
        f"{360 / len(hues):g}°: {' '.join(map(_percent, parts))}.",
        ticks=tuple(Tick(short(x(60 * number)), name) for number, name in enumerate(NAMED_HUES)),
    )


def form_bars(
    response: Sequence[float], families: Sequence[str], best: str | None
) -> FormBars | None:
    """Draw the best response [f] to each of `families` [f]; `best` is the one to mark."""
    if (parts := relative(response)) is None:
        return None
    bars = {
        name: f"M0 {number}.5h{round(LENGTH * part)}"
        for number, (name, part) in enumerate(zip(families, parts, strict=True))
    }
    values = [f"{name} {_percent(part)}" for name, part in zip(families, parts, strict=True)]
    return FormBars(
        path="".join(bar for name, bar in bars.items() if name != best),
        mark=bars.get(best or "", ""),
        alt=f"Best answers to forms, per cent of the best: {listing(values)}.",
        view_box=f"0 0 {LENGTH} {len(families)}",
        names=tuple((name, name == best) for name in families),
    )


def relative(curve: Sequence[float]) -> tuple[float, ...] | None:
    """Return a curve divided by its largest value; None where that is not positive or not known."""
    if not all(map(math.isfinite, curve)) or max(curve, default=0) <= 0:
        return None
    most = max(curve)
    return tuple(max(value / most, 0.0) for value in curve)


def _percent(part: float) -> str:
    return f"{100 * part:.0f}"
