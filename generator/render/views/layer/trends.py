"""How measures of the filters move from the first layer to the last: a chart, its words, a table.

What is said of rising and falling follows from the numbers by the rule of `trend`. Coordinates are
units of the chart, y downwards, one row of `ROW` for each measure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Literal, NamedTuple

import numpy as np

from generator.atlas.schema import PLACES
from generator.render import urls
from generator.render.facts import FilterFacts, LayerFacts
from generator.render.views.frame import Link, Table
from generator.render.words.words import NO_BREAK, first_capital, listing

NOTABLE = 0.05  # a smaller difference of medians is no rise or fall
WIDTH, ROW = 400, 100
FIRST, LAST = 25, 375  # where the first and the last layer stand
TOP, BOTTOM = 10, 90  # of the values in a row
# Where there is room, that is with up to nine layers; less with more.
APART = 7  # trained and untrained, from the place of their layer
SHADE = 20  # half the width of the mark of this layer

RULE = (
    "A measure is said to rise or to fall where the last layer’s median lies outside the middle "
    f"half of the first layer’s filters, and at least {NOTABLE} from its median."
)
PURITY = "Label purity is the share of the most frequent label."
MARGIN = (
    "The family margin says how far the best family of forms leads the second, in standard "
    "deviations (σ) of all answers."
)
KEY = (
    "Lines join medians, bars hold the middle half of the filters. Rows run from 0 to 1 unless "
    "they say otherwise."
)
COUNTED = "The layers are counted from 1."
MOST_LETTERS = 28  # of all titles side by side, where a phone is 320 px wide
MOST_NAMED = 9  # layers, likewise
BROKEN = "Broken and thin: the same shapes with random weights."
HERE = "Shaded: this layer."
NONE_MOVES = "none that could be measured rises or falls"
ADDRESS = "trends"  # the id of the section on the home page

Trend = Literal["rise", "fall", "neither"]


@dataclass(frozen=True)
class Trends:
    """The chart from the first layer to the last, as on one page."""

    title: str
    view_box: str
    alt: str
    grid: str
    here: str  # "" on a page of no layer
    trained: tuple[str, str]  # bars and medians
    untrained: tuple[str, str]  # empty where nothing untrained was measured
    names: str  # lines: three for each measure
    layers: str
    key: str
    sentence: str
    rule: str  # on the home page
    table: Table | None  # on the home page
    elsewhere: Link | None  # where rule and table are, on other pages


def trends_view(layers: Sequence[LayerFacts], page: str, here: str = "") -> Trends | None:
    """Return the chart for the page at `page`; `here` names its layer, "" on the home page.

    None with fewer than two layers, or where nothing was measured.
    """
    measured = courses(layers)
    if len(layers) < 2 or not measured:
        return None
    titles = [layer.record.title for layer in layers]
    compared = any(any(course.untrained) for course in measured)
    address = urls.link(page, f"{urls.HOME}#{ADDRESS}")
    return replace(
        chart_of(
            measured,
            titles,
            [layer.record.name for layer in layers].index(here) if here else None,
            key=(KEY, BROKEN) if compared else (KEY,),
            sentence=_sentence(measured, titles, compared=compared),
        ),
        rule="" if here else _rule(measured),
        table=None if here else _table(measured, titles),
        elsewhere=Link(address, "The rule, and the numbers as a table") if here else None,
    )


def chart_of(
    measured: Sequence[Course],
    titles: Sequence[str],
    here: int | None,
    *,
    key: Sequence[str],
    sentence: str,
) -> Trends:
    """Return a chart of courses through layers of these titles, at least two; `here` is shaded.

    `key` explains the marks, and `sentence` says in words how medians move.
    """
    places = [round(FIRST + (LAST - FIRST) * i / (len(titles) - 1)) for i in range(len(titles))]
    between = (LAST - FIRST) // (len(titles) - 1)
    compared = any(any(course.untrained) for course in measured)
    apart = min(APART, between // 4) if compared else 0
    shade = min(SHADE, between // 2)
    bottom = ROW * len(measured)
    short = _short_names(titles)
    counted = short[0] == "1" and titles[0] != "Layer 1"
    mark = ""
    if here is not None:
        x = places[here]
        mark = f"M{x - shade} 0H{x + shade}V{bottom}H{x - shade}z"
    words = (*key, COUNTED if counted else "", HERE if mark else "")
    return Trends(
        title=f"From {titles[0]} to {titles[-1]}",
        view_box=f"0 0 {WIDTH} {bottom}",
        alt=f"Medians {titles[0]} to {titles[-1]}; the sentence below says how they move",
        grid="".join(f"M0 {ROW * row + BOTTOM}H{WIDTH}" for row in range(len(measured))),
        here=mark,
        trained=_drawn(measured, lambda course: course.trained, [x - apart for x in places]),
        untrained=_drawn(measured, lambda course: course.untrained, [x + apart for x in places]),
        names="\n".join(map(_name, measured)),
        layers=" ".join(_spaced(short)),
        key=" ".join(filter(None, words)),
        sentence=sentence,
        rule="",
        table=None,
        elsewhere=None,
    )


# --- Numbers --------------------------------------------------------------------------------------


class Spread(NamedTuple):
    """The median of a measure over a layer's filters, and the bounds of the middle half."""

    low: float
    middle: float
    high: float


