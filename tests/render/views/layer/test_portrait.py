"""A layer as a whole: what is counted, drawn and said is what the facts hold."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.atlas.store import Atlas
from generator.render.facts import FilterFacts, Gallery, LayerFacts, read_gallery
from generator.render.site.build import compose
from generator.render.site.check import ELEMENTS
from generator.render.site.markup import read_markup
from generator.render.site.pages import Pages
from generator.render.stimuli_facts import FilterMeasures, read_measures
from generator.render.views.layer import portrait
from generator.render.views.layer.health import CARD, MOST_NAMED, OTHERS, care_view, most_links
from generator.render.views.layer.portrait import (
    Course,
    Health,
    Spread,
    courses,
    health,
    spread,
    trend,
)
from generator.render.views.layer.portrait_view import BASE, LENGTH, TALL, portrait_view
from generator.render.views.layer.trends import BOTTOM, MARGIN, PURITY, ROW, RULE, TOP, depth_view
from generator.render.words.captions import CLEAR, HUE, ORIENTED
from tests import ROOT
from tests.support.large_atlas import FILTERS, LARGE, make_large_atlas
from tests.support.tiny_atlas import DEAD, IMAGES, LAYERS, make_atlas
from tests.support.tiny_measures import FAMILIES, RECORD, measures_of, tiny_measures

UNIT = st.none() | st.floats(0, 1)


@cache
def some_measures() -> FilterMeasures:
    """Return any filter's facts, to be changed."""
    silent, lively = read_measures(tiny_measures(2, 0, np.random.default_rng(0)), RECORD)
    assert not silent.answered
    return lively


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    """Return the facts of a tiny atlas."""
    return read_gallery(Atlas.open(make_atlas(tmp_path_factory.mktemp("portrait") / "atlas")))


def layer_of(gallery: Gallery, changes: list[dict[str, object]]) -> LayerFacts:
    """Return a layer whose filters are one living filter of the tiny atlas, changed."""
    layer = gallery.layers[0]
    filters = tuple(
        replace(layer.filters[0], number=number, **change)  # type: ignore[arg-type]
        for number, change in enumerate(changes)
    )
    return replace(layer, filters=filters, kin=((),) * len(filters))


