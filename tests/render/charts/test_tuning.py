"""Charts of tuning: what is drawn, said and stored is what was measured."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.atlas.bins import BINS
from generator.atlas.measures import MEASURES
from generator.atlas.store import Atlas
from generator.compute.stimuli.draw import AXIS_COLOURS, GREY, HUES, STRONG, Gratings, hue_direction
from generator.render.charts.tuning import (
    HEIGHT,
    LENGTH,
    NAMED_HUES,
    RADIUS,
    TICKS,
    TOP,
    WIDTH,
    form_bars,
    hue_bars,
    polar,
    spectrum,
)
from generator.render.facts import FilterFacts, FilterMeasures, Gallery, LayerFacts, read_gallery
from generator.render.site.pages import Pages
from generator.render.views.filter.facts_json import DIGITS, facts_json
from generator.render.views.filter.measured import Measured, decimal, label_spread, measured
from generator.render.views.filter.page import FilterView, filter_view
from tests import ROOT
from tests.support.tiny_atlas import DEAD, INPUT_SIZE, make_atlas
from tests.support.tiny_measures import FAMILIES, RECORD, measures_of
from tests.support.views import rooms

PageOf = Callable[[FilterMeasures], tuple[FilterView, str, LayerFacts]]
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


# --- Directions -----------------------------------------------------------------------------------


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


# --- Frequencies ----------------------------------------------------------------------------------


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


# --- Hues and forms -------------------------------------------------------------------------------


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


def test_the_colours_lie_where_the_bars_are(page_of: PageOf, facts: FilterFacts) -> None:
    """The style sheet fills as much of the drawing with colours as the chart has units for hues."""
    html = page_of(measures_of(facts))[1]
    found = re.search(r'"by-hue">\s*<svg viewBox="(-?\d+) (-?\d+) (\d+) (\d+)"', html)
    css = (ROOT / "site_templates/static/40-charts.css").read_text()
    laid = re.search(r"50% 0 / ([\d.]+)% ([\d.]+)% no-repeat", css)
    assert found
    assert laid
    left, top, width, height = map(int, found.groups())
    assert -left == width - WIDTH + left  # in the middle
    assert -top == TOP
    assert [float(part) for part in laid.groups()] == pytest.approx(
        [100 * WIDTH / width, 100 * TOP / height], abs=0.01
    )


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


# --- Words ----------------------------------------------------------------------------------------


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


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    """Return the facts of a tiny atlas."""
    return read_gallery(Atlas.open(make_atlas(tmp_path_factory.mktemp("tuning") / "atlas")))


@pytest.fixture(scope="module")
def facts(gallery: Gallery) -> FilterFacts:
    """Return a filter that answers to stimuli and photographs."""
    return gallery.layer("layer2").filters[0]


def said(facts: FilterFacts, **changes: object) -> Measured:
    """Return the section of a filter of which some measured facts are replaced."""
    measures = replace(measures_of(facts), **changes)  # type: ignore[arg-type]
    section = measured(replace(facts, measures=measures), RECORD)
    assert section
    return section


def fact(section: Measured, name: str) -> str:
    """Return the value of one fact."""
    return {item.name: item.value for item in section.facts}[name]


@pytest.mark.parametrize(
    ("degrees", "words"), [(135, "Mean −45°"), (179.6, "Mean 0°"), (45.2, "Mean 45°")]
)
def test_directions_are_named_as_read(facts: FilterFacts, degrees: float, words: str) -> None:
    """The direction of a backslash is −45°, and half a turn is none."""
    assert said(facts, orientation=degrees).orientation_words.startswith(f"{words}, ")


def test_a_curve_that_never_falls_has_no_width(facts: FilterFacts) -> None:
    """180 degrees of bandwidth mean that no direction gets less than half."""
    assert said(facts, orientation_bandwidth=180.0).orientation_words.endswith(
        "nowhere down to half."
    )
    assert "38° wide" in said(facts, orientation_bandwidth=38.2).orientation_words
    alike = said(facts, orientation=None)
    assert "ean" not in alike.orientation_words
    assert alike.orientation is not None
    assert alike.orientation.mark == ""


def test_the_ends_of_the_frequencies_are_named(facts: FilterFacts) -> None:
    """A preference at the lowest or highest frequency shown may lie beyond it."""
    lowest, highest = RECORD.frequencies[0], RECORD.frequencies[-1]
    assert said(facts, frequency=lowest).frequency_words.startswith(
        "0.020 or less, stripes 50\u00a0px or more apart"
    )
    assert said(facts, frequency=float(np.float32(highest))).frequency_words.startswith(
        "0.40 or more, stripes 2.5\u00a0px or less apart"
    )
    assert said(facts, frequency=0.1).frequency_words.startswith("0.10, stripes 10\u00a0px apart")
    falls, stays = (0, 0, 1, 4, 1, 0, 0, 0), (0, 0, 1, 2, 3, 4, 4, 3)
    assert "at least" not in said(facts, frequency_curve=falls).frequency_words
    assert "at least" in said(facts, frequency_curve=stays).frequency_words


def test_a_margin_below_one_is_nearly_a_tie(facts: FilterFacts) -> None:
    """The next family is named; the preferred one only leads where the margin is clear."""
    response = (1.0, 5.0, 4.0, 2.0, 3.0)
    changes = {"family": "corner", "family_response": response, "form_contrast": -1.0}
    clear = said(facts, family_margin=1.0, **changes).form_words
    assert clear == "Corner, dark on grey, 1.0\u00a0σ ahead of concentric rings."
    near = said(facts, family_margin=0.94, **changes).form_words
    assert near == "Corner, dark on grey, nearly a tie: 0.9\u00a0σ ahead of concentric rings."


def test_a_round_form_cannot_be_turned(facts: FilterFacts) -> None:
    """What is kept when it is turned would be 1 for every filter, and is left out."""
    name = "Kept when the best form is"
    assert "turned 0.25" in fact(said(facts, family="line", rotation_invariance=0.25), name)
    assert "turned" not in fact(said(facts, family="blob", rotation_invariance=1.0), name)


def test_polarity_is_in_words(facts: FilterFacts) -> None:
    """Light, dark, or neither, with a true minus sign."""
    name = "Polarity of forms"
    assert fact(said(facts, polarity=0.5), name) == "+0.50, light preferred"
    assert fact(said(facts, polarity=-0.5), name) == "−0.50, dark preferred"
    assert fact(said(facts, polarity=-0.001), name) == "0.00, even"
    assert decimal(-0.3) == "−0.30"


def test_the_best_responses_stand_kind_by_kind(facts: FilterFacts) -> None:
    """Charts are relative, so what each is relative to stands beside them."""
    section = said(
        facts,
        orientation_curve=(0.0,) * 15 + (12.34,),
        hue_curve=(0.0,) * 24,
        family_response=(0.5, 0, 0, 0, 0),
    )
    assert fact(section, "Best answers") == "grating 12.3, hue none, form 0.500"
    assert section.hues is None
    assert section.orientation is not None


def test_labels_of_the_places_are_weighed(facts: FilterFacts) -> None:
    """Purity and entropy: one label is pure, four alike have two bits, none has neither."""

    def spread(**labels: int) -> tuple[float, float] | None:
        return label_spread(replace(facts, labels=tuple(labels.items())))

    assert spread(lotus=9) == (1, 0)
    assert spread(a=2, b=2, c=2, d=2) == (0.25, 2)
    assert spread() is None
    mixed = spread(a=5, b=3, c=1)
    parts = np.array([5, 3, 1]) / 9
    assert mixed == pytest.approx((5 / 9, -np.sum(parts * np.log2(parts))))


def test_a_filter_without_answers_has_one_sentence(gallery: Gallery) -> None:
    """No chart, and nothing of stimuli beside the sentence that says why."""
    silent = measured(gallery.layer("layer2").filters[DEAD], RECORD)
    assert silent
    assert silent.sentence == "This filter answers to none of the 1,000 drawn stimuli."
    assert (silent.orientation, silent.frequency, silent.hues, silent.forms) == (None,) * 4
    assert silent.facts == ()


# --- No number that is none -----------------------------------------------------------------------

UNKNOWN = st.none()
ANSWER = st.floats(0, 1e6) | st.sampled_from([0.0, 5e-324, 1e308, math.inf, math.nan])


def _agreeing(measures: FilterMeasures) -> FilterMeasures:
    """Return the facts with no margin where the two best families answer alike."""
    best, following, *_ = sorted(measures.family_response, reverse=True)
    return measures if best - following > 1e-30 else replace(measures, family_margin=0.0)


MEASURED = st.builds(
    FilterMeasures,
    best=st.floats(0, 1e6),
    rest=st.floats(0, 1e6),
    orientation=UNKNOWN | st.floats(0, 180),
    orientation_selectivity=UNKNOWN | st.floats(0, 1),
    orientation_bandwidth=UNKNOWN | st.floats(0, 180),
    orientation_curve=st.lists(ANSWER, min_size=16, max_size=16).map(tuple),
    frequency=UNKNOWN | st.floats(RECORD.frequencies[0], RECORD.frequencies[-1]),
    frequency_bandwidth=UNKNOWN | st.floats(0, 5),
    frequency_curve=st.lists(ANSWER, min_size=8, max_size=8).map(tuple),
    axis=UNKNOWN | st.sampled_from(RECORD.axes),
    polarity=UNKNOWN | st.floats(-1, 1),
    hue=UNKNOWN | st.floats(0, 360),
    hue_selectivity=UNKNOWN | st.floats(0, 1),
    hue_curve=st.lists(ANSWER, min_size=24, max_size=24).map(tuple),
    colour_selectivity=UNKNOWN | st.floats(0, 1),
    family=UNKNOWN | st.sampled_from(FAMILIES),
    family_margin=UNKNOWN | st.floats(0, 100),
    family_response=st.lists(ANSWER, min_size=5, max_size=5).map(tuple),
    form_rotation=UNKNOWN | st.floats(0, 360),
    form_size=UNKNOWN | st.floats(0, 27),
    form_variant=UNKNOWN | st.floats(-3, 16),
    form_contrast=UNKNOWN | st.sampled_from([-1.0, 1.0]),
    shift_invariance=UNKNOWN | st.floats(0, 1),
    scale_invariance=UNKNOWN | st.floats(0, 1),
    rotation_invariance=UNKNOWN | st.floats(0, 1),
    twin=UNKNOWN | st.integers(0, 4),
    twin_correlation=UNKNOWN | st.floats(-1, 1),
).map(_agreeing)


@pytest.fixture(scope="module")
def page_of(tmp_path_factory: pytest.TempPathFactory) -> PageOf:
    """Return what makes the view and the HTML of a filter page from measured facts."""
    frames, texts = rooms(make_atlas(tmp_path_factory.mktemp("pages") / "atlas"))
    pages = Pages(ROOT / "site_templates")
    layer = frames.gallery.layer("layer2")

    def make(measures: FilterMeasures) -> tuple[FilterView, str, LayerFacts]:
        changed = replace(layer.filters[0], measures=measures)
        other = replace(layer, filters=(changed, *layer.filters[1:]))
        view = filter_view(frames, texts, other, 0)
        return view, pages.html("filter", view), other

    return make


@given(measures=MEASURED)
def test_no_page_and_no_file_says_nan(page_of: PageOf, measures: FilterMeasures) -> None:
    """Whatever is not known is left out of a page, and null in the facts."""
    _, html, layer = page_of(measures)
    section = html[html.index('id="measured"') : html.index('id="take"')]
    assert not re.search(r"\b(nan|NaN|inf|None)\b", section)
    data = json.loads(facts_json(layer), parse_constant=pytest.fail)
    assert data["measured"]["measures"]["twin"]["values"][0] == measures.twin


@given(measures=MEASURED)
def test_each_drawing_has_a_text(page_of: PageOf, measures: FilterMeasures) -> None:
    """A chart is a picture to those who listen, with a sentence that ends."""
    view, html, _ = page_of(measures)
    assert view.measured
    section = html[html.index('id="measured"') : html.index('id="take"')]
    charts = (
        view.measured.orientation,
        view.measured.frequency,
        view.measured.hues,
        view.measured.forms,
    )
    texts = re.findall(r'<svg [^>]*role="img" aria-label="([^"]+)"', section)
    assert texts == [chart.alt for chart in charts if chart]
    assert all(text.endswith(".") for text in texts)
    assert section.count("<svg") == len(texts)
    if not measures.best > 0:
        assert texts == []


# --- The facts as JSON ----------------------------------------------------------------------------


def test_every_measure_is_in_the_facts(gallery: Gallery) -> None:
    """Filter by filter, with its unit; families and colour axes by name; null where not known."""
    layer = gallery.layer("layer3")
    data = json.loads(facts_json(layer))["measured"]
    assert data["stimuli"]["families"] == list(FAMILIES)
    assert data["stimuli"]["hues"] == list(RECORD.hues)
    assert list(data["measures"]) == list(MEASURES)
    for name, measure in MEASURES.items():
        entry = data["measures"][name]
        assert len(entry["values"]) == len(layer.filters)
        assert entry["unit"].split(",")[0] == measure.unit.split(",")[0]
        assert entry.get("along") == measure.curve
        for facts, value in zip(layer.filters, entry["values"], strict=True):
            known = getattr(facts.measures, name)
            if isinstance(known, tuple):
                assert len(value) == len(data["stimuli"][measure.curve])
                assert value == pytest.approx(known, rel=0.5 * 10 ** (1 - DIGITS))
            elif isinstance(known, float):
                assert value == pytest.approx(known, rel=0.5 * 10 ** (1 - DIGITS))
            else:
                assert value == known
    assert data["measures"]["family"]["values"][DEAD] is None
    assert data["measures"]["axis"]["values"][0] in RECORD.axes


def test_what_images_showed_is_in_the_facts(gallery: Gallery) -> None:
    """Quantiles, clipped places, and labels of the strongest hundredth; null for a dead filter."""
    layer = gallery.layer("layer3")
    document = json.loads(facts_json(layer))
    living, dead = document["filters"][0], document["filters"][DEAD]
    counts = np.zeros(BINS, int)
    first = living["histogram"]["first"]
    counts[first : first + len(living["histogram"]["counts"])] = living["histogram"]["counts"]
    halfway = int(np.searchsorted(np.cumsum(counts), counts.sum() / 2))
    assert 2 ** (halfway / 8 - 16) <= living["median"] <= 2 ** ((halfway + 1) / 8 - 16) * 1.001
    assert living["percentile_99"] >= living["median"]
    assert living["label_purity"] == 0.5
    assert living["label_entropy"] == 1.5
    assert living["clipped"] == sum(
        min(place["box"]) < 0 or max(place["box"]) > INPUT_SIZE for place in living["places"]
    )
    assert [dead[name] for name in ("median", "percentile_99", "common_label", "label_purity")] == [
        None
    ] * 4
    assert {"median", "percentile_99", "label_entropy"} <= set(document["units"])


def test_similar_filters_say_by_what(gallery: Gallery, page_of: PageOf) -> None:
    """The one that answers alike is a link with its correlation, apart from shared images."""
    measures = measures_of(gallery.layer("layer2").filters[0])
    measures = replace(measures, twin=3, twin_correlation=0.834)
    view, html, _ = page_of(measures)
    assert view.twin is not None
    assert view.twin[1] == "correlation 0.83 over all 1,000 stimuli"
    assert '<a href="3.html">filter 3</a> of this layer, correlation 0.83' in html
    assert "Similar filters" in html
    alone, html, _ = page_of(replace(measures, twin=None, twin_correlation=None))
    assert alone.twin is None
    assert "answers to stimuli: most like" not in html
