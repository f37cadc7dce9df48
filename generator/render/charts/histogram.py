"""The histogram of activations: geometry and words as strings, for a template to draw as SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from generator.atlas.bins import BINS, LOWEST, PER_OCTAVE, edge, quantile
from generator.render.charts.svg import Chart, Tick, short, thinned
from generator.render.words.words import activation, count, share

WIDTH = 360  # of the chart, in its own units: pixels on a phone
TALLEST = 102  # height of the tallest bar; bars stand at y = 0
GAP = 1  # between two bars
MOST_BARS = 24
OCTAVES = 8  # shown at most; what lies below is counted in the first bar …
TAIL = 200  # … and so is the weakest 200th part, which would make a long flat tail
TICKS = 5  # numbers under the bars, at most
ENOUGH = 200  # images from which the hundredth part says something


@dataclass(frozen=True)
class Histogram(Chart):
    """Images by how strongly they activate a filter.

    Its path draws each bar as an upright line, its mark the line from the ninth to the first place.
    """

    bar_width: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class _Axis:
    """Bars of `wide` bins each, from bin `first` up to, not including, bin `last`."""

    first: int
    last: int
    wide: int

    def x(self, bin_: float) -> float:
        return WIDTH * (bin_ - self.first) / (self.last - self.first)

    def at(self, value: float) -> str:
        inside = (math.log2(value) - LOWEST) * PER_OCTAVE
        return short(self.x(min(max(inside, self.first), self.last)))


def histogram(counts: Sequence[int], images: int, strongest: float, ninth: float) -> Histogram:
    """Draw the counts of one filter over an axis in which each octave is as wide as the next.

    `counts` [BINS] as in `atlas.bins`, not all zero; `images` are all that were searched; `ninth`
    is 0 where not all nine places are filled.
    """
    axis = _axis(counts)
    totals = _totals(counts, axis, axis.wide)
    tallest = max(totals.values())
    bars = (  # a single image is still seen
        f"M{short(axis.x(start + axis.wide / 2))} 0V-{short(max(total / tallest * TALLEST, 1.0))}"
        for start, total in totals.items()
        if total
    )
    octaves = (
        f"{_span(counts, axis, start)}: {count(total)}"
        for start, total in _totals(counts, axis, PER_OCTAVE).items()
    )
    return Histogram(
        path="".join(bars),
        mark=f"M{axis.at(ninth)} 0H{axis.at(strongest)}" if ninth else "",
        alt=f"Histogram of activations. Images by octave: {'; '.join(octaves)}.",
        ticks=_ticks(axis),
        bar_width=short(axis.x(axis.first + axis.wide) - GAP),
        sentence=_sentence(counts, images, strongest),
    )


def _totals(counts: Sequence[int], axis: _Axis, wide: int) -> dict[int, int]:
    """Count images in steps of `wide` bins, by first bin; the first holds all below it too.

    Steps begin at whole multiples of `wide`, or where the axis does.
    """
    totals: dict[int, int] = {}
    for number in range(axis.last):
        start = max(number // wide * wide, axis.first)
        totals[start] = totals.get(start, 0) + counts[number]
    return totals


def _axis(counts: Sequence[int]) -> _Axis:
    """Choose the narrowest bars of which there are not too many."""
    below = accumulate(counts)
    start = next(number for number, images in enumerate(below) if images > sum(counts) / TAIL)
    highest = max(number for number, images in enumerate(counts) if images)
    lowest = max(start, highest + 1 - OCTAVES * PER_OCTAVE)
    wide = 1
    while (highest // wide + 1) - lowest // wide > MOST_BARS:
        wide *= 2
    return _Axis(lowest // wide * wide, (highest // wide + 1) * wide, wide)


def _ticks(axis: _Axis) -> tuple[Tick, ...]:
    """Put numbers at powers of two, or at the ends where none lies between."""
    octaves = range(math.ceil(axis.first / PER_OCTAVE), axis.last // PER_OCTAVE + 1)
    texts = {
        octave * PER_OCTAVE: f"{2.0 ** (octave + LOWEST):.3g}" for octave in thinned(octaves, TICKS)
    }
    if len(octaves) < 2:
        texts = {bin_: activation(edge(bin_)) for bin_ in (axis.first, axis.last)}
    ticks = []
    for bin_, text in texts.items():
        x = axis.x(bin_)
        anchor = "start" if x < WIDTH / 20 else "end" if x > WIDTH * 19 / 20 else "middle"
        ticks.append(Tick(short(x), text, anchor))
    return tuple(ticks)


def _span(counts: Sequence[int], axis: _Axis, start: int) -> str:
    end = min((start // PER_OCTAVE + 1) * PER_OCTAVE, axis.last)
    upper = activation(edge(end))
    if start == axis.first and any(counts[:start]):
        return f"below {upper}"
    if end == BINS and counts[-1]:
        return f"{activation(edge(start))} and more"
    return f"{activation(edge(start))} to {upper}"


def _sentence(counts: Sequence[int], images: int, strongest: float) -> str:
    active = sum(counts)
    silent = images - active
    parts = ["One image activates the filter"]
    if active > 1:
        half = activation(quantile(counts, 0.5), 2)
        parts = [f"Half of the {count(active)} images that activate the filter stay below {half}"]
    if active >= ENOUGH:
        parts.append(f"one in a hundred exceeds {activation(quantile(counts, 0.99), 2)}")
    parts.append(f"the strongest reaches {activation(strongest)}")
    rest = f" The other {count(silent)} ({share(silent, images)}) do not activate it."
    return "; ".join(parts) + "." + (rest if silent else "")
