"""What is said of all images together, against medians and sums written out."""

from __future__ import annotations

import statistics
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from generator.studies.invariance.findings import Findings, median, quartiles
from generator.studies.invariance.record import ARRAYS, RECORD, Invariance, read
from tests.support.tiny_atlas import make_atlas
from tests.support.tiny_invariance import BROKEN, QUARTERS, STEADY, write_invariance


def found_in(folder: Path) -> Findings:
    """Read the study of an atlas."""
    place = folder / "studies" / "invariance"
    record = Invariance.model_validate_json((place / RECORD).read_bytes())
    arrays = read(place / ARRAYS, len(record.rows), len(record.vectors), len(record.steps))
    assert arrays is not None
    return Findings(record, arrays)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """The study that the tests make by hand."""
    folder = make_atlas(tmp_path_factory.mktemp("findings") / "atlas", invariance="")
    return found_in(folder)


def test_the_first_and_the_last_steps_go_both_ways(found: Findings) -> None:
    """Of turns, the last is a quarter."""

    def values(numbers: list[int]) -> list[float]:
        return [found.record.steps[number].value for number in numbers]

    assert values(found.first("shift")) == [-10, 10]
    assert values(found.last("shift")) == [-60, 60]
    assert values(found.first("scale")) == [1.1]
    assert values(found.last("scale")) == [1.8]
    assert values(found.first("rotation")) == [15, 345]
    assert values(found.last("rotation")) == [90, 270]


def test_distances_are_told_as_parts_of_that_to_another_image(found: Findings) -> None:
    """The median image, by the median distance of two; what is no number does not count."""
    values = dict(found.numbers())
    factors = np.linspace(1, 2, len(found.record.rows)).tolist()
    middle = statistics.median(factors)
    first = values["distance at the first shift", "layer1"]
    assert first == pytest.approx(middle * 100 * (1 / 6) ** 0.5 / 250, rel=1e-4)
    assert values["first of last shift", "layer1"] == pytest.approx((1 / 6) ** 0.5, rel=1e-4)
    del factors[BROKEN]
    last = values["distance at the last scale of the scores", ""]
    assert last == pytest.approx(statistics.median(factors) * 100 / 250, rel=1e-4)
    assert values["first of last scale of the scores", ""] == pytest.approx(1 / 8, rel=1e-3)


def test_an_even_growth_has_the_correlation_one(found: Findings) -> None:
    """A root has less."""
    values = dict(found.numbers())
    assert values["correlation with shift of the scores", ""] == pytest.approx(1)
    assert 0.9 < values["correlation with shift", "layer1"] < 0.99


def test_answers_that_stay_are_counted(found: Findings) -> None:
    """All images keep theirs below half of the largest step, one keeps it always."""
    images = len(found.record.rows)
    assert found.same_answer(found.first("shift")) == pytest.approx((images - 1) / images)
    assert found.same_answer(found.last("shift")) == pytest.approx(1 / images)
    assert found.kept_always() == [STEADY]
    assert found.kept_by_quarters() == [QUARTERS]
    values = dict(found.numbers())
    assert values["images that all turns keep", ""] == pytest.approx(1 / images)


def test_the_most_symmetric_tenth_changes_least_in_its_pixels(found: Findings) -> None:
    """Of thirteen images with a probability it is one, the first."""
    symmetric, others = found.turned() or (0.0, 0.0)
    turns = [n for n in found.steps("rotation") if not found.record.steps[n].is_none]
    means = [
        statistics.fmean(line)
        for number, line in enumerate(found.arrays.probability[:, turns].tolist())
        if number != BROKEN
    ]
    assert symmetric == pytest.approx(means[0], rel=1e-5)
    assert others == pytest.approx(statistics.median(means[1:]), rel=1e-5)


def test_nothing_is_said_of_what_is_not_known(found: Findings) -> None:
    """Where all is alike, or no number, no claim can be made, and nothing is divided by zero."""
    arrays = found.arrays
    flat = replace(
        found,
        arrays=replace(
            arrays,
            distance=np.zeros_like(arrays.distance),
            other=np.zeros_like(arrays.other),
            probability=np.full_like(arrays.probability, np.nan),
        ),
    )
    facts = {fact for fact, _ in dict(flat.numbers())}
    assert not any(fact.startswith(("distance", "first", "corr", "prob")) for fact in facts)


def test_medians_and_quartiles_leave_out_what_is_no_number() -> None:
    """Of a column without one there is none."""
    values = np.array(
        [[1.0, np.nan], [np.inf, np.nan], [2.0, np.inf], [4.0, np.nan], [8.0, -np.inf]]
    )
    low, middle, high = quartiles(values)
    assert (low, middle, high) == ((1.75, None), (3.0, None), (5.0, None))
    assert median(values[:, 0]) == 3.0
    assert median(values[:, 1]) is None


def test_without_classes_there_are_no_answers(tmp_path: Path) -> None:
    """Distances of pixels and layers alone."""
    folder = make_atlas(tmp_path / "atlas")
    write_invariance(folder, no_classes="the network gives maps")
    facts = {fact for fact, _ in dict(found_in(folder).numbers())}
    assert "distance at the first shift" in facts
    assert not any("answer" in fact or "probability" in fact or "turns" in fact for fact in facts)