Spreads = tuple[Spread | None, ...]  # of the layers; None where no filter gives ground for one


@dataclass(frozen=True)
class Course:
    """One measure through the layers."""

    name: str
    unit: str  # "" for a measure of 0…1
    trained: Spreads
    untrained: Spreads

    @property
    def top(self) -> float:
        """Return the value at the top of a row: 1, or for a measure with a unit a whole number."""
        if not self.unit:
            return 1
        highest = max(spread.high for spread in (*self.trained, *self.untrained) if spread)
        return max(math.ceil(highest), 1)


_MEASURES = {  # and their units
    "orientation selectivity": "",
    "hue selectivity": "",
    "colour selectivity": "",
    "shift invariance": "",
    "family margin": "σ",
}


def courses(layers: Sequence[LayerFacts]) -> tuple[Course, ...]:
    """Return every measure that at least one layer knows, stimuli before labels."""
    found = []
    for name, unit in _MEASURES.items():
        read = attrgetter(name.replace(" ", "_"))
        trained = tuple(spread(map(read, layer.measures)) for layer in layers)
        untrained = tuple(spread(map(read, layer.untrained)) for layer in layers)
        found.append(Course(name, unit, trained, untrained))
    purities: dict[str, Callable[[FilterFacts], float | None]] = {
        "label purity of the nine": _purity_of_nine,
        "label purity of the strongest hundredth": lambda facts: facts.label_purity,
    }
    if any(layer.manifest.images.one_per_label for layer in layers):
        del purities["label purity of the nine"]  # the nine labels differ by rule
    nothing = (None,) * len(layers)  # random weights were shown no images
    for name, purity in purities.items():
        trained = tuple(spread(map(purity, layer.filters)) for layer in layers)
        found.append(Course(name, "", trained, nothing))
    return tuple(course for course in found if any(course.trained))


def _purity_of_nine(facts: FilterFacts) -> float | None:
    """Return the share of the most frequent label; None without nine places or any label."""
    full = len(facts.places) == PLACES and facts.labels
    return facts.agreement / PLACES if full else None


def spread(values: Iterable[float | None]) -> Spread | None:
    """Return the quartiles, interpolated between neighbours, of what is known and finite."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    return Spread(*np.percentile(known, [25, 50, 75]).tolist()) if known else None


def trend(spreads: Sequence[Spread | None]) -> Trend | None:
    """Say whether a measure rises or falls from the first layer to the last.

    It does where the last median lies outside the first layer's middle half, and at least `NOTABLE`
    from its median. None where either layer has no value.
    """
    first, last = spreads[0], spreads[-1]
    if first is None or last is None:
        return None
    # A hair less, so that 0.35 and 0.40 differ by 0.05 as they do on paper.
    if abs(last.middle - first.middle) < NOTABLE - 1e-9:
        return "neither"
    if last.middle > first.high:
        return "rise"
    return "fall" if last.middle < first.low else "neither"


def _drawn(
    measured: Sequence[Course], spreads: Callable[[Course], Spreads], places: Sequence[int]
) -> tuple[str, str]:
    """Draw the middle half of each layer's filters, and join the medians of neighbouring layers."""
    bars, medians = "", ""
    for row, course in enumerate(measured):
        joined = False
        for x, found in zip(places, spreads(course), strict=True):
            if found:
                low, middle, high = (
                    round(ROW * row + BOTTOM - (BOTTOM - TOP) * value / course.top)
                    for value in found
                )
                bars += f"M{x} {low}V{high}"
                medians += f"{'L' if joined else 'M'}{x} {middle}"
            joined = found is not None  # a layer without a median interrupts the line
    return bars, medians


