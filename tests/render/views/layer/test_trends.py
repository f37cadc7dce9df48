"""From layer to layer: what is said to rise or fall does, and the chart shows it."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.render.facts import FilterMeasures, Gallery, LayerFacts
from generator.render.views.layer.trends import (
    BOTTOM,
    MARGIN,
    PURITY,
    ROW,
    RULE,
    TOP,
    Course,
    Spread,
    courses,
    spread,
    trend,
    trends_view,
)
from tests.support.tiny_measures import measures_of
from tests.support.views import some_measures


def slow_quantile(values: list[float], share: float) -> float:
    """Return a quantile by walking along the sorted values."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] * (1 - (place - below)) + ordered[above] * (place - below)


@given(values=st.lists(st.none() | st.floats(-1e6, 1e6), max_size=30))
def test_quartiles_are_those_of_the_sorted_values(values: list[float | None]) -> None:
    """What is not known does not count; nothing known has no spread."""
    known = [value for value in values if value is not None]
    found = spread([*values, math.nan, math.inf])
    if not known:
        assert found is None
        return
    assert found is not None
    expected = [slow_quantile(known, share) for share in (0.25, 0.5, 0.75)]
    assert [found.low, found.middle, found.high] == pytest.approx(expected, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (0.61, "rise"),
        (0.60, "neither"),  # the edge of the middle half
        (0.40, "neither"),
        (0.39, "fall"),
    ],
)
def test_a_trend_leaves_the_middle_half(last: float, said: str) -> None:
    """The last median lies outside the first layer's middle half, not on its edge."""
    assert trend([Spread(0.4, 0.5, 0.6), None, Spread(0, last, 1)]) == said


@pytest.mark.parametrize(("last", "said"), [(0.05, "rise"), (0.049, "neither")])
def test_a_small_difference_is_no_trend(last: float, said: str) -> None:
    """Where all filters of the first layer are alike, the medians must differ notably."""
    assert trend([Spread(0, 0, 0), Spread(0, last, 1)]) == said


def test_no_trend_without_both_ends() -> None:
    """A measure that the first or the last layer lacks is not said to move."""
    assert trend([None, Spread(0, 1, 1)]) is None
    assert trend([Spread(0, 1, 1), None]) is None


def changed(
    layer: LayerFacts, untrained: tuple[FilterMeasures, ...], **facts: object
) -> LayerFacts:
    """Return the layer with the same facts in every filter, and no labels."""
    filters = tuple(
        replace(f, measures=replace(measures_of(f), **facts), labels=(), label_purity=None)  # type: ignore[arg-type]
        for f in layer.filters
    )
    return replace(layer, filters=filters, untrained=untrained)


def test_the_sentence_is_composed_from_the_numbers(gallery: Gallery) -> None:
    """What rises, falls and does neither is named with its medians; so for random weights."""
    same = {"hue_selectivity": 0.5, "colour_selectivity": 0.5, "family_margin": None}
    flat = tuple(
        replace(some_measures(), orientation_selectivity=0.5, shift_invariance=None, **same)  # type: ignore[arg-type]
        for _ in range(3)
    )
    first = changed(
        gallery.layers[0], flat, orientation_selectivity=0.2, shift_invariance=0.9, **same
    )
    last = changed(
        gallery.layers[-1], flat, orientation_selectivity=0.8, shift_invariance=0.3, **same
    )
    trends = trends_view([first, last], "index.html")
    assert trends is not None
    assert trends.sentence.startswith(
        "Medians from Layer 1 to Layer 5: orientation selectivity (0.20 to 0.80) rises; "
        "shift invariance (0.90 to 0.30) falls; hue selectivity (0.50 to 0.50) and colour "
    )
    assert trends.sentence.endswith(
        "In the untrained network none that could be measured rises or falls."
    )
    moved = replace(last, untrained=last.measures[:1])
    other = trends_view([first, moved], "index.html")
    assert other is not None
    assert other.sentence.endswith(
        "In the untrained network orientation selectivity rises; hue selectivity and colour "
        "selectivity neither rise nor fall."
    )
    back = trends_view([last, first], "index.html")
    assert back is not None
    assert "shift invariance (0.30 to 0.90) rises; orientation selectivity" in back.sentence
    assert "(0.80 to 0.20) falls" in back.sentence


