"""A filter's page: empty places and clipped patches are said, a note stands with its filter."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.render.charts.tuning import (
    TOP,
    WIDTH,
)
from generator.render.facts import FilterFacts, FilterMeasures, Gallery, LayerFacts
from generator.render.site.pages import Pages
from generator.render.views.filter.facts_json import facts_json
from generator.render.views.filter.page import FilterView, filter_view
from tests import ROOT
from tests.support.tiny_atlas import DEAD, PARTLY, PARTLY_FILLED, WEIGHTS, make_atlas
from tests.support.tiny_measures import FAMILIES, RECORD, measures_of
from tests.support.views import filter_of, layer_of, rooms

PageOf = Callable[[FilterMeasures], tuple[FilterView, str, LayerFacts]]


def test_empty_places_are_said(made: Path) -> None:
    """Dead filters and empty places are said in words, on the filter's page and on the card."""
    dead, partly = filter_of(made, "layer2", DEAD), filter_of(made, "layer2", PARTLY)
    assert "dead" in dead.empty
    assert dead.places == ()
    assert "Only 4 images" in partly.empty
    assert len(partly.places) == PARTLY_FILLED
    assert filter_of(made, "layer2", 0).empty == ""
    cards = layer_of(made, "layer2").cards.cards
    assert [card.remark for card in cards[:3]] == ["", "dead", "4 of 9"]


def test_clipped_patches_are_said(made: Path) -> None:
    """A patch that leaves the image says on which sides; others say nothing."""
    first, second, *_ = filter_of(made, "layer5", 0).places
    assert "top and left" in first.clipped
    assert second.clipped == ""


def test_a_note_stands_with_its_filter(made: Path, tmp_path: Path) -> None:
    """A person's note is shown on the page of its filter, and on no other."""
    content = Path(shutil.copytree(ROOT / "content", tmp_path / "content"))
    note = content / "notes/layer1/0.md"
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(f'+++\nweights = "{WEIGHTS}"\n+++\nLike [[layer1/2]].\n')
    frames, texts = rooms(made, content=content)
    layer = frames.gallery.layer("layer1")
    assert '<a href="2.html">Layer 1, filter 2</a>' in filter_view(frames, texts, layer, 0).note
    assert filter_view(frames, texts, layer, 1).note == ""


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
