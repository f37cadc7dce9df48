"""What was measured, in words: preferences, ties, and what is not known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from generator.render.facts import FilterFacts, Gallery
from generator.render.views.filter.measured import Measured, label_spread, measured
from generator.render.words.words import decimal
from tests.support.tiny_atlas import DEAD
from tests.support.tiny_measures import RECORD, measures_of


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
