"""Charts of several lines: each value at its height, gaps left open, names that can be read."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from generator.render.charts.lines import HEIGHT, Line, LineChart, line_chart, round_ticks
from tests import ROOT

VALUES = st.lists(st.one_of(st.none(), st.floats(0, 50)), min_size=1, max_size=9)


def drawn(
    *lines: Line,
    strong: Line | None = None,
    band: tuple[Sequence[float | None], Sequence[float | None]] | None = None,
    alt: str = "Alt",
) -> LineChart:
    """Return a chart with a tick at 0 and at 100."""
    some = lines[0] if lines else strong
    assert some is not None
    return line_chart(
        range(len(some.values)),
        lines,
        title="Title",
        caption="Caption",
        alt=alt,
        x_ticks=[(0, "first")],
        y_ticks=[(0, "0 %"), (100, "100 %")],
        strong=strong,
        band=band,
    )


def points(path: str) -> list[list[tuple[float, float]]]:
    """Read the runs of a path as SVG does."""
    runs = [[float(text) for text in re.findall(r"-?[\d.]+", run)] for run in path.split("M")[1:]]
    return [list(zip(run[::2], run[1::2], strict=True)) for run in runs]


@given(values=VALUES)
def test_values_stand_at_their_heights_and_gaps_stay_open(values: list[float | None]) -> None:
    """There are as many runs as unbroken parts, and a lone value is a short stroke."""
    chart = drawn(Line("a", values))
    runs: list[list[float]] = [[]]
    for value in values:
        if value is None:
            runs.append([])
        else:
            runs[-1].append(value)
    wanted = [run if len(run) > 1 else run * 2 for run in runs if run]
    found = [[(HEIGHT - y) / HEIGHT * 100 for _, y in run] for run in points(chart.lines[0].path)]
    assert len(found) == len(wanted)
    for heights, run in zip(found, wanted, strict=True):
        assert heights == pytest.approx(run, abs=0.1)


def test_the_chart_grows_with_its_highest_value() -> None:
    """A value above the last tick is still inside."""
    (run,) = points(drawn(Line("a", [0, 200])).lines[0].path)
    assert [y for _, y in run] == [HEIGHT, 0]


@given(ends=st.lists(st.integers(0, 1000).map(lambda n: n / 10), min_size=2, max_size=8))
def test_names_at_the_ends_do_not_lie_on_each_other(ends: list[float]) -> None:
    """Up to eight are a line apart, in the order of the values, and inside the chart."""
    chart = drawn(*(Line(str(number), [1.0, end]) for number, end in enumerate(ends)))
    rows = sorted((float(each.y), -end) for each, end in zip(chart.lines, ends, strict=True))
    assert all(below[0] - above[0] >= 11.7 for above, below in pairwise(rows))
    assert all(above[1] <= below[1] for above, below in pairwise(rows))
    assert rows[0][0] >= 4
    assert rows[-1][0] <= HEIGHT + 4


def test_lines_are_told_apart_without_colour() -> None:
    """Five have five kinds of dashes."""
    chart = drawn(*(Line(str(number), [1.0, 2.0]) for number in range(5)))
    assert len({each.dash for each in chart.lines}) == 5


def test_a_band_is_drawn_where_both_edges_are_known() -> None:
    """Nothing is drawn where one of them is missing or not a number."""
    low, high = [0.0, 10.0, None, 20.0, 0.0], [50.0, 60.0, 70.0, math.nan, 50.0]
    chart = drawn(strong=Line("median", [10.0] * 5), band=(low, high))
    first, second = points(chart.band)
    assert [y for _, y in first] == [HEIGHT, 0.9 * HEIGHT, 0.4 * HEIGHT, 0.5 * HEIGHT]
    assert [y for _, y in second] == [HEIGHT, 0.5 * HEIGHT]


def test_a_line_of_which_nothing_is_known_has_no_name() -> None:
    """Neither has it a path; the others stay."""
    chart = drawn(Line("a", [None, math.inf]), Line("b", [1.0, 2.0]))
    assert [(each.name, bool(each.path)) for each in chart.lines] == [("", False), ("b", True)]
    assert len(points(chart.leaders)) == 1


def test_one_place_and_no_line_are_drawn() -> None:
    """A single x is a chart, and so is one of a strong line alone."""
    assert drawn(Line("a", [1.0])).lines[0].path
    assert drawn(strong=Line("a", [1.0])).lines == ()


@given(most=st.floats(1e-6, 1e9))
def test_round_ticks_reach_the_largest_value(most: float) -> None:
    """They begin at 0, are evenly spaced, few, and the last but one does not reach it."""
    ticks = round_ticks(most)
    assert ticks[0] == 0
    assert ticks[-1] >= most * (1 - 1e-6)
    assert ticks[-2] < most
    assert 2 <= len(ticks) <= 5
    assert f"{ticks[1]:e}"[:3] in ("1.0", "2.0", "5.0")


@pytest.mark.parametrize("most", [0.0, math.nan, -1.0])
def test_ticks_of_nothing(most: float) -> None:
    """Where all is zero there is an axis all the same."""
    assert round_ticks(most) == (0.0, 1.0)


def test_names_and_words_are_escaped() -> None:
    """What people named cannot become markup."""
    chart = drawn(Line("<b>", [1.0, 2.0]), strong=Line('"s"', [3.0, 4.0]), alt='"><script>')
    loader = FileSystemLoader(ROOT / "site_templates")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    module = environment.get_template("partials/lines.html").make_module()
    html = str(module.lines(chart))  # type: ignore[attr-defined]
    assert "&lt;b&gt;" in html
    assert "<script>" not in html
    assert 'aria-label="&#34;&gt;&lt;script&gt;"' in html
    assert html.count("<path") == 3  # the grid and two lines
