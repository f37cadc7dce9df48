"""The curve of a layer: how near the median filter is to what it became, snapshot by snapshot."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from generator.render.charts.svg import Tick, short
from generator.studies.evolution.settling import Medians

WIDTH, HEIGHT = 300, 120  # of the curve, in its own units
FINAL = "final"  # title of the last column


@dataclass(frozen=True)
class Curve:
    """Two lines over the moments, which stand at even distances whatever lies between them."""

    share: tuple[str, ...]  # points of each unbroken part, "0,120 50,80"
    correlation: tuple[str, ...]
    ticks: tuple[Tick, ...]
    axis: str  # what the ticks count, "epoch"; "" where they say so themselves
    alt: str


def curve(share: Medians, correlation: Medians, titles: Sequence[str], name: str) -> Curve:
    """Draw the medians of a layer called `name`; the final weights, with one each, come last."""
    axis, short_titles = shortened_titles(titles)
    places = [WIDTH * number / len(titles) for number in range(len(titles) + 1)]
    return Curve(
        share=_lines((*share, 1.0), places),
        correlation=_lines((*correlation, 1.0), places),
        ticks=tuple(
            Tick(short(x), title) for x, title in zip(places, (*short_titles, FINAL), strict=True)
        ),
        axis=axis,
        alt=f"Curves of {name}; the table says the same",
    )


def shortened_titles(titles: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return what begins all titles, and the rest of each: "epoch" and "1", "2", "5"."""
    words = [title.split() for title in titles]
    shared = os.path.commonprefix(words)  # noqa: RUF071 - of words, not of letters
    shared = shared[: min(map(len, words)) - 1]  # something is left of each
    return " ".join(shared), tuple(" ".join(each[len(shared) :]) for each in words)


def _lines(values: Medians, places: Sequence[float]) -> tuple[str, ...]:
    """Return a line of points for each run of known values."""
    runs: list[list[str]] = [[]]
    for value, x in zip(values, places, strict=True):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{short(x)},{short(HEIGHT * (1 - max(value, 0.0)))}")
    return tuple(" ".join(run) for run in runs if run)