def test_values_lie_at_their_height(gallery: Gallery) -> None:
    """A median of 0.25 lies a quarter up its row, from the bottom."""
    layers = [changed(layer, (), orientation_selectivity=0.25) for layer in (gallery.layers[:3])]
    trends = trends_view(layers, "index.html")
    assert trends is not None
    points = re.findall(r"[ML](\d+) (\d+)", trends.trained[1])[:3]
    assert {int(y) for _, y in points} == {round(BOTTOM - (BOTTOM - TOP) / 4)}
    xs = [int(x) for x, _ in points]
    assert xs[1] - xs[0] == xs[2] - xs[1] > 0
    assert trends.view_box.endswith(f" {ROW * len(courses(layers))}")
    assert trends.untrained == ("", "")
    assert "untrained" not in trends.sentence


def test_this_layer_is_marked_and_the_table_stands_at_home(gallery: Gallery) -> None:
    """A layer's page marks its column and links to rule and table, which the home page holds."""
    home = trends_view(gallery.layers, "index.html")
    here = trends_view(gallery.layers, "layer3/index.html", "layer3")
    assert home is not None
    assert here is not None
    assert (home.here, here.table, home.elsewhere) == ("", None, None)
    assert here.here
    assert home.rule == f"{RULE} {PURITY} {MARGIN}"
    assert here.elsewhere is not None
    assert here.elsewhere.href == "../index.html#trends"
    assert home.table is not None
    assert all(len(row) == 1 + len(gallery.layers) for row in home.table.rows)
    assert home.sentence == here.sentence
    assert len(home.names.split("\n")) == 3 * len(courses(gallery.layers))


def test_one_layer_has_no_chart_and_other_names_have_one(gallery: Gallery) -> None:
    """There is nothing to compare with one layer; titles that are no numbers stand as they are."""
    assert trends_view(gallery.layers[:1], "index.html") is None
    named = [
        replace(layer, record=layer.record.model_copy(update={"title": title}))
        for layer, title in zip(gallery.layers, ("conv a", "conv b"), strict=False)
    ]
    trends = trends_view(named, "index.html")
    assert trends is not None
    assert trends.title == "From conv a to conv b"
    assert trends.layers == "conv\u00a0a conv\u00a0b"


def test_course_of_random_weights_has_no_labels(gallery: Gallery) -> None:
    """Random weights were shown no images, so no purity is claimed for them."""
    found: dict[str, Course] = {course.name: course for course in courses(gallery.layers)}
    assert any(found["label purity of the nine"].trained)
    assert not any(found["label purity of the nine"].untrained)
    assert any(found["orientation selectivity"].untrained)


@pytest.mark.parametrize(
    ("layers", "named"), [(9, "1 2 3 4 5 6 7 8 9"), (16, "1 4 7 10 13 16"), (12, "1 12")]
)
def test_of_very_many_layers_some_are_named(gallery: Gallery, layers: int, named: str) -> None:
    """At equal distances, as the chart has them; the mark of a layer stays off its neighbours."""
    many = tuple(
        replace(
            gallery.layers[0],
            record=gallery.layers[0].record.model_copy(
                update={"name": f"layer{number}", "title": f"Layer {number}"}
            ),
        )
        for number in range(1, layers + 1)
    )
    trends = trends_view(many, "layer1/index.html", "layer5")
    assert trends is not None
    assert trends.layers == named
    left, right = (int(place) for place in re.findall(r"[MH](\d+)", trends.here)[:2])
    assert right - left <= 350 / (layers - 1)
