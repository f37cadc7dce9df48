"""Captions: from given facts to exact words; thresholds at both sides; nothing without a fact."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.atlas.measures import StimuliRecord
from generator.atlas.schema import ImageRecord
from generator.render.facts import FilterFacts, FilterMeasures, Place, read_measures
from generator.render.words import words
from generator.render.words.captions import (
    LONGEST,
    NO_PREFERENCE,
    NOTHING,
    caption,
    clauses,
    is_coloured,
    is_oriented,
    measure_words,
    photo_words,
)
from tests.support.tiny_measures import RECORD as TINY
from tests.support.tiny_measures import tiny_measures

FAMILIES = (
    "line", "edge", "bar", "corner", "curve", "cross", "rings", "wheel", "spiral", "checks",
    "plaid", "honeycomb", "dots", "blob",
)  # fmt: skip
RECORD = StimuliRecord(
    side=75,
    stimuli=1_000,
    orientations=tuple(np.linspace(0, 180, 16, endpoint=False).tolist()),
    frequencies=tuple(np.geomspace(0.5 / 75, 0.4, 8).tolist()),
    hues=tuple(np.linspace(0, 360, 24, endpoint=False).tolist()),
    axes=("luminance", "red–green", "blue–yellow"),
    families=FAMILIES,
)
SMALL = RECORD.model_copy(update={"side": 7})
NEUTRAL = FilterMeasures(
    best=10,
    rest=0,
    orientation=None,
    orientation_selectivity=None,
    orientation_bandwidth=None,
    orientation_curve=(0.0,) * 16,
    frequency=None,
    frequency_bandwidth=None,
    frequency_curve=(0.0,) * 8,
    axis=None,
    polarity=None,
    hue=None,
    hue_selectivity=None,
    hue_curve=(0.0,) * 24,
    colour_selectivity=None,
    family=None,
    family_margin=None,
    family_response=(0.0,) * 14,
    form_rotation=None,
    form_size=None,
    form_variant=None,
    form_contrast=None,
    shift_invariance=None,
    scale_invariance=None,
    rotation_invariance=None,
    twin=None,
    twin_correlation=None,
)
STRIPES = replace(
    NEUTRAL,
    orientation=135.0,
    orientation_selectivity=0.83,
    orientation_bandwidth=40.0,
    orientation_curve=tuple(10.0 if number == 12 else 1.0 for number in range(16)),
    frequency=1 / 7,
    frequency_bandwidth=1.0,
    axis="luminance",
)
AREAS = replace(
    NEUTRAL, orientation_curve=(10.0,) * 16, frequency=0.5 / 75, frequency_bandwidth=1.0
)
ORANGE = replace(
    NEUTRAL,
    hue=31.0,
    hue_selectivity=0.7,
    hue_curve=tuple(10.0 if number == 2 else 0.0 for number in range(24)),
    colour_selectivity=0.6,
)
EVEN_HUES: dict[str, Any] = {
    "hue_curve": (6.0,) * 23 + (3.0,),
    "hue_selectivity": 0.05,
    "hue": 10.0,
}


def form(
    family: str,
    margin: float,
    rotation: float | None = None,
    size: float | None = None,
    variant: float | None = None,
    contrast: float = 1,
    polarity: float = 0,
    best: float = 10,
) -> FilterMeasures:
    """Return a filter that prefers a form by so many standard deviations of 1."""
    response = [best - margin - number / 100 for number in range(13)]
    response.insert(FAMILIES.index(family), best)
    return replace(
        NEUTRAL,
        best=10,
        family=family,
        family_margin=margin,
        family_response=tuple(response),
        form_rotation=rotation,
        form_size=size,
        form_variant=variant,
        form_contrast=contrast,
        polarity=polarity,
    )


SEVEN_APART = "−45° stripes, about 7 px apart (selectivity 0.83)"


def under(share: float, measures: FilterMeasures) -> FilterMeasures:
    """Return the filter with a best response of which that of its kind is only this share."""
    return replace(measures, best=10 / share)


@pytest.mark.parametrize(
    ("measures", "wanted"),
    [
        (replace(NEUTRAL, best=0), NOTHING),
        (NEUTRAL, NO_PREFERENCE),
        (STRIPES, "−45° stripes, about 7 px apart (selectivity 0.83)"),
        (
            replace(STRIPES, axis="red–green"),
            "−45° red–green stripes, about 7 px apart (selectivity 0.83)",
        ),
        (
            under(0.6, STRIPES),
            "no clear form; of stripes, −45° ones, about 7 px apart (selectivity 0.83)",
        ),
        (
            replace(STRIPES, frequency=0.4),
            "−45° stripes, 2.5 px apart or less (selectivity 0.83)",
        ),
        (replace(STRIPES, frequency=0.01), "−45° edge (selectivity 0.83)"),
        (replace(STRIPES, frequency=0.01, family="bar"), "−45° stroke (selectivity 0.83)"),
        (
            replace(STRIPES, **EVEN_HUES),
            "−45° stripes, about 7 px apart (selectivity 0.83); any colour",
        ),
        (
            replace(STRIPES, orientation_selectivity=0.1, orientation_curve=(10.0,) * 16),
            "stripes of any direction, about 7 px apart",
        ),
        (
            replace(STRIPES, orientation_selectivity=0.1),
            "stripes of several directions, about 7 px apart",
        ),
        (AREAS, "broad areas"),
        (replace(AREAS, polarity=-0.9), "broad dark areas"),
        (replace(AREAS, axis="blue–yellow"), "broad blue–yellow areas"),
        (ORANGE, "orange far before any grey"),
        (replace(ORANGE, colour_selectivity=0.3), "orange before any grey"),
        (replace(ORANGE, colour_selectivity=0.0), "no clear form; of colours, orange"),
        (replace(ORANGE, hue_selectivity=0.5), "mostly orange far before any grey"),
        (replace(ORANGE, hue_selectivity=0.1), "colours far before any grey"),
        (
            form("rings", 4.1, size=12.2),
            "concentric rings, about 12 px apart, before all else (4.1 σ over the next)",
        ),
        (form("rings", 1.5, size=9), "concentric rings, about 9 px apart, rather than other forms"),
        (form("wheel", 9.96, variant=8), "8 spokes before all else (10 σ over the next)"),
        (
            form("wheel", 3, variant=8, polarity=-0.6),
            "8 dark spokes before all else (3.0 σ over the next)",
        ),
        (form("corner", 1.2, 315), "corner open towards the lower right rather than other forms"),
        (
            form("curve", 1.2, 90, polarity=0.8),
            "light arc hollow towards the top rather than other forms",
        ),
        (form("cross", 1.2, 45), "diagonal cross rather than other forms"),
        (form("cross", 1.2, 0), "upright cross rather than other forms"),
        (form("cross", 1.2, 30), "cross rather than other forms"),
        (form("line", 1.2, 179.6), "horizontal stroke rather than other forms"),
        (
            form("edge", 1.2, 90, polarity=0.9),
            "vertical edge, light at the left, rather than other forms",
        ),
        (
            form("edge", 1.2, 90, contrast=-1),
            "vertical edge, light at the right, rather than other forms",
        ),
        (form("blob", 1.2, size=20), "blob, about 20 px wide, rather than other forms"),
        (
            replace(form("dots", 3), hue_curve=(9.0,) * 24, axis="red–green"),
            "dots before all other forms (3.0 σ over the next)",
        ),
        (
            form("dots", 2.5, best=6),
            "of grey forms, dots before all other forms (2.5 σ over the next)",
        ),
    ],
)  # fmt: skip
def test_facts_become_words(measures: FilterMeasures, wanted: str) -> None:
    """Each rule alone, in its exact words."""
    assert measure_words(measures, RECORD) == wanted


def joined(stripes: FilterMeasures, others: FilterMeasures, **changes: Any) -> FilterMeasures:
    """Return the first filter with the answers to forms of the second, and changes."""
    names = [name for name in vars(others) if name.startswith(("family", "form_"))]
    return replace(stripes, **({name: getattr(others, name) for name in names} | changes))


def weaker(measures: FilterMeasures, part: float) -> FilterMeasures:
    """Return the filter with weaker answers to stripes."""
    return replace(measures, orientation_curve=tuple(part * v for v in measures.orientation_curve))


@pytest.mark.parametrize(
    ("measures", "wanted"),
    [
        (
            joined(STRIPES, form("dots", 1.5, size=9)),
            f"{SEVEN_APART}; dots, about 9 px apart, rather than other forms",
        ),
        (
            joined(weaker(STRIPES, 0.8), form("dots", 1.5)),
            "dots rather than other forms; −45° stripes, about 7 px apart (selectivity 0.83)",
        ),
        # The best form is the contour that the stripes name; 45° away it is another.
        (
            joined(STRIPES, form("line", 1.5, 150)),
            "−45° stripes, about 7 px apart (selectivity 0.83)",
        ),
        (
            joined(weaker(STRIPES, 0.6), form("line", 1.5, 135)),
            "−45° stroke rather than other forms",
        ),
        (
            joined(STRIPES, form("line", 1.5, 0)),
            f"{SEVEN_APART}; horizontal stroke rather than other forms",
        ),
        # Stripes as fine as pixels allow come last in a field that holds many.
        (
            joined(replace(STRIPES, frequency=0.4), form("dots", 1.5)),
            "dots rather than other forms; −45° stripes, 2.5 px apart or less (selectivity 0.83)",
        ),
        # A colour that greys equal says little, and comes last however far it reaches.
        (
            joined(
                replace(ORANGE, colour_selectivity=0.0),
                form("dots", 1.5, best=8),
                family_margin=1.5,
            ),
            "dots rather than other forms; of colours, orange",
        ),
        # What does not fit is shortened.
        (
            joined(
                replace(STRIPES, axis="blue–yellow", frequency=0.4),
                form("corner", 3, 225, polarity=-1),
                polarity=-1,
            ),
            (
                "dark corner open towards the lower left before all other forms "
                "(3.0 σ over the next); −45° blue–yellow stripes"
            ),
        ),
        (
            joined(STRIPES, form("corner", 3, 225)),
            "−45° stripes, about 7 px apart (selectivity 0.83); of forms, corner",
        ),
    ],
)
def test_clauses_come_in_order_of_reach(measures: FilterMeasures, wanted: str) -> None:
    """What drives a filter most comes first; nothing is said twice, nothing grows too long."""
    assert measure_words(measures, RECORD) == wanted


def test_less_than_a_period_is_no_stripes() -> None:
    """A field that holds less than one period shows an edge, one that holds more shows stripes."""
    less, more = (replace(STRIPES, frequency=periods / 7) for periods in (0.99, 1.01))
    assert measure_words(less, SMALL) == "−45° edge (selectivity 0.83)"
    assert measure_words(more, SMALL) == "−45° stripes, about 7 px apart (selectivity 0.83)"


def test_stripes_at_the_end_are_last_only_in_a_large_field() -> None:
    """A small field holds few of them; there they are a contour like any other."""
    measures = joined(replace(STRIPES, frequency=0.4), form("dots", 1.5))
    assert measure_words(measures, RECORD).startswith("dots")
    assert measure_words(measures, SMALL).startswith("−45° stripes")


THRESHOLDS: list[tuple[FilterMeasures, dict[str, Any], dict[str, Any], str]] = [
    (STRIPES, {"orientation_selectivity": 0.3}, {"orientation_selectivity": 0.299}, "−45°"),
    (STRIPES, {"orientation_bandwidth": 125.0}, {"orientation_bandwidth": 125.1}, "−45°"),
    (STRIPES, {"best": 20.0}, {"best": 20.1}, "−45°"),
    (STRIPES, {"best": 13.3}, {"best": 13.4}, "−45° stripes"),
    (STRIPES, {"frequency": 0.388}, {"frequency": 0.387}, "or less"),
    (STRIPES, {"orientation": 5.6, "orientation_curve": AREAS.orientation_curve},
     {"orientation": 5.7, "orientation_curve": AREAS.orientation_curve}, "horizontal"),
    (STRIPES, {"orientation": 95.6, "orientation_curve": AREAS.orientation_curve},
     {"orientation": 95.7, "orientation_curve": AREAS.orientation_curve}, "vertical"),
    (AREAS, {"orientation_curve": (10.0,) * 15 + (5.0,)},
     {"orientation_curve": (10.0,) * 15 + (4.9,)}, "areas"),
    (AREAS, {"polarity": 0.5}, {"polarity": 0.49}, "light"),
    (AREAS, {"polarity": -0.5}, {"polarity": -0.49}, "dark"),
    (ORANGE, {"hue_selectivity": 0.4}, {"hue_selectivity": 0.39}, "orange"),
    (ORANGE, {"hue_selectivity": 0.59}, {"hue_selectivity": 0.6}, "mostly"),
    (ORANGE, {"colour_selectivity": 0.5}, {"colour_selectivity": 0.49}, "far before"),
    (ORANGE, {"colour_selectivity": 0.2}, {"colour_selectivity": 0.19}, "before any grey"),
    (ORANGE, {"best": 20.0}, {"best": 20.1}, "orange"),
    (replace(STRIPES, **EVEN_HUES), {"best": 12.0}, {"best": 12.1}, "any colour"),
    (replace(STRIPES, **EVEN_HUES), {}, {"hue_curve": (6.0,) * 23 + (2.9,)}, "any colour"),
    (replace(STRIPES, **EVEN_HUES), {}, {"axis": "red–green"}, "any colour"),
    # A contour within 22.5° of the stripes is theirs, whichever way it is turned from them.
    (joined(STRIPES, form("line", 1.5, 157.6)), {}, {"form_rotation": 157.5}, "stroke"),
    (joined(STRIPES, form("line", 1.5, 112.4)), {}, {"form_rotation": 112.5}, "stroke"),
    (joined(STRIPES, form("line", 1.5, 167.4), orientation=10.0,
            orientation_curve=AREAS.orientation_curve), {}, {"form_rotation": 167.5}, "stroke"),
    (form("dots", 1.0), {}, {"family_margin": 0.99}, "dots rather"),
    (form("dots", 2.0), {}, {"family_margin": 1.99}, "before all"),
    (form("dots", 3.0), {"hue_curve": (8.0,) * 24}, {"hue_curve": (8.1,) * 24}, "all else"),
    (form("dots", 3.0), {"best": 20.0}, {"best": 20.1}, "dots"),
]  # fmt: skip


@pytest.mark.parametrize(("measures", "at", "beyond", "words_said"), THRESHOLDS)
def test_thresholds(
    measures: FilterMeasures, at: dict[str, Any], beyond: dict[str, Any], words_said: str
) -> None:
    """At its threshold a thing is said, and just beyond it is not."""
    assert words_said in measure_words(replace(measures, **at), RECORD)
    assert words_said not in measure_words(replace(measures, **beyond), RECORD)


def test_a_mean_between_two_peaks_is_not_named() -> None:
    """Two hues, or two directions, far apart have a mean that the filter does not answer to."""
    hues = tuple(10.0 if number in {0, 8} else 0.0 for number in range(24))
    assert not is_coloured(replace(ORANGE, hue=60.0, hue_curve=hues))
    assert is_coloured(replace(ORANGE, hue=0.0, hue_curve=hues))
    turns = tuple(10.0 if number in {0, 5} else 0.0 for number in range(16))
    assert not is_oriented(replace(STRIPES, orientation=28.0, orientation_curve=turns))
    assert is_oriented(replace(STRIPES, orientation=179.6, orientation_curve=turns))


def test_two_families_nearly_alike_are_both_named() -> None:
    """They are where the third comes a deviation after the best, and not where three are alike."""
    rings = replace(form("rings", 0.5), family_response=_ranked({"rings": 10, "spiral": 9.5}, 9.0))
    wanted = "concentric rings or spirals rather than other forms"
    assert measure_words(rings, RECORD) == wanted
    three = _ranked({"rings": 10, "spiral": 9.5, "dots": 9.01}, 5.0)
    assert measure_words(replace(rings, family_response=three), RECORD) == NO_PREFERENCE


def _ranked(named: dict[str, float], others: float) -> tuple[float, ...]:
    return tuple(named.get(family, others) for family in FAMILIES)


@pytest.mark.parametrize(
    ("degrees", "angle"),
    [
        (0, "0°"),
        (179.6, "0°"),
        (179.4, "−1°"),
        (45, "45°"),
        (90, "90°"),
        (90.4, "90°"),
        (91, "−89°"),
        (135, "−45°"),
        (225, "45°"),
        (360, "0°"),
    ],
)
def test_directions(degrees: float, angle: str) -> None:
    """A direction lies within −89° and 90°, is whole, and its minus is a minus sign."""
    assert words.direction(degrees) == angle
    assert "-" not in words.direction(degrees)


@pytest.mark.parametrize(
    ("degrees", "name"),
    [(0, "red"), (14, "red"), (16, "orange"), (120, "green"), (240, "blue"), (359, "red")],
)
def test_hues_have_plain_names(degrees: float, name: str) -> None:
    """Each name covers thirty degrees about its middle."""
    assert words.hue_name(degrees) == name


@pytest.mark.parametrize(
    ("degrees", "side"), [(0, "right"), (90, "top"), (-90, "bottom"), (405, "upper right")]
)
def test_sides_are_read_as_on_the_page(degrees: float, side: str) -> None:
    """Up is the top, whatever way rows are counted."""
    assert words.side_of(degrees) == side


# --- Photographs ----------------------------------------------------------------------------------


BOX = (0, 0, 1, 1)


def shown(labels: dict[str, int], unlabelled: int = 0) -> FilterFacts:
    """Return a filter whose places have these labels."""
    image = ImageRecord(row=0, path="p", label="", caption="", width=1, height=1, licence="")
    total = sum(labels.values()) + unlabelled
    return FilterFacts(
        layer="l",
        number=0,
        places=tuple(Place(i + 1, 1.0, image, (0, 0), BOX, BOX, 1) for i in range(total)),
        histogram=(9,),
        labels=tuple(labels.items()),
        clipped=0,
        common_label=None,
        label_purity=None,
        label_entropy=None,
        measures=NEUTRAL,
    )


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        (shown({"motorbikes": 7, "lotus": 2}), "7 of its 9 patches labelled motorbikes"),
        (shown({"lotus": 5, "pizza": 4}), "5 of its 9 patches labelled lotus"),
        (shown({"lotus": 4, "pizza": 5}), ""),
        (shown({"lotus": 9}), "all nine patches labelled lotus"),
        (shown({"lotus": 5}, unlabelled=1), "5 of its 6 patches labelled lotus"),
        (shown({"lotus": 1}), ""),
        (shown({}, unlabelled=9), ""),
        (shown({}), "no image activates it"),
        (shown({"x" * 60: 9}), f"all nine patches labelled {'x' * 39}…"),
    ],
)
def test_photographs_are_spoken_of_by_a_majority(facts: FilterFacts, wanted: str) -> None:
    """Five of the nine with one label are worth a word."""
    assert photo_words(facts) == wanted


def test_a_caption_joins_both_and_stimuli_do_not_depend_on_photographs() -> None:
    """Other photographs change the second part alone."""
    facts = replace(shown({"lotus": 9}), measures=STRIPES)
    wanted = "−45° stripes, about 7 px apart (selectivity 0.83)"
    assert caption(facts, RECORD) == f"{wanted}; all nine patches labelled lotus"
    assert caption(replace(facts, labels=()), RECORD) == wanted
    dead = replace(facts, places=(), labels=(), measures=replace(NEUTRAL, best=0))
    assert caption(dead, RECORD) == f"{NOTHING}; no image activates it"


# --- Any facts ------------------------------------------------------------------------------------

SHARES = st.floats(0, 1)


def maybe(values: st.SearchStrategy[float]) -> st.SearchStrategy[float | None]:
    """Return values or None."""
    return st.none() | values


def curve(points: int) -> st.SearchStrategy[tuple[float, ...]]:
    """Return a curve of answers up to 10."""
    return st.lists(st.floats(0, 10), min_size=points, max_size=points).map(tuple)


ANY_FACTS = st.builds(
    FilterMeasures,
    best=st.floats(0, 10),
    rest=SHARES,
    orientation=maybe(st.floats(0, 180)),
    orientation_selectivity=maybe(SHARES),
    orientation_bandwidth=maybe(st.floats(10, 180)),
    orientation_curve=curve(16),
    frequency=maybe(st.floats(0.006, 0.4)),
    frequency_bandwidth=maybe(st.floats(0, 6)),
    frequency_curve=curve(8),
    axis=st.none() | st.sampled_from(RECORD.axes),
    polarity=maybe(st.floats(-1, 1)),
    hue=maybe(st.floats(0, 360)),
    hue_selectivity=maybe(SHARES),
    hue_curve=curve(24),
    colour_selectivity=maybe(SHARES),
    family=st.none() | st.sampled_from(FAMILIES),
    family_margin=maybe(st.floats(0, 60)),
    family_response=curve(14),
    form_rotation=maybe(st.floats(0, 360)),
    form_size=maybe(st.floats(1, 75)),
    form_variant=maybe(st.floats(-4, 16)),
    form_contrast=maybe(st.sampled_from([1.0, -1.0])),
    shift_invariance=maybe(SHARES),
    scale_invariance=maybe(SHARES),
    rotation_invariance=maybe(SHARES),
    twin=st.none(),
    twin_correlation=st.none(),
)


@given(ANY_FACTS)
def test_any_facts_have_a_short_caption(measures: FilterMeasures) -> None:
    """It is one line, neither empty nor too long, without a word for what is not known."""
    said = measure_words(measures, RECORD)
    assert 0 < len(said) <= LONGEST
    assert said == " ".join(said.split())
    assert "None" not in said
    assert "nan" not in said
    assert not said.startswith((",", ";", "("))
    assert said.startswith(clauses(measures, RECORD)[0].head)


@given(st.integers(0, 2**32 - 1))
def test_facts_of_the_tiny_atlas_have_captions(seed: int) -> None:
    """Whatever names families have; the silent filter says that it is silent."""
    facts = read_measures(tiny_measures(4, 1, np.random.default_rng(seed)), TINY)
    said = [measure_words(each, TINY) for each in facts]
    assert said[1] == NOTHING
    assert NOTHING not in (said[0], said[2], said[3])
    assert all(len(each) <= LONGEST for each in said)