# --- Counting -------------------------------------------------------------------------------------


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
    tally = portrait.orientations(filters)
    shown = [
        angle for angle, by in facts if angle is not None and by is not None and by >= ORIENTED
    ]
    assert tally.shown == len(shown)
    assert tally.without == sum(angle is None or by is None for angle, by in facts)
    assert tally.total == len(facts)
    inside = [0] * portrait.SECTORS
    for angle in shown:
        far = [
            min(abs(angle - middle), 180 - abs(angle - middle))
            for middle in (15 * number for number in range(portrait.SECTORS))
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
    tally = portrait.orientations([measures])
    assert (tally.counts[0], tally.below) == (shown, 1 - shown)


@pytest.mark.parametrize(("selectivity", "shown"), [(HUE, 1), (math.nextafter(HUE, 0), 0)])
def test_a_hue_counts_from_its_threshold(selectivity: float, shown: int) -> None:
    """Green is the fifth bin of twelve."""
    tally = portrait.hues([replace(some_measures(), hue=120.0, hue_selectivity=selectivity)])
    assert (tally.counts[4], tally.below) == (shown, 1 - shown)


@pytest.mark.parametrize(("margin", "shown"), [(CLEAR, 1), (math.nextafter(CLEAR, 0), 0)])
def test_a_family_counts_from_a_clear_margin(margin: float, shown: int) -> None:
    """Below the margin a filter has no clear family."""
    measures = replace(some_measures(), family="corner", family_margin=margin)
    tally = portrait.families([measures], FAMILIES)
    assert (tally.counts[FAMILIES.index("corner")], tally.below) == (shown, 1 - shown)


@given(frequencies=st.lists(st.none() | st.floats(0.001, 1), max_size=30))
def test_frequencies_go_to_the_nearest_of_the_probe(frequencies: list[float | None]) -> None:
    """Nearest as a ratio; what lies beyond an end is counted at the end."""
    filters = [replace(some_measures(), frequency=frequency) for frequency in frequencies]
    tally = portrait.frequencies(filters, RECORD.frequencies)
    inside = [0] * len(RECORD.frequencies)
    for frequency in frequencies:
        if frequency is not None:
            ratios = [max(frequency / f, f / frequency) for f in RECORD.frequencies]
            inside[ratios.index(min(ratios))] += 1
    assert tally.counts == tuple(inside)
    assert tally.without == frequencies.count(None)


# --- Health ---------------------------------------------------------------------------------------


def test_health_at_both_sides_of_each_rule(gallery: Gallery) -> None:
    """Dead is none, nearly dead is below a hundredth, borders count from seven places of nine."""
    empty = (0,) * 256
    nine, ten = (9, *empty[1:]), (10, *empty[1:])
    layer = layer_of(
        gallery,
        [
            {"histogram": empty, "clipped": 0},
            {"histogram": nine, "clipped": 6},
            {"histogram": ten, "clipped": 7},
        ],
    )
    found = health(layer, 1_000)
    assert (found.dead, found.nearly_dead, found.border) == ((0,), (1,), (2,))


def test_near_duplicates_are_named_once(gallery: Gallery) -> None:
    """Two that name each other are one pair; a third that names one of them is another."""

    def twin(number: int | None, correlation: float | None) -> dict[str, object]:
        return {"measures": replace(some_measures(), twin=number, twin_correlation=correlation)}

    alike, hair_below = portrait.ALIKE, math.nextafter(portrait.ALIKE, 0)
    twins = [twin(3, 0.99), twin(0, hair_below), twin(3, alike), twin(0, 0.99), twin(None, None)]
    assert health(layer_of(gallery, twins), 1_000).twins == ((0, 3), (2, 3))


def test_lists_share_the_room_on_the_page() -> None:
    """No list is longer than thirty, and all together never exceed the room."""
    assert most_links([100, 0, 2, 50], 1_000) == MOST_NAMED
    assert most_links([100, 0, 2, 50], 20) == 9
    assert most_links([5], 4) == 4
    assert most_links([5, 5], 1) == 0


def test_what_is_not_named_is_counted(gallery: Gallery) -> None:
    """A list that was cut says how many more there are; a whole one does not."""
    layer = layer_of(gallery, [{"clipped": 9}] * (MOST_NAMED + 7))
    (border,) = [item for item in care_view(layer, IMAGES, 0) if item.name.startswith("Driven")]
    assert len(border.groups) == MOST_NAMED
    assert (border.total, border.more) == (f"{MOST_NAMED + 7} filters", "7")
    assert border.groups[3][0].href == "3.html"
    assert border.plain == ""
    crowded = care_view(layer, IMAGES, ELEMENTS - OTHERS - CARD * len(layer.filters) - 28)[-1]
    assert len(crowded.groups) == 28
    assert (crowded.plain, crowded.more) == ("28, 29", "7")
    whole = care_view(layer_of(gallery, [{"clipped": 9}]), IMAGES, 0)[-1]
    assert (whole.total, whole.more) == ("one filter", "")


# --- From layer to layer --------------------------------------------------------------------------


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
    depth = depth_view([first, last], "index.html")
    assert depth is not None
    assert depth.sentence.startswith(
        "Medians from Layer 1 to Layer 5: orientation selectivity (0.20 to 0.80) rises; "
        "shift invariance (0.90 to 0.30) falls; hue selectivity (0.50 to 0.50) and colour "
    )
    assert depth.sentence.endswith(
        "In the untrained network none that could be measured rises or falls."
    )
    moved = replace(last, untrained=last.measures[:1])
    other = depth_view([first, moved], "index.html")
    assert other is not None
    assert other.sentence.endswith(
        "In the untrained network orientation selectivity rises; hue selectivity and colour "
        "selectivity neither rise nor fall."
    )
    back = depth_view([last, first], "index.html")
    assert back is not None
    assert "shift invariance (0.30 to 0.90) rises; orientation selectivity" in back.sentence
    assert "(0.80 to 0.20) falls" in back.sentence


def test_values_lie_at_their_height(gallery: Gallery) -> None:
    """A median of 0.25 lies a quarter up its row, from the bottom."""
    layers = [changed(layer, (), orientation_selectivity=0.25) for layer in (gallery.layers[:3])]
    depth = depth_view(layers, "index.html")
    assert depth is not None
    points = re.findall(r"[ML](\d+) (\d+)", depth.medians)[:3]
    assert {int(y) for _, y in points} == {round(BOTTOM - (BOTTOM - TOP) / 4)}
    xs = [int(x) for x, _ in points]
    assert xs[1] - xs[0] == xs[2] - xs[1] > 0
    assert depth.view_box.endswith(f" {ROW * len(courses(layers))}")
    assert depth.untrained_bars == ""
    assert "untrained" not in depth.sentence


def test_this_layer_is_marked_and_the_table_stands_at_home(gallery: Gallery) -> None:
    """A layer's page marks its column and links to rule and table, which the home page holds."""
    home = depth_view(gallery.layers, "index.html")
    here = depth_view(gallery.layers, "layer3/index.html", "layer3")
    assert home is not None
    assert here is not None
    assert (home.here, here.table, home.elsewhere) == ("", None, None)
    assert here.here
    assert home.rule == f"{RULE} {PURITY} {MARGIN}"
    assert here.elsewhere is not None
    assert here.elsewhere.href == "../index.html#depth"
    assert home.table is not None
    assert all(len(row) == 1 + len(gallery.layers) for row in home.table.rows)
    assert home.sentence == here.sentence
    assert len(home.names.split("\n")) == 3 * len(courses(gallery.layers))


def test_one_layer_has_no_chart_and_other_names_have_one(gallery: Gallery) -> None:
    """There is nothing to compare with one layer; titles that are no numbers stand as they are."""
    assert depth_view(gallery.layers[:1], "index.html") is None
    named = [
        replace(layer, record=layer.record.model_copy(update={"title": title}))
        for layer, title in zip(gallery.layers, ("conv a", "conv b"), strict=False)
    ]
    depth = depth_view(named, "index.html")
    assert depth is not None
    assert depth.title == "From conv a to conv b"
    assert depth.layers == "conv\u00a0a conv\u00a0b"


# --- Pages ----------------------------------------------------------------------------------------


def test_bars_are_as_high_as_their_counts(gallery: Gallery) -> None:
    """Three horizontal filters and one vertical: a third as high, and the sentence says so."""
    filters: list[dict[str, object]] = [
        {"measures": replace(some_measures(), orientation=angle, orientation_selectivity=1.0)}
        for angle in (0.0, 179.0, 5.0, 90.0)
    ]
    layer = replace(layer_of(gallery, [*filters, {}]), untrained=())
    quiet = replace(layer.filters[4], measures=replace(some_measures(), orientation=None))
    view = portrait_view(replace(layer, filters=(*layer.filters[:4], quiet)), IMAGES, 0)
    turns = view.charts[0]
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
        layer_of(gallery, [{"measures": measures} for measures in mine]), untrained=theirs
    )
    families = portrait_view(layer, IMAGES, 0).families
    assert families
    assert families.names.split("\n") == ["line", "blob", "honeycomb", "no clear family"]
    assert families.counts.split("\n") == ["2 (0)", "1 (0)", "0 (4)", "1 (0)"]
    assert re.findall(r"h(\d+)v", families.bars) == [str(LENGTH // 2), str(LENGTH // 4)]


def test_a_layer_without_a_clear_family_has_no_bars(gallery: Gallery) -> None:
    """Neither network need have one filter that prefers a family."""
    unclear = replace(some_measures(), family_margin=CLEAR / 2)
    layer = replace(layer_of(gallery, [{"measures": unclear}] * 2), untrained=(unclear,) * 2)
    families = portrait_view(layer, IMAGES, 0).families
    assert families
    assert families.names == "no clear family"
    assert families.counts == "2 (2)"
    assert "h" not in families.bars


def test_filters_without_an_answer_are_said(gallery: Gallery) -> None:
    """The legend counts those that answered to no stimulus."""
    layer = gallery.layers[0]
    assert not measures_of(layer.filters[DEAD]).answered
    legend = portrait_view(layer, IMAGES, 0).legend
    assert "One filter of this layer answered to no stimulus and stands in no bar." in legend
    lively = replace(layer, filters=layer.filters[:1], untrained=())
    assert "answered to no" not in portrait_view(lively, IMAGES, 0).legend


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
    printed = repr(portrait_view(layers[0], IMAGES, 0))
    assert not re.search(r"\b(nan|inf)\b", printed)
    depth = depth_view(layers, "index.html")
    assert depth is not None
    words = f"{depth.sentence} {depth.names} {depth.bars} {depth.medians}"
    assert not re.search(r"\b(nan|inf|none)\b", words, re.IGNORECASE)


def pages_of(folder: Path) -> dict[str, str]:
    """Return the HTML of every page of an atlas, by path."""
    site = compose(
        Atlas.open(folder),
        Pages(ROOT / "site_templates"),
        ROOT / "content",
        None,
        lambda *_: None,
        lambda _: None,
    )
    return {path: data.decode() for path, data in site.texts.items() if path.endswith(".html")}


def test_the_largest_page_keeps_its_promise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of 384 filters, all of them troubled, has at most 1,400 elements and some links."""
    everyone = tuple(range(FILTERS))
    pairs = tuple((number, number + 1) for number in everyone[:-1])
    troubled = Health(everyone, everyone, pairs, everyone)
    monkeypatch.setattr(portrait, "health", lambda *_: troubled)
    html = pages_of(make_large_atlas(tmp_path / "atlas"))[f"{LARGE}/index.html"]
    page = read_markup(html)
    assert page.elements <= ELEMENTS
    assert page.faults == []
    lists = re.findall(
        r"<li>[^<]*: 38\d (?:filters|pairs) – <a href.*?</a>[^<]* and 3\d\d more</li>", html
    )
    assert len(lists) == 4


def test_a_gallery_of_one_layer_is_a_gallery(tmp_path: Path) -> None:
    """Home and layer page are made without the chart from layer to layer."""
    pages = pages_of(make_atlas(tmp_path / "atlas", layers=LAYERS[:1]))
    both = pages["index.html"] + pages["layer1/index.html"]
    assert 'class="depth"' not in both
    assert 'class="portrait"' in both


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
    depth = depth_view(many, "layer1/index.html", "layer5")
    assert depth is not None
    assert depth.layers == named
    left, right = (int(place) for place in re.findall(r"[MH](\d+)", depth.here)[:2])
    assert right - left <= 350 / (layers - 1)
