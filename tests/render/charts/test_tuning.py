"""Charts of tuning: what is drawn is what was measured, and said in words."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.compute.stimuli.draw import AXIS_COLOURS, GREY, HUES, STRONG, Gratings, hue_direction
from generator.render.charts.tuning import (
    HEIGHT,
    LENGTH,
    NAMED_HUES,
    RADIUS,
    TICKS,
    WIDTH,
    form_bars,
    hue_bars,
    polar,
    spectrum,
)
from tests import ROOT
from tests.support.tiny_measures import FAMILIES, RECORD

ROUNDING = 1.0  # units of a chart, of which points are whole ones


def curves(points: Sequence[object]) -> st.SearchStrategy[tuple[float, ...]]:
    """Return curves with some answer: one value for each point."""
    values = st.floats(0, 1000, width=32)
    many = st.lists(values, min_size=len(points), max_size=len(points))
    return many.filter(lambda curve: max(curve) > 1e-6).map(tuple)


def numbers(path: str) -> list[float]:
    """Return every number of a path, in order."""
    return [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?", path)]


def points(path: str) -> list[tuple[float, float]]:
    """Return the corners of a path of straight lines between absolute points."""
    found = numbers(path)
    return list(zip(found[::2], found[1::2], strict=True))


def on_page(x: float, y: float) -> float:
    """Return the direction 0…180 in which a point of a drawing lies, as read on the page."""
    return math.degrees(math.atan2(-y, x)) % 180


def apart(one: float, other: float, period: float) -> float:
    """Return the distance of two angles that are the same every `period`."""
    return abs((one - other + period / 2) % period - period / 2)


@pytest.mark.parametrize("degrees", RECORD.orientations)
def test_the_lobe_lies_along_the_stripes(degrees: float) -> None:
    """Walking along the lobe, a grating of the preferred direction does not change; across it does.

    Drawing and picture both have y downwards, so a step in one is a step in the other.
    """
    curve = [math.exp(-((apart(degrees, other, 180) / 20) ** 2)) for other in RECORD.orientations]
    chart = polar(curve, RECORD.orientations, degrees, 0.8)
    assert chart
    x, y = max(points(chart.path), key=lambda point: math.hypot(*point))
    step = np.array([y, x]) / math.hypot(x, y)  # row, column
    side = 101
    one = np.array([0])
    turned, frequency, phase = np.array([[degrees], [0.02], [90.0]])
    grating = Gratings(side, turned, frequency, phase, AXIS_COLOURS[one], one)
    picture = grating.draw(one)[0, 0]
    middle = np.array([side // 2, side // 2])

    def walk(direction: np.ndarray) -> float:
        places = [np.rint(middle + length * direction).astype(int) for length in range(-40, 41)]
        return float(np.ptp([picture[row, column] for row, column in places]))

    assert walk(step) < 0.2
    assert walk(np.array([step[1], -step[0]])) > 0.9


def test_a_slash_points_to_the_upper_right() -> None:
    """45 degrees is "/": right and up, which is negative y; and left and down."""
    curve = [float(degrees == 45) for degrees in RECORD.orientations]
    chart = polar(curve, RECORD.orientations, 45, 1)
    assert chart
    far = [point for point in points(chart.path) if math.hypot(*point) > RADIUS / 2]
    assert {(x > 0, y > 0) for x, y in far} == {(True, False), (False, True)}
    for x, y in [*far, *points(chart.mark)]:
        assert math.hypot(x, y) == pytest.approx(RADIUS, abs=ROUNDING)
        assert on_page(x, y) == pytest.approx(45, abs=1)


@given(curve=curves(RECORD.orientations))
def test_every_answer_is_drawn_on_both_sides(curve: tuple[float, ...]) -> None:
    """Each answer has a corner at its length in its direction, and one opposite; no others."""
    chart = polar(curve, RECORD.orientations, None, None)
    assert chart
    assert chart.mark == ""
    corners = points(chart.path)
    wanted = []
    for value, degrees in zip(curve, RECORD.orientations, strict=True):
        turn = np.exp(1j * np.deg2rad(degrees)) * RADIUS * value / max(curve)
        wanted += [(turn.real, -turn.imag), (-turn.real, turn.imag)]
    for some, others in ((wanted, corners), (corners, wanted)):
        for x, y in some:
            assert min(math.hypot(x - a, y - b) for a, b in others) <= ROUNDING


@given(degrees=st.floats(0, 179.9), selectivity=st.floats(0, 1))
def test_the_line_is_as_long_as_the_selectivity(degrees: float, selectivity: float) -> None:
    """It runs through the centre, in the mean direction."""
    chart = polar([1.0] * 16, RECORD.orientations, degrees, selectivity)
    assert chart
    (left, lower), (x, y) = points(chart.mark)
    assert (left, lower) == (-x, -y)
    assert math.hypot(x, y) == pytest.approx(RADIUS * selectivity, abs=0.1)
    if selectivity > 0.1:
        assert apart(on_page(x, y), degrees, 180) < 1


@given(curve=curves(RECORD.frequencies))
def test_octaves_are_equally_wide(curve: tuple[float, ...]) -> None:
    """The stimuli's frequencies are equal ratios apart, and so the points are equally far apart."""
    chart = spectrum(curve, RECORD.frequencies, None)
    assert chart
    found = points(chart.path)
    steps = [right[0] - left[0] for left, right in pairwise(found)]
    assert steps == pytest.approx([WIDTH / 7] * 7, abs=0.11)
    heights = [-y / HEIGHT for _, y in found]
    assert heights == pytest.approx([value / max(curve) for value in curve], abs=0.001)


