"""How measures of the filters move from the first layer to the last: a chart, its words, a table.

What is said of rising and falling is composed from the numbers by the rule of `portrait.trend`.
Coordinates are units of the chart, y downwards, one row of `ROW` for each measure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from generator.render import urls
from generator.render.facts import LayerFacts
from generator.render.views.frame import Link, Table
from generator.render.views.layer import portrait
from generator.render.views.layer.portrait import Course, Spread, Trend
from generator.render.words.words import NO_BREAK, first_capital, listing

WIDTH, ROW = 400, 100
FIRST, LAST = 25, 375  # where the first and the last layer stand
TOP, BOTTOM = 10, 90  # of the values in a row
# Where there is room, that is with up to nine layers; less with more.
APART = 7  # trained and untrained, from the place of their layer
SHADE = 20  # half the width of the mark of this layer

RULE = (
    "A measure is said to rise or to fall where the last layer’s median lies outside the middle "
    f"half of the first layer’s filters, and at least {portrait.NOTABLE} from its median."
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
ADDRESS = "depth"  # the id of the section on the home page

_SAID: dict[Trend, tuple[str, str]] = {
    "rise": ("rises", "rise"),
    "fall": ("falls", "fall"),
    "neither": ("neither rises nor falls", "neither rise nor fall"),
}


@dataclass(frozen=True)
class Depth:
    """The chart from the first layer to the last, as on one page."""

    title: str
    view_box: str
    alt: str
    grid: str
    here: str  # "" on a page of no layer
    bars: str
    medians: str
    untrained_bars: str  # "" where nothing untrained was measured
    untrained_medians: str
    names: str  # lines: three for each measure
    layers: str
    key: str
    sentence: str
    rule: str  # on the home page
    table: Table | None  # on the home page
    elsewhere: Link | None  # where rule and table are, on other pages


def depth_view(layers: Sequence[LayerFacts], page: str, here: str = "") -> Depth | None:
    """Return the chart for the page at `page`; `here` names its layer, "" on the home page.

    None with fewer than two layers, or where nothing was measured.
    """
    measured = portrait.courses(layers)
    if len(layers) < 2 or not measured:
        return None
    titles = [layer.record.title for layer in layers]
    names = [layer.record.name for layer in layers]
    places = [round(FIRST + (LAST - FIRST) * i / (len(layers) - 1)) for i in range(len(layers))]
    between = (LAST - FIRST) // (len(layers) - 1)
    apart, shade = min(APART, between // 4), min(SHADE, between // 2)
    left, right = [x - apart for x in places], [x + apart for x in places]
    scales = [_scale(course) for course in measured]
    compared = any(any(course.untrained) for course in measured)
    marked = places[names.index(here)] if here in names else None
    short = _short_names(titles)
    counted = short[0] == "1" and titles[0] != "Layer 1"
    parts = (KEY, BROKEN if compared else "", COUNTED if counted else "")
    key = " ".join(filter(None, parts))

    def drawn(draw: _Draw, spreads: Callable[[Course], _Spreads], at: Sequence[int]) -> str:
        rows = enumerate(zip(measured, scales, strict=True))
        return "".join(draw(spreads(course), at, row, scale) for row, (course, scale) in rows)

    return Depth(
        title=f"From {titles[0]} to {titles[-1]}",
        view_box=f"0 0 {WIDTH} {ROW * len(measured)}",
        alt=f"Medians {titles[0]} to {titles[-1]}; the sentence below says how they move",
        grid="".join(f"M0 {ROW * row + BOTTOM}H{WIDTH}" for row in range(len(measured))),
        here=f"M{marked - shade} 0H{marked + shade}V{ROW * len(measured)}H{marked - shade}z"
        if marked is not None
        else "",
        bars=drawn(_bars, _trained, left),
        medians=drawn(_medians, _trained, left),
        untrained_bars=drawn(_bars, _untrained, right),
        untrained_medians=drawn(_medians, _untrained, right),
        names="\n".join(_name(*pair) for pair in zip(measured, scales, strict=True)),
        layers=" ".join(_spaced(short)),
        key=f"{key} {HERE}" if marked is not None else key,
        sentence=_sentence(measured, titles, compared=compared),
        rule="" if here else _rule(measured),
        table=None if here else _table(measured, titles),
        elsewhere=Link(
            urls.link(page, f"{urls.HOME}#{ADDRESS}"), "The rule, and the numbers as a table"
        )
        if here
        else None,
    )


# --- Geometry -------------------------------------------------------------------------------------

_Spreads = Sequence[Spread | None]
_Draw = Callable[[_Spreads, Sequence[int], int, float], str]


def _trained(course: Course) -> _Spreads:
    return course.trained


def _untrained(course: Course) -> _Spreads:
    return course.untrained


def _scale(course: Course) -> float:
    """Return the value at the top of a row: 1, or for a measure with a unit a whole number."""
    if not course.unit:
        return 1
    highest = max(spread.high for spread in (*course.trained, *course.untrained) if spread)
    return max(math.ceil(highest), 1)


def _y(value: float, row: int, scale: float) -> int:
    return round(ROW * row + BOTTOM - (BOTTOM - TOP) * value / scale)


def _bars(spreads: _Spreads, places: Sequence[int], row: int, scale: float) -> str:
    """Draw the middle half of each layer's filters."""
    return "".join(
        f"M{x} {_y(spread.low, row, scale)}V{_y(spread.high, row, scale)}"
        for x, spread in zip(places, spreads, strict=True)
        if spread
    )


