"""Which images the rule takes."""

from __future__ import annotations

import pytest

from generator.studies.occlusion.choice import Candidate, chosen, off_middle


def candidate(row: int, right: int, probability: float = 0.9, *, off: bool = True) -> Candidate:
    """Return a candidate of which only what the rule asks for matters."""
    return Candidate(row, right, probability, 0, (0, 0), 1.0, 1.0, off)


def rows(*candidates: Candidate) -> list[int]:
    """Return the rows of those chosen."""
    return [each.row for each in chosen(candidates)]


def test_of_many_that_fit_those_at_even_distances_are_taken() -> None:
    """One of each class, the first of it."""
    many = [candidate(10 * right + turn, right) for right in range(12) for turn in range(3)]
    assert rows(*many) == [0, 20, 40, 60, 80, 100]
    assert rows(*reversed(many)) == [0, 20, 40, 60, 80, 100]


def test_classes_come_once_before_any_comes_again() -> None:
    """An image that fits waits for one of a class that has none yet."""
    fits = [candidate(row, 0) for row in range(5)]
    other = candidate(9, 1, 0.3, off=False)
    assert rows(*fits, other) == [0, 1, 2, 3, 4, 9]
    assert rows(*(candidate(row, 0) for row in range(12))) == [0, 1, 3, 5, 7, 9]
    more = [candidate(20 + right, right, 0.3, off=False) for right in range(2, 7)]
    assert rows(*fits, *more) == [0, 22, 23, 24, 25, 26]


def test_doubt_comes_behind_and_the_surest_first() -> None:
    """Off the middle before in the middle, whatever the probability."""
    unsure = [candidate(right, right, 0.1 * right) for right in range(1, 8)]
    assert rows(*unsure) == [2, 3, 4, 5, 6, 7]
    middle = [candidate(10 + right, 20 + right, 0.99, off=False) for right in range(6)]
    assert rows(*unsure[:4], *middle) == [1, 2, 3, 4, 10, 13]
    assert unsure[0].fits is False
    assert middle[0].fits is False
    assert candidate(0, 0, 0.8).fits is True


def test_few_or_none() -> None:
    """All that there are."""
    assert rows() == []
    assert rows(candidate(3, 1), candidate(1, 1)) == [1, 3]


@pytest.mark.parametrize(
    ("unit", "grid", "off"),
    [
        ((6, 6), (13, 13), False),
        ((4, 6), (13, 13), False),
        ((6, 3), (13, 13), True),
        ((9, 6), (13, 13), True),
        ((0, 0), (1, 1), False),
        ((0, 1), (2, 2), True),
    ],
)
def test_the_middle_is_the_middle_third(
    unit: tuple[int, int], grid: tuple[int, int], off: bool
) -> None:
    """By the centre of the unit, in rows or in columns."""
    thirds = [3 * (at + 0.5) / of for at, of in zip(unit, grid, strict=True)]
    assert off == any(not 1 <= third <= 2 for third in thirds)
    assert off_middle(unit, grid) == off