@pytest.mark.parametrize("side", [3, 7, 27, 75, 107, 139, 500])
def test_numbers_stand_where_their_frequencies_are(side: int) -> None:
    """A frequency's name stands where the line of a filter that prefers it would."""
    frequencies = np.geomspace(min(0.5 / side, 0.2), 0.4, 8).tolist()
    chart = spectrum([1.0] * 8, frequencies, frequencies[0])
    assert chart
    assert 1 <= len(chart.ticks) <= TICKS
    assert numbers(chart.mark)[0] == 0
    for tick in chart.ticks:
        above, below = map(int, tick.text.split("/"))
        assert frequencies[0] <= above / below <= frequencies[-1]
        marked = spectrum([1.0] * 8, frequencies, above / below)
        assert marked
        x = np.interp(np.log(above / below), np.log(frequencies), np.linspace(0, WIDTH, 8))
        assert float(tick.x) == pytest.approx(x, abs=0.06)
        assert numbers(marked.mark)[0] == float(tick.x)


def heights_of(cover: str, bars: int) -> list[float]:
    """Return how high the free space under a cover is in the middle of each bar."""
    x = y = 0.0
    steps = []  # from x, to x, y
    for command, text in re.findall(r"([MHV])(-?[\d.]+(?: 0)?)", cover):
        value = float(text.split()[0])
        if command == "H":
            steps.append((x, value, y))
        if command == "V":
            y = value
        else:
            x = value
    under = [step for step in steps if step[1] < step[0]]  # drawn from right to left
    wide = WIDTH / bars
    middles = [wide * (number + 0.5) for number in range(bars)]
    return [next(-y for start, end, y in under if end < at < start) for at in middles]


@given(curve=curves(RECORD.hues))
def test_hues_are_as_high_as_their_answers(curve: tuple[float, ...]) -> None:
    """What the cover leaves free of each colour has the height of its answer."""
    chart = hue_bars(curve, RECORD.hues, None)
    assert chart
    wanted = [HEIGHT * value / max(curve) for value in curve]
    assert heights_of(chart.path, 24) == pytest.approx(wanted, abs=0.51)
    assert chart.mark == ""


