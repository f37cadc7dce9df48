"""Charts: what is drawn and said is what was counted."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.atlas.bins import BINS, LOWEST, PER_OCTAVE, edge, inner_edges, quantile
from generator.render.charts.histogram import (
    ENOUGH,
    GAP,
    MOST_BARS,
    OCTAVES,
    TALLEST,
    WIDTH,
    Histogram,
    histogram,
)

VALUES = st.lists(st.floats(2.0**-20, 2.0**20), min_size=1, max_size=60)


def counts_of(values: list[float]) -> list[int]:
    """Count values bin by bin, by looking at each."""
    counts = [0] * BINS
    for value in values:
        number = 0
        while number < BINS - 1 and value >= edge(number + 1):
            number += 1
        counts[number] += 1
    return counts


def test_eight_bins_make_an_octave() -> None:
    """Edges rise by the eighth root of two, from 2⁻¹⁶ to 2¹⁶."""
    assert edge(0) == 2.0**-16
    assert edge(BINS) == 2.0**16
    assert edge(PER_OCTAVE - LOWEST * PER_OCTAVE) == 2
    assert inner_edges().shape == (BINS - 1,)


@given(values=VALUES, share=st.sampled_from([0.5, 0.9, 0.99]))
def test_a_quantile_lies_within_a_bin_of_the_true_one(values: list[float], share: float) -> None:
    """The value below which that share lies, to the width of a bin; end bins are open."""
    inside = [min(max(value, edge(0)), edge(BINS) * 0.999) for value in values]
    true = sorted(inside)[math.ceil(share * len(inside)) - 1]
    found = quantile(counts_of(inside), share)
    assert true / edge(1) * edge(0) * 0.999 <= found <= true * edge(1) / edge(0) * 1.001


def test_nothing_counted_has_no_quantile() -> None:
    """A dead filter has only zeros."""
    assert quantile([0] * BINS, 0.5) == 0


def bars_of(chart: Histogram) -> list[tuple[float, float]]:
    """Return middle and height of every bar, read off the path."""
    parts = re.findall(r"M([\d.]+) 0V-([\d.]+)", chart.path)
    assert "".join(f"M{x} 0V-{height}" for x, height in parts) == chart.path
    return [(float(x), float(height)) for x, height in parts]


def octaves_of(chart: Histogram) -> list[tuple[str, int]]:
    """Return span and number of images of every octave, as said in words."""
    said = chart.alt.removeprefix("Histogram of activations. Images by octave: ").removesuffix(".")
    pairs = [octave.rsplit(": ", 1) for octave in said.split("; ")]
    return [(span, int(images.replace(",", ""))) for span, images in pairs]


@given(values=VALUES)
def test_every_image_is_in_a_bar(values: list[float]) -> None:
    """The words add up, bars stay inside the chart, apart, and there are not too many."""
    chart = histogram(counts_of(values), 100, max(values), 0)
    assert sum(images for _, images in octaves_of(chart)) == len(values)
    assert chart.mark == ""
    bars, width = bars_of(chart), float(chart.bar_width)
    assert 1 <= len(bars) <= MOST_BARS
    for x, height in bars:
        assert x - width / 2 >= -0.11
        assert x + width / 2 <= WIDTH + 0.11
        assert 1 <= height <= TALLEST
    for (left, _), (right, _) in pairwise(bars):
        assert right - left > width


@given(values=st.lists(st.floats(0.26, 60), min_size=1, max_size=60))
def test_octaves_are_counted_one_by_one(values: list[float]) -> None:
    """A span holds as many values as lie in it, whatever the width of the bars."""
    chart = histogram(counts_of(values), 100, max(values), 0)
    for span, images in octaves_of(chart):
        low, high = (float(end) for end in span.split(" to "))
        exact = [2 ** (round(8 * math.log2(end)) / 8) for end in (low, high)]
        assert sum(exact[0] <= value < exact[1] for value in values) == images


def test_bars_are_as_tall_as_their_counts() -> None:
    """Half the images, half the height."""
    chart = histogram(counts_of([1.0] * 10 + [4.0] * 20), 30, 4.0, 0)
    (_, low), (_, high) = bars_of(chart)
    assert high == pytest.approx(2 * low, abs=0.2)


def test_a_long_tail_is_counted_in_the_first_bar() -> None:
    """What lies more than eight octaves below the strongest is not lost."""
    chart = histogram(counts_of([2.0**-14, 2.0**-12, 1.0, 8.0]), 4, 8.0, 0)
    octaves = octaves_of(chart)
    assert octaves[0][0].startswith("below ")
    assert octaves[0][1] == 2
    assert len(octaves) <= OCTAVES + 1


def test_ticks_stand_at_powers_of_two() -> None:
    """A tick's number stands where a bar of that value begins."""
    chart = histogram(counts_of([0.5, 1.0, 2.0, 4.0, 8.0]), 5, 8.0, 0)
    places = {float(tick.text): float(tick.x) for tick in chart.ticks}
    for low, high in zip(sorted(places), sorted(places)[1:], strict=False):
        assert high / low == 2 ** round(math.log2(high / low))
        assert places[high] > places[low]
    starts = {x - (float(chart.bar_width) + GAP) / 2 for x, _ in bars_of(chart)}
    for value, x in places.items():
        if value <= 8:
            assert any(start == pytest.approx(x, abs=0.21) for start in starts)


def test_a_narrow_range_is_labelled_at_its_ends() -> None:
    """Where no two powers of two lie inside, the ends have numbers."""
    chart = histogram(counts_of([1.2, 1.25]), 2, 1.25, 0)
    assert [float(tick.x) for tick in chart.ticks] == [0, WIDTH]
    assert float(chart.ticks[0].text) <= 1.2
    assert float(chart.ticks[1].text) >= 1.25


def test_the_sentence_says_what_the_bars_show() -> None:
    """Median, the hundredth part, the strongest, and those that do not answer."""
    values = [1.0] * 300 + [2.0] * 300 + [10.0] * 6
    chart = histogram(counts_of(values), 1_000, 10.0, 2.0)
    assert "606 images" in chart.sentence
    assert "strongest reaches 10.0" in chart.sentence
    assert "The other 394 (39.4\u00a0%) do not activate it." in chart.sentence
    few = histogram(counts_of([1.0] * (ENOUGH - 1)), ENOUGH - 1, 1.0, 0)
    assert "hundred exceeds" not in few.sentence
    assert "do not activate" not in few.sentence


def test_one_image_is_said_plainly() -> None:
    """No median of one."""
    chart = histogram(counts_of([3.0]), 5, 3.0, 0)
    assert chart.sentence.startswith("One image activates the filter; the strongest reaches 3.00.")


def test_the_nine_are_marked_between_the_ninth_and_the_first() -> None:
    """The marked part of the axis runs over the nine places."""
    values = [1.0] * 50 + [3.0, 4.0, 6.0, 8.0]
    chart = histogram(counts_of(values), 60, 8.0, 3.0)
    found = re.fullmatch(r"M([\d.]+) 0H([\d.]+)", chart.mark)
    assert found
    ninth, first = map(float, found.groups())
    assert 0 < ninth < first <= WIDTH
