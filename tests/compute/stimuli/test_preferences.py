"""Preferences read off made-up responses."""

from __future__ import annotations

import math

import numpy as np
import pytest

from generator.compute.stimuli import draw
from generator.compute.stimuli.forms import FAMILIES, forms
from generator.compute.stimuli.preferences import deviations, form_facts, kept, twins

GRATINGS = draw.gratings(27)
COLOURS = draw.colours(27)
FORMS = forms(27)


def test_form_facts_name_the_best_family_and_form() -> None:
    """The strongest form, its family and parameters, its lead in deviations, its polarity."""
    on_forms = np.zeros((len(FORMS), 1), np.float32)
    ring = int(np.flatnonzero((FORMS.family == FAMILIES.index("rings")) & (FORMS.contrast < 0))[5])
    cross = int(np.flatnonzero((FORMS.family == FAMILIES.index("cross")) & (FORMS.contrast > 0))[2])
    on_forms[ring], on_forms[cross] = 3, 1
    facts = form_facts(FORMS, on_forms, on_forms)
    assert facts.best == ring
    assert FAMILIES[facts.family[0]] == "rings"
    assert facts.size == pytest.approx(FORMS.size[ring])
    assert facts.contrast == -1
    assert facts.polarity == pytest.approx(-0.5)
    mean = 4 / len(FORMS)
    deviation = math.sqrt(10 / len(FORMS) - mean**2)
    assert facts.family_margin == pytest.approx(2 / deviation, rel=1e-4)


def test_kept_counts_no_more_than_all() -> None:
    """A better response after a change counts as 1, half a response as a half."""
    transformed = np.array([[2, 1, 0], [1, 0.5, 0]], np.float32)
    found = kept(transformed, np.array([1, 1, 0], np.float32))
    assert found[:2] == pytest.approx([1, 0.75])
    assert np.isnan(found[2])


def test_twins_agree_with_numpy() -> None:
    """The nearest relative has the largest Pearson correlation; a flat filter has none."""
    rng = np.random.default_rng(1)
    responses = rng.random((50, 6)).astype(np.float32)
    responses[:, 4] = responses[:, 1] * 3 + 0.01 * rng.random(50)
    responses[:, 5] = 2
    found = twins(responses)
    table = np.corrcoef(responses[:, :5].T) - 2 * np.eye(5)
    assert found.twin[:5].tolist() == table.argmax(1).tolist()
    assert found.correlation[:5] == pytest.approx(table.max(1), abs=1e-5)
    assert found.twin[5] == -1
    assert found.twin[4] == 1


@pytest.mark.parametrize("filters", [1, 2])
def test_a_filter_without_company_has_no_twin(filters: int) -> None:
    """Alone, or beside a dead one."""
    responses = np.zeros((9, filters), np.float32)
    responses[:, 0] = np.arange(9)
    assert twins(responses).twin.tolist() == [-1] * filters


def test_rounding_is_no_variation() -> None:
    """Differences in the seventh digit deviate by nothing."""
    rng = np.random.default_rng(4)
    responses = np.float32(5) + rng.random((40, 1)).astype(np.float32) * np.float32(1e-6)
    assert deviations(responses) == 0
    assert deviations(responses * np.linspace(0.9, 1, 40, dtype=np.float32)[:, None]) > 0.1


def test_the_margin_is_in_deviations_of_all_responses() -> None:
    """Not of the responses to forms alone, which would make a filter seem surer than it is."""
    stimuli = forms(27)
    to_forms = np.ones((len(stimuli), 1), np.float32)
    to_forms[stimuli.family == 3] = 2.0
    to_forms[stimuli.family == 5] = 5.0
    others = np.linspace(0, 40, 500, dtype=np.float32)[:, None]
    everything = np.concatenate([others, to_forms])
    facts = form_facts(stimuli, to_forms, everything)
    values = everything[:, 0].astype(float).tolist()
    mean = math.fsum(values) / len(values)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
    assert facts.family.tolist() == [5]
    assert facts.family_margin[0] == pytest.approx((5 - 2) / deviation, rel=1e-5)
