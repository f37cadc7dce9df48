"""Claims as texts write them: their intervals, and the line of what is not well formed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import ContentError
from generator.render.text.claims import Interval
from tests.support.written_texts import (
    KEY,
    PINNED,
    claim,
    read,
    write,
)

degrees = st.integers(0, 360)


@given(low=degrees, high=degrees, value=degrees)
def test_an_interval_around_the_circle(low: int, high: int, value: int) -> None:
    """A hue lies in it if a walk by single degrees from low to high, over 360, steps on it."""
    steps = [low]
    while steps[-1] != high and (steps[-1], high) != (360, 0):
        steps.append(1 if steps[-1] == 360 else steps[-1] + 1)
    assert (value in Interval(low, high, 360)) == (value % 360 in {step % 360 for step in steps})


@given(
    ends=st.tuples(st.fractions(-9, 9), st.fractions(-9, 9)).map(sorted),
    value=st.fractions(-9, 9),
)
def test_an_interval_of_the_line(ends: list[Fraction], value: Fraction) -> None:
    """Without a period, an interval is what lies between its ends, both included."""
    low, high = ends
    inside = abs(value - low) + abs(high - value) == high - low
    assert (value in Interval(low, high)) == inside  # type: ignore[arg-type, operator]


@given(low=degrees, high=degrees, value=degrees, turn=degrees)
def test_an_interval_that_turns_with_the_value(low: int, high: int, value: int, turn: int) -> None:
    """Turning the ends and the value by one angle changes nothing."""
    ends = [Fraction(end % 360) for end in (low, high)]
    turned = [(end + turn) % 360 for end in ends]
    before = value % 360 in Interval(float(ends[0]), float(ends[1]), 360)
    after = (value + turn) % 360 in Interval(float(turned[0]), float(turned[1]), 360)
    assert before == after


@pytest.mark.parametrize(("value", "inside"), [(175, True), (5, True), (170, True), (90, False)])
def test_wrapping_over_the_period(value: float, inside: bool) -> None:
    """[170, 10] degrees of orientation are the twenty around the horizontal."""
    assert (value in Interval(170, 10, 180)) == inside


ORIENTED = {"filter": "layer1/0", "fact": "orientation"}
MEDIAN = {"layer": "layer1", "fact": "polarity", "statistic": "median"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"fact": "best", "within": [0, 1]}, r":5: a claim names either a filter or a layer"),
        ({**ORIENTED, "layer": "layer1"}, r":5: a claim names either a filter or a layer"),
        ({"filter": "layer1/0", "within": [0, 1]}, r":5: fact is missing"),
        (
            {"filter": "layer1/0", "fact": "orientaton", "within": [0, 1]},
            r":7: unknown fact orientaton \(did you mean orientation\?\)",
        ),
        (
            {"filter": "layer1/0", "fact": "orientation_curve", "within": [0, 1]},
            r":7: unknown fact orientation_curve",
        ),
        (ORIENTED, r":5: within is missing"),
        ({**ORIENTED, "within": [1]}, r":8: within must be two numbers"),
        ({**ORIENTED, "within": ["a", "b"]}, r":8: within must be two numbers"),
        ({**ORIENTED, "within": "1 to 2"}, r":8: within must be two numbers"),
        ({**ORIENTED, "within": [0, 200]}, r":8: orientation goes from 0 to 180 degrees"),
        ({**ORIENTED, "within": [0, 1], "is_": "x"}, r":9: orientation is a number; .*within"),
        ({**ORIENTED, "wihin": [0, 1]}, r":8: unknown key wihin \(did you mean within\?\)"),
        ({**ORIENTED, "within": [0, 1], "title": "T"}, r":9: unknown key title.* stand above"),
        (
            {"filter": "layer1/0", "fact": "best", "within": [2, 1]},
            r":8: within goes from 2 down to 1",
        ),
        ({"filter": "layer1/0", "fact": "family"}, r":5: is is missing"),
        (
            {"filter": "layer1/0", "fact": "family", "within": [0, 1]},
            r":8: family is a name; write is instead of within",
        ),
        ({"filter": 12, "fact": "best", "within": [0, 1]}, r":6: filter must be words in quotes"),
        ({**MEDIAN, "within": [0, 1], "at_least": 0.5}, r":10: at_least has no meaning"),
        (
            {**MEDIAN, "statistic": "mean", "within": [0, 1]},
            r':8: statistic must be "median" or "share"',
        ),
        ({**MEDIAN, "statistic": "share", "within": [0, 1]}, r":5: at_least is missing"),
        ({**MEDIAN, "fact": "family", "within": [0, 1]}, r":8: family is a name"),
        ({**MEDIAN, "fact": "hue", "within": [0, 1]}, r":7: hue has no low and high"),
        ({**MEDIAN, "within": [0, 1], "subject": "dogs"}, r':10: subject must be "untrained"'),
        (
            {**MEDIAN, "fact": "label_purity", "within": [0, 1], "subject": "untrained"},
            r":10: label_purity is not known of untrained filters",
        ),
        (
            {"layer": "layer1", "fact": "best", "within": [0, 1]},
            r":5: statistic is missing; it must be",
        ),
    ],
)
def test_a_claim_that_is_not_well_formed(folder: Path, values: dict[str, Any], said: str) -> None:
    """It is refused on reading, with the line of the key that is to blame."""
    write(folder, KEY, PINNED + claim(**values))
    with pytest.raises(ContentError, match=r"layer1\.md" + said):
        read(folder)


@pytest.mark.parametrize("written", ["claims = []", 'claims = [{fact = "best"}]', "[claims]"])
def test_claims_written_in_another_way(folder: Path, written: str) -> None:
    """Only tables under lines [[claims]], or one on each line, have a line to name."""
    write(folder, KEY, f"{PINNED}\n{written}")
    with pytest.raises(ContentError, match=r"layer1\.md:5: claims: each .* a line \[\[claims\]\]"):
        read(folder)


def test_claims_need_weights(folder: Path) -> None:
    """A claim without `weights` would be about no network; its line is named."""
    front = 'title = "T"' + claim(filter="layer1/0", fact="best", within=[0, 99])
    write(folder, "pages/extra.md", front)
    with pytest.raises(ContentError, match=r"extra\.md:3: .* must carry `weights`"):
        read(folder)