# --- Words ----------------------------------------------------------------------------------------


def _name(course: Course) -> str:
    """Return three lines: the measure, and its scale where that is not 0 to 1."""
    words = first_capital(course.name).split(" ")
    if course.unit:
        lines = [" ".join(words), f"0 to {course.top:g} {course.unit}", ""]
    elif len(words) == 2:
        lines = [*words, ""]
    else:
        lines = [" ".join(words[:2]), " ".join(words[2:5]), " ".join(words[5:])]
    return "\n".join(line or NO_BREAK for line in lines)


def _rule(measured: Sequence[Course]) -> str:
    """Say when a measure rises or falls, and explain the measures that need words."""
    names = " ".join(course.name for course in measured)
    explained = {"": RULE, "label purity": PURITY, "margin": MARGIN}
    return " ".join(text for word, text in explained.items() if word in names)


def _short_names(titles: Sequence[str]) -> list[str]:
    """Return "1", "2" for "Layer 1", "Layer 2"; other titles as one word each.

    Where these are too long to stand side by side on a phone, the layers are counted.
    """
    numbers = [title.removeprefix("Layer ") for title in titles]
    if all(number.isdecimal() for number in numbers):
        return numbers
    if sum(map(len, titles)) + len(titles) > MOST_LETTERS:
        return [str(number) for number, _ in enumerate(titles, 1)]
    return [title.replace(" ", NO_BREAK) for title in titles]


def _spaced(names: Sequence[str]) -> Sequence[str]:
    """Return the first and the last of very many names, and some at equal distances between."""
    apart = len(names) - 1
    steps = (step for step in range(1, apart) if apart % step == 0 and apart // step < MOST_NAMED)
    return names[:: next(steps, apart)]


def _sentence(measured: Sequence[Course], titles: Sequence[str], *, compared: bool) -> str:
    """Say which measures rise, fall or do neither, in this network and in the untrained one."""
    moves = _moves([(course.name + _ends(course), trend(course.trained)) for course in measured])
    if not moves:
        return f"{titles[0]} and {titles[-1]} share no measure that could be compared."
    sentence = f"Medians from {titles[0]} to {titles[-1]}: {moves}."
    bare = [(course.name, trend(course.untrained)) for course in measured]
    still = all(way in {"neither", None} for _, way in bare)
    untrained = NONE_MOVES if still else _moves(bare)
    return f"{sentence} In the untrained network {untrained}." if compared else sentence


def _moves(found: Sequence[tuple[str, Trend | None]]) -> str:
    """Say "a, b and c rise; d falls"; "" where nothing compares."""
    ways: dict[Trend, tuple[str, str]] = {
        "rise": ("rises", "rise"),
        "fall": ("falls", "fall"),
        "neither": ("neither rises nor falls", "neither rise nor fall"),
    }
    moves = []
    for way, (one, many) in ways.items():
        if names := [name for name, trend in found if trend == way]:
            moves.append(f"{listing(names)} {one if len(names) == 1 else many}")
    return "; ".join(moves)


def _ends(course: Course) -> str:
    first, last = course.trained[0], course.trained[-1]
    if first is None or last is None:
        return ""
    unit = f" {course.unit}" if course.unit else ""
    return f" ({first.middle:.2f} to {last.middle:.2f}{unit})"


def _table(measured: Sequence[Course], titles: Sequence[str]) -> Table:
    rows = []
    for course in measured:
        rows.append(_row(first_capital(course.name), course.unit, course.trained))
        if any(course.untrained):
            rows.append(_row("… untrained", course.unit, course.untrained))
    head = ("Measure", *titles)
    return Table("Median of the filters, and in brackets the middle half", head, tuple(rows))


def _row(name: str, unit: str, spreads: Spreads) -> tuple[str, ...]:
    cells = (
        f"{spread.middle:.2f} ({spread.low:.2f} to {spread.high:.2f})" if spread else "–"
        for spread in spreads
    )
    return (f"{name}, {unit}" if unit else name, *cells)
