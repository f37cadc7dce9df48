"""A chart of several lines over one axis: geometry and words as strings, for a template to draw.

Each line's name stands at its end, and each has dashes of its own, so that no reading rests on
colour. A line is broken where a value is not known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from generator.render.charts.svg import Point, Tick, line, short

WIDE = 330  # of the whole chart, in its own units: pixels on a phone
HEIGHT = 120  # of the plot, whose top is y = 0
LETTER = 7  # width of a letter, about; types differ
NEXT = 12  # from one name at the end of a line to the next
LEADER = 10  # from where lines end to their names
DASHES = ("none", "7 3", "2 3", "9 3 2 3", "5 2 1 2 1 2", "1 4")  # of thin lines, in turn
TICKS = 4  # numbers beside a chart, about

Values = Sequence[float | None]  # None or not finite: not known


@dataclass(frozen=True)
class Line:
    """What is drawn: a value for each x, and the name at its end, a word or two."""

    name: str
    values: Values


@dataclass(frozen=True)
class Drawn:
    """A line as its template draws it."""

    name: str
    path: str  # "" where no value is known
    dash: str
    y: str  # where its name stands


@dataclass(frozen=True)
class LineChart:
    """Thin lines, where there is one a strong line, and a band behind them."""

    title: str
    caption: str
    alt: str
    view_box: str
    grid: str  # path of a line for each number beside the chart
    left: str  # x at which those numbers end
    right: str  # x at which names begin
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]  # `x` of each is its height
    lines: tuple[Drawn, ...]
    strong: Drawn | None
    band: str
    leaders: str  # path from the end of each line to its name


def line_chart(
    xs: Sequence[float],
    lines: Sequence[Line],
    *,
    title: str,
    caption: str,
    alt: str,
    x_ticks: Sequence[tuple[float, str]],
    y_ticks: Sequence[tuple[float, str]],
    strong: Line | None = None,
    band: tuple[Values, Values] | None = None,
) -> LineChart:
    """Draw lines [n] over `xs` [n], rising, between the first and last of `y_ticks`, or beyond.

    Ticks are places and what stands there. The `band` is what lies between two lines, low and
    high, where both are known. The chart is as high as its highest value needs.
    """
    every = [*lines, *([strong] if strong else [])]
    edges = band or ((), ())
    known = [v for values in (*(each.values for each in every), *edges) for v in values if _is(v)]
    low = min(y_ticks[0][0], *known, y_ticks[-1][0])
    high = max(y_ticks[-1][0], *known, low + 1e-12)
    left = LETTER * max(len(text) for _, text in y_ticks) + 6
    names = LETTER * max((len(each.name) for each in every), default=0)
    wide = WIDE - left - (names + LEADER + 2 if every else 8)

    def x(value: float) -> float:
        return wide * (value - xs[0]) / ((xs[-1] - xs[0]) or 1)

    def y(value: float) -> float:
        return HEIGHT * (high - value) / (high - low)

    places = [x(value) for value in xs]
    ends = {
        number: run[-1][-1]
        for number, each in enumerate(every)
        if (run := list(_runs(places, each.values, y)))
    }
    rows = dict(zip(ends, _apart([end[1] for end in ends.values()]), strict=True))
    drawn = [
        Drawn(
            name=each.name if number in ends else "",
            path="".join(map(line, map(_seen, _runs(places, each.values, y)))),
            dash=DASHES[number % len(DASHES)],
            y=short(rows.get(number, 0) + 4),
        )
        for number, each in enumerate(every)
    ]
    return LineChart(
        title=title,
        caption=caption,
        alt=alt,
        view_box=f"{short(-left)} -8 {WIDE} {HEIGHT + 32}",
        grid="".join(f"M0 {short(y(value))}H{short(wide)}" for value, _ in y_ticks),
        left="-5",
        right=short(wide + LEADER),
        x_ticks=tuple(Tick(short(x(value)), text) for value, text in x_ticks),
        y_ticks=tuple(Tick(short(y(value) + 4), text) for value, text in y_ticks),
        lines=tuple(drawn[: len(lines)]),
        strong=drawn[-1] if strong else None,
        band=_area(places, band, y) if band else "",
        leaders="".join(
            line([(end[0], end[1]), (wide + LEADER - 2, rows[number])])
            for number, end in ends.items()
        ),
    )


def round_ticks(most: float) -> tuple[float, ...]:
    """Return numbers from 0 to at least `most`, in steps of 1, 2 or 5 times a power of ten."""
    if not math.isfinite(most) or most <= 0:
        return (0.0, 1.0)
    power = 10.0 ** math.floor(math.log10(most / TICKS))
    step = next(power * part for part in (1, 2, 5, 10, 20) if power * part * TICKS >= most)
    return tuple(step * number for number in range(math.ceil(most / step - 1e-9) + 1))


def _is(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def _runs(
    places: Sequence[float], values: Values, y: Callable[[float], float]
) -> Iterator[list[Point]]:
    """Yield the points of each unbroken part."""
    run = list[Point]()
    for place, value in zip(places, values, strict=True):
        if _is(value):
            run.append((place, y(value)))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _seen(run: Sequence[Point]) -> Sequence[Point]:
    """Return a run; a single point as a short stroke, which is seen."""
    return run if len(run) > 1 else [(run[0][0] - 2, run[0][1]), (run[0][0] + 2, run[0][1])]


def _area(places: Sequence[float], band: tuple[Values, Values], y: Callable[[float], float]) -> str:
    """Return closed paths, one for each run in which both edges are known."""
    both = [_is(low) and _is(high) for low, high in zip(*band, strict=True)]
    low, high = ([v if ok else None for v, ok in zip(edge, both, strict=True)] for edge in band)
    runs = zip(_runs(places, low, y), _runs(places, high, y), strict=True)
    return "".join(line([*down, *reversed(up)]) + "z" for down, up in runs)


def _apart(heights: Sequence[float]) -> list[float]:
    """Return heights that are at least one name apart, in their order, and near the given ones.

    Names closer than `NEXT` stand where there are more than the chart is high.
    """
    step = min(NEXT, HEIGHT / max(len(heights) - 1, 1))
    order = sorted(range(len(heights)), key=lambda number: (heights[number], number))
    rows, lowest = list(heights), 0.0
    for number in order:
        rows[number] = lowest = max(heights[number], lowest)
        lowest += step
    highest = float(HEIGHT)
    for number in reversed(order):
        rows[number] = highest = min(rows[number], highest)
        highest -= step
    return rows
