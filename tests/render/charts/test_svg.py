"""What all charts share: short numbers, paths, and axes that are not crowded."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.render.charts.svg import line, short, thinned

COORDINATES = st.floats(-999, 999)


@given(value=COORDINATES, places=st.integers(1, 3))
def test_a_number_is_short_and_near(value: float, places: int) -> None:
    """It is within half of its last place, without a zero at its end or a minus before 0."""
    text = short(value, places)
    assert abs(float(text) - value) <= 0.5 * 10**-places + 1e-9
    assert re.fullmatch(rf"-?\d+(\.\d{{0,{places - 1}}}[1-9])?", text)
    assert text != "-0"


@pytest.mark.parametrize(
    ("value", "text"), [(12.5, "12.5"), (3.0, "3"), (100.0, "100"), (-0.01, "0"), (-0.25, "-0.2")]
)
def test_numbers_as_they_are_written(value: float, text: str) -> None:
    """Zeros before the point stay."""
    assert short(value) == text


@given(points=st.lists(st.tuples(COORDINATES, COORDINATES), min_size=1, max_size=9))
def test_a_path_goes_through_its_points(points: list[tuple[float, float]]) -> None:
    """Read as SVG reads it, where a minus sign begins a number too."""
    path = line(points)
    assert path.startswith("M")
    assert " -" not in path
    read = [float(text) for text in re.findall(r"-?[\d.]+", path)]
    assert read == pytest.approx([value for point in points for value in point], abs=0.05 + 1e-9)


@given(count=st.integers(0, 60), most=st.integers(1, 20))
def test_names_along_an_axis_are_thinned_evenly(count: int, most: int) -> None:
    """They are at most so many, equally far apart, as close as that allows, from the first on."""
    kept = thinned(range(count), most)
    assert len(kept) <= most
    step = next(step for step in range(1, count + 2) if len(range(0, count, step)) <= most)
    assert list(kept) == list(range(0, count, step))
