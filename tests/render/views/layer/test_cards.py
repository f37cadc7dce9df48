"""What the script of a layer's page knows: every order by the facts, every caption."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.render import urls
from generator.render.facts import FilterFacts, Gallery, LayerFacts
from generator.render.views.layer.cards import GLOBAL, SIGNS, cards_script, orders, written
from generator.render.words.captions import NOTHING, is_coloured, is_oriented, measure_words
from tests.support.tiny_atlas import DEAD
from tests.support.tiny_measures import RECORD, measures_of


def tables(layer: LayerFacts) -> dict[str, Any]:
    """Return what the script of a layer assigns to its global."""
    script = cards_script(layer)
    assert script.isascii()
    start, end = f"window.{GLOBAL}=".encode(), b";\n"
    assert script.startswith(start)
    assert script.endswith(end)
    read: dict[str, Any] = json.loads(script[len(start) : -len(end)])
    return read


def ordered(layer: LayerFacts, name: str) -> list[FilterFacts]:
    """Return the filters as a browser would put them: by the signs, of equals by number."""
    ranks = tables(layer)["orders"][name]
    width = len(ranks) // len(layer.filters)
    key = {f.number: ranks[f.number * width : (f.number + 1) * width] for f in layer.filters}
    return sorted(layer.filters, key=lambda facts: (key[facts.number], facts.number))


@given(st.lists(st.none() | st.integers(-50, 50), min_size=1, max_size=200))
def test_signs_sort_as_values_do(values: list[int | None]) -> None:
    """Lowest first, None last, whether ranks need one sign or two."""
    signs = written(values)
    width, rest = divmod(len(signs), len(values))
    assert rest == 0
    key = [signs[i * width : (i + 1) * width] for i in range(len(values))]
    numbers = [(value is None, value or 0) for value in values]
    for one in range(len(values)):
        for other in range(one):
            assert (key[one] < key[other]) == (numbers[one] < numbers[other])


@pytest.mark.parametrize("filters", [0, 1, 61, 62, 384, 3843])
def test_ranks_have_room(filters: int) -> None:
    """Up to 61 ranks and one for the unknown fit one sign, more take two; none is lost."""
    signs = written(range(filters))
    width = 1 if filters <= len(SIGNS) - 1 else 2
    assert len(signs) == filters * width
    assert len({signs[i * width : (i + 1) * width] for i in range(filters)}) == filters


def test_orders_follow_the_facts(gallery: Gallery) -> None:
    """Strength and selectivity fall, angles and frequency rise, each as far as one can see."""
    for layer in gallery.layers:
        strengths = [f.strongest for f in ordered(layer, "strength")]
        assert strengths == sorted(strengths, reverse=True)
        sharpness = [measures_of(f).orientation_selectivity for f in ordered(layer, "selectivity")]
        _rises([-value for value in sharpness if value is not None], 0.02)
        frequencies = [measures_of(f).frequency for f in ordered(layer, "frequency")]
        _rises([value for value in frequencies if value is not None], 0.04)
        named = [measures_of(f).family for f in ordered(layer, "family")]
        places = [RECORD.families.index(family) for family in named if family]
        assert places == sorted(places)
        assert sharpness[-1] is frequencies[-1] is None


def _rises(values: list[float], step: float) -> None:
    assert values
    assert all(after > before - step for before, after in pairwise(values))


def turned(facts: FilterFacts, angle: float, selectivity: float) -> FilterFacts:
    """Return the filter with a preferred direction, and a preferred hue of twice the angle."""
    measures = replace(
        measures_of(facts),
        best=1.0,
        orientation=angle,
        orientation_selectivity=selectivity,
        orientation_bandwidth=40.0,
        orientation_curve=(1.0,) * 16,
        hue=2 * angle,
        hue_selectivity=selectivity,
        hue_curve=(1.0,) * 24,
    )
    return replace(facts, measures=measures)


def test_only_a_named_direction_or_hue_has_a_place(gallery: Gallery) -> None:
    """Filters that prefer none clearly come after all that do; 179.6° stands beside 0°."""
    layer = gallery.layers[2]
    preferred = [(90.0, 0.9), (10.0, 0.1), (179.6, 0.9), (1.0, 0.9), (0.0, 0.2), (20.0, 0.9)]
    filters = tuple(
        turned(facts, *each) for facts, each in zip(layer.filters, preferred, strict=True)
    )
    assert [is_oriented(measures_of(f)) for f in filters] == [by == 0.9 for _, by in preferred]
    assert [is_coloured(measures_of(f)) for f in filters] == [by == 0.9 for _, by in preferred]
    for name in ("orientation", "hue"):
        found = ordered(replace(layer, filters=filters), name)
        assert [facts.number for facts in found] == [2, 3, 5, 0, 1, 4]


def test_purity_puts_filters_without_labels_last(gallery: Gallery) -> None:
    """Purest first."""
    layer = gallery.layers[2]
    purities = [0.2, None, 0.9, 0.5, None, 0.7]
    filters = [
        replace(facts, label_purity=purity)
        for facts, purity in zip(layer.filters, purities, strict=True)
    ]
    found = ordered(replace(layer, filters=tuple(filters)), "purity")
    assert [facts.number for facts in found] == [2, 5, 3, 0, 1, 4]


def test_a_clear_family_stands_before_a_doubtful_one(gallery: Gallery) -> None:
    """Family by family, and in each by how clear the preference is."""
    layer = gallery.layers[2]
    families = RECORD.families
    given = [(1, 0.5), (0, 1.2), (1, 4.0), (0, 3.0), (None, None), (1, 1.5)]
    filters = [
        replace(
            facts,
            measures=replace(
                measures_of(facts),
                family=None if family is None else families[family],
                family_margin=margin,
            ),
        )
        for facts, (family, margin) in zip(layer.filters, given, strict=True)
    ]
    found = ordered(replace(layer, filters=tuple(filters)), "family")
    assert [facts.number for facts in found] == [3, 1, 2, 5, 0, 4]


def test_each_order_is_offered_once(gallery: Gallery) -> None:
    """The page's own order comes first; every other has ranks."""
    names = [name for name, _ in orders(gallery.layers[0])]
    assert names[0] == "number"
    assert len(set(names)) == len(names)
    assert set(tables(gallery.layers[0])["orders"]) == set(names[1:])


def test_captions_stand_by_number(gallery: Gallery) -> None:
    """They say what stimuli showed, of silent filters too."""
    for layer in gallery.layers:
        said = tables(layer)["words"]
        assert said == [measure_words(measures_of(f), RECORD) for f in layer.filters]
        assert said[DEAD] == NOTHING


def test_each_layer_loads_its_own_tables(built: Path) -> None:
    """They come before the script that reads them, and count as data."""
    for at in range(5):
        (file,) = built.glob(f"assets/cards-{at}.*.js")
        assert urls.is_table(file.relative_to(built).as_posix())
        loading = [page for page in built.rglob("*.html") if file.name in page.read_text()]
        assert loading == [built / f"layer{at + 1}/index.html"]
        page = loading[0].read_text()
        assert page.index(file.name) < page.index("assets/gallery.")