def _medians(spreads: _Spreads, places: Sequence[int], row: int, scale: float) -> str:
    """Join the medians of neighbouring layers; a layer without one interrupts the line."""
    parts = []
    joined = False
    for x, spread in zip(places, spreads, strict=True):
        if spread:
            parts.append(f"{'L' if joined else 'M'}{x} {_y(spread.middle, row, scale)}")
        joined = spread is not None
    return "".join(parts)


# --- Words ----------------------------------------------------------------------------------------


def _name(course: Course, scale: float) -> str:
    """Return three lines: the measure, and its scale where that is not 0 to 1."""
    words = first_capital(course.name).split(" ")
    if course.unit:
        lines = [" ".join(words), f"0 to {scale:g} {course.unit}", ""]
    elif len(words) == 2:
        lines = [*words, ""]
    else:
        lines = [" ".join(words[:2]), " ".join(words[2:5]), " ".join(words[5:])]
    return "\n".join(line or NO_BREAK for line in lines)


def _rule(measured: Sequence[Course]) -> str:
    """Say when a measure rises or falls, and what those are that need words."""
    names = " ".join(course.name for course in measured)
    parts = (RULE, PURITY if "label purity" in names else "", MARGIN if "margin" in names else "")
    return " ".join(filter(None, parts))


def _short_names(titles: Sequence[str]) -> list[str]:
    """Return "1", "2" for "Layer 1", "Layer 2"; other titles as one word each.

    Where these are too long to stand side by side on a phone, the layers are counted.
    """
    numbers = [title.removeprefix("Layer ") for title in titles]
    if all(number.isdecimal() for number in numbers):
        return numbers
    if sum(map(len, titles)) + len(titles) > MOST_LETTERS:
        return [str(number) for number, _ in enumerate(titles, 1)]
    return [title.replace(" ", "\u00a0") for title in titles]


def _spaced(names: Sequence[str]) -> Sequence[str]:
    """Return the first and the last of very many names, and some at equal distances between."""
    apart = len(names) - 1
    steps = (step for step in range(1, apart) if apart % step == 0 and apart // step < MOST_NAMED)
    return names[:: next(steps, apart)]


def _sentence(measured: Sequence[Course], titles: Sequence[str], *, compared: bool) -> str:
    """Say which measures rise, fall or do neither, in this network and in the untrained one."""
    moves = _all_moves([(course, portrait.trend(course.trained)) for course in measured], _ends)
    if not moves:
        return f"{titles[0]} and {titles[-1]} share no measure that could be compared."
    bare = [(course, portrait.trend(course.untrained)) for course in measured]
    still = all(way in {"neither", None} for _, way in bare)
    untrained = "" if not compared else NONE_MOVES if still else _all_moves(bare, lambda _: "")
    told = f"Medians from {titles[0]} to {titles[-1]}: {moves}."
    return f"{told} In the untrained network {untrained}." if untrained else told


_Found = Sequence[tuple[Course, Trend | None]]


def _all_moves(found: _Found, more: Callable[[Course], str]) -> str:
    """Say "a, b and c rise; d falls", with `more` behind each name; "" where nothing compares."""
    ways: tuple[Trend, ...] = ("rise", "fall", "neither")
    return "; ".join(
        _moves([f"{course.name}{more(course)}" for course, trend in found if trend == way], way)
        for way in ways
        if any(trend == way for _, trend in found)
    )


def _moves(names: Sequence[str], way: Trend) -> str:
    one, many = _SAID[way]
    return f"{listing(names)} {one if len(names) == 1 else many}"


def _ends(course: Course) -> str:
    first, last = course.trained[0], course.trained[-1]
    if first is None or last is None:
        return ""
    unit = f" {course.unit}" if course.unit else ""
    return f" ({first.middle:.2f} to {last.middle:.2f}{unit})"


def _table(measured: Sequence[Course], titles: Sequence[str]) -> Table:
    rows = [
        row
        for course in measured
        for row in (
            _row(first_capital(course.name), course.unit, course.trained),
            *(
                (_row("… untrained", course.unit, course.untrained),)
                if any(course.untrained)
                else ()
            ),
        )
    ]
    head = ("Measure", *titles)
    return Table("Median of the filters, and in brackets the middle half", head, tuple(rows))


def _row(name: str, unit: str, spreads: _Spreads) -> tuple[str, ...]:
    cells = (
        f"{spread.middle:.2f} ({spread.low:.2f} to {spread.high:.2f})" if spread else "–"
        for spread in spreads
    )
    return (f"{name}, {unit}" if unit else name, *cells)
