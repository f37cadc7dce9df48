"""What the filters of a layer prefer: what is counted, drawn and said is what the facts hold."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.render.facts import FilterFacts, Gallery
from generator.render.views.layer import summary
from generator.render.views.layer.summary import BASE, LENGTH, TALL, summary_view
from generator.render.views.layer.trends import trends_view
from generator.render.words.captions import CLEAR, HUE, ORIENTED
from tests.support.tiny_atlas import DEAD
from tests.support.tiny_measures import FAMILIES, RECORD, measures_of
from tests.support.views import layer_with, some_measures

UNIT = st.none() | st.floats(0, 1)


@given(
    facts=st.lists(
        st.tuples(
            st.none() | st.floats(0, 180, exclude_max=True),
            st.none() | st.floats(0, 1) | st.sampled_from([ORIENTED, HUE]),
        ),
        max_size=40,
    )
)
def test_angles_are_counted_in_the_nearest_bin(
    facts: list[tuple[float | None, float | None]],
) -> None:
    """Each selective filter is in the bin whose middle is nearest around the circle."""
    filters = [
        replace(some_measures(), orientation=angle, orientation_selectivity=by)
        for angle, by in facts
    ]
    tally = summary.orientations(filters, RECORD)
    shown = [
        angle for angle, by in facts if angle is not None and by is not None and by >= ORIENTED
    ]
    assert tally.shown == len(shown)
    assert tally.without == sum(angle is None or by is None for angle, by in facts)
    assert tally.total == len(facts)
    inside = [0] * summary.SECTORS
    for angle in shown:
        far = [
            min(abs(angle - middle), 180 - abs(angle - middle))
            for middle in (15 * number for number in range(summary.SECTORS))
        ]
        ties = [number for number, distance in enumerate(far) if distance <= min(far) + 1e-9]
        # On an edge between two bins either will do: take the one that the count names.
        chosen = next((n for n in ties if inside[n] < tally.counts[n]), ties[0])
        inside[chosen] += 1
    assert tuple(inside) == tally.counts


@pytest.mark.parametrize(
    ("selectivity", "shown"), [(ORIENTED, 1), (math.nextafter(ORIENTED, 0), 0)]
)
def test_an_orientation_counts_from_its_threshold(selectivity: float, shown: int) -> None:
    """At the threshold it is a preference, a hair below it is not."""
    measures = replace(some_measures(), orientation=179.9, orientation_selectivity=selectivity)
    tally = summary.orientations([measures], RECORD)
    assert (tally.counts[0], tally.below) == (shown, 1 - shown)


@pytest.mark.parametrize(("selectivity", "shown"), [(HUE, 1), (math.nextafter(HUE, 0), 0)])
def test_a_hue_counts_from_its_threshold(selectivity: float, shown: int) -> None:
    """Green is the fifth bin of twelve."""
    tally = summary.hues([replace(some_measures(), hue=120.0, hue_selectivity=selectivity)], RECORD)
    assert (tally.counts[4], tally.below) == (shown, 1 - shown)


@pytest.mark.parametrize(("margin", "shown"), [(CLEAR, 1), (math.nextafter(CLEAR, 0), 0)])
def test_a_family_counts_from_a_clear_margin(margin: float, shown: int) -> None:
    """Below the margin a filter has no clear family."""
    measures = replace(some_measures(), family="corner", family_margin=margin)
    tally = summary.families([measures], RECORD)
    assert (tally.counts[FAMILIES.index("corner")], tally.below) == (shown, 1 - shown)


@given(frequencies=st.lists(st.none() | st.floats(0.001, 1), max_size=30))
def test_frequencies_go_to_the_nearest_of_the_stimuli(frequencies: list[float | None]) -> None:
    """Nearest as a ratio; what lies beyond an end is counted at the end."""
    filters = [replace(some_measures(), frequency=frequency) for frequency in frequencies]
    tally = summary.frequencies(filters, RECORD)
    inside = [0] * len(RECORD.frequencies)
    for frequency in frequencies:
        if frequency is not None:
            ratios = [max(frequency / f, f / frequency) for f in RECORD.frequencies]
            inside[ratios.index(min(ratios))] += 1
    assert tally.counts == tuple(inside)
    assert tally.without == frequencies.count(None)


def test_bars_are_as_high_as_their_counts(gallery: Gallery) -> None:
    """Three horizontal filters and one vertical: a third as high, and the sentence says so."""
    filters: list[dict[str, object]] = [
        {"measures": replace(some_measures(), orientation=angle, orientation_selectivity=1.0)}
        for angle in (0.0, 179.0, 5.0, 90.0)
    ]
    layer = replace(layer_with(gallery, [*filters, {}]), untrained=())
    quiet = replace(layer.filters[4], measures=replace(some_measures(), orientation=None))
    view = summary_view(replace(layer, filters=(*layer.filters[:4], quiet)))
    assert view
    turns = view.histograms[0]
    heights = [int(height) for height in re.findall(r"v-(\d+)", turns.bars)]
    assert heights == [TALL, round(TALL / 3)]
    assert turns.bars.startswith(f"M1 {BASE}m")
    assert [part.count("m") for part in turns.bars.split("v-")] == [5, 6, 1]
    assert turns.line == ""
    assert turns.sentence == (
        f"4 of five filters have an orientation selectivity of at least {ORIENTED}. "
        "Most often: 0° ± 7.5° (3). For one it could not be measured."
    )
    assert [tick.text for tick in turns.ticks] == ["−45°", "0°", "45°", "90°"]


def test_families_stand_in_order_and_the_unclear_last(gallery: Gallery) -> None:
    """A line for each family that either network has, its bar by its count."""
    clear = {"family_margin": CLEAR}
    mine = [replace(some_measures(), family=name, **clear) for name in ("blob", "line", "line")]  # type: ignore[arg-type]
    mine.append(replace(some_measures(), family="corner", family_margin=0.0))
    theirs = tuple(replace(some_measures(), family="honeycomb", **clear) for _ in range(4))  # type: ignore[arg-type]
    layer = replace(
        layer_with(gallery, [{"measures": measures} for measures in mine]), untrained=theirs
    )
    view = summary_view(layer)
    assert view
    families = view.families
    assert families.names.split("\n") == ["line", "blob", "honeycomb", "no clear family"]
    assert families.counts.split("\n") == ["2 (0)", "1 (0)", "0 (4)", "1 (0)"]
    assert re.findall(r"h(\d+)v", families.bars) == [str(LENGTH // 2), str(LENGTH // 4)]


def test_a_layer_without_a_clear_family_has_no_bars(gallery: Gallery) -> None:
    """Neither network need have one filter that prefers a family."""
    unclear = replace(some_measures(), family_margin=CLEAR / 2)
    layer = replace(layer_with(gallery, [{"measures": unclear}] * 2), untrained=(unclear,) * 2)
    view = summary_view(layer)
    assert view
    families = view.families
    assert families.names == "no clear family"
    assert families.counts == "2 (2)"
    assert "h" not in families.bars


def test_filters_without_an_answer_are_said(gallery: Gallery) -> None:
    """The legend counts those that answered to no stimulus."""
    layer = gallery.layers[0]
    assert not measures_of(layer.filters[DEAD]).responds
    view = summary_view(layer)
    assert view
    assert "One filter of this layer answered to no stimulus and stands in no bar." in view.legend
    lively = replace(layer, filters=layer.filters[:1], untrained=())
    other = summary_view(lively)
    assert other
    assert "answered to no" not in other.legend


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_number_is_missing_in_print(gallery: Gallery, data: st.DataObject) -> None:
    """Whatever facts are known or not, no chart or sentence holds NaN, None or infinity."""

    def drawn(facts: FilterFacts) -> FilterFacts:
        measures = replace(
            measures_of(facts),
            orientation=data.draw(st.none() | st.floats(0, 179)),
            orientation_selectivity=data.draw(UNIT),
            frequency=data.draw(st.none() | st.floats(0.001, 1)),
            hue=data.draw(st.none() | st.floats(0, 359)),
            hue_selectivity=data.draw(UNIT),
            colour_selectivity=data.draw(UNIT),
            family=data.draw(st.none() | st.sampled_from(FAMILIES)),
            family_margin=data.draw(st.none() | st.floats(0, 50)),
            shift_invariance=data.draw(UNIT),
        )
        return replace(facts, measures=measures)

    layers = [
        replace(layer, filters=tuple(map(drawn, layer.filters))) for layer in gallery.layers[:2]
    ]
    printed = repr(summary_view(layers[0]))
    assert not re.search(r"\b(nan|inf)\b", printed)
    trends = trends_view(layers, "index.html")
    assert trends is not None
    words = f"{trends.sentence} {trends.names} {trends.trained}"
    assert not re.search(r"\b(nan|inf|none)\b", words, re.IGNORECASE)