def test_the_colours_are_those_of_the_stimuli() -> None:
    """The style sheet lays the strongest colour of each hue behind its bar; names stand under."""
    css = (ROOT / "site_templates/static/40-charts.css").read_text()
    stops = re.findall(r"#([0-9a-f]{6}) 0 ([\d.]+)%", css)
    colours = np.array([[int(text[at : at + 2], 16) for at in (0, 2, 4)] for text, _ in stops])
    assert colours == pytest.approx(255 * (GREY + STRONG * hue_direction(HUES)), abs=0.51)
    ends = [float(end) / 100 for _, end in stops]
    assert ends == pytest.approx([(number + 1) / 24 for number in range(24)], abs=1e-4)
    chart = hue_bars([1.0] * 24, RECORD.hues, 240)
    assert chart
    for tick in chart.ticks:
        red, green, blue = colours[int(float(tick.x) / WIDTH * 24)]
        strong = {"red": red, "green": green, "blue": blue}
        assert max(strong, key=lambda name: strong[name]) == tick.text or tick.text in {
            "yellow" if min(red, green) > blue else "",
            "cyan" if min(green, blue) > red else "",
            "magenta" if min(red, blue) > green else "",
        }
    blue_tick = next(float(tick.x) for tick in chart.ticks if tick.text == "blue")
    left, _, right = numbers(chart.mark.replace("h", " "))
    assert left + right / 2 == pytest.approx(blue_tick, abs=0.1)
    assert len(chart.ticks) == len(NAMED_HUES)


@given(response=curves(FAMILIES))
def test_bars_are_as_long_as_the_best_answers(response: tuple[float, ...]) -> None:
    """Row by row beside its name, and the preferred family in a path of its own."""
    best = FAMILIES[response.index(max(response))]
    chart = form_bars(response, FAMILIES, best)
    assert chart
    rows = {}
    for row, length in re.findall(r"M0 (\d+)\.5h(\d+)", chart.path + chart.mark):
        rows[FAMILIES[int(row)]] = int(length)
    assert list(rows.values()) == pytest.approx(
        [LENGTH * response[FAMILIES.index(name)] / max(response) for name in rows], abs=0.51
    )
    assert set(rows) == set(FAMILIES)
    assert chart.mark == f"M0 {FAMILIES.index(best)}.5h{LENGTH}"
    assert chart.names == tuple((name, name == best) for name in FAMILIES)


def shares(curve: Sequence[float]) -> list[str]:
    """Return answers in per cent of the largest, in an independent way."""
    return [str(int(np.rint(100 * np.float64(value) / max(curve)))) for value in curve]


@given(data=st.data())
def test_the_numbers_stand_in_the_text(data: st.DataObject) -> None:
    """Whoever cannot see a chart hears every response in it."""
    whole = st.integers(0, 100)  # of which one is 100: per cent without rounding

    def curve(points: Sequence[object]) -> list[float]:
        size = len(points) - 1
        found = [100, *data.draw(st.lists(whole, min_size=size, max_size=size))]
        return [float(value) for value in data.draw(st.permutations(found))]

    directions, stripes = curve(RECORD.orientations), curve(RECORD.frequencies)
    colours, forms = curve(RECORD.hues), curve(FAMILIES)
    charts = (
        polar(directions, RECORD.orientations, None, None),
        hue_bars(colours, RECORD.hues, None),
        spectrum(stripes, RECORD.frequencies, None),
        form_bars(forms, FAMILIES, None),
    )
    first, second, third, fourth = (chart.alt if chart else "" for chart in charts)
    assert "from 0° counter-clockwise in steps of 11.25°" in first
    assert first.rstrip(".").endswith(": " + " ".join(shares(directions)))
    assert "from red in steps of 15°" in second
    assert second.rstrip(".").endswith(": " + " ".join(shares(colours)))
    assert re.findall(r"px (\d+)", third) == shares(stripes)
    for name, part in zip(FAMILIES, shares(forms), strict=True):
        assert f"{name} {part}" in fourth
