"""Medians over filters, the rule for one half, and which filters stand for a layer."""

from __future__ import annotations

import pytest

from generator.studies.evolution.record import Layer
from generator.studies.evolution.settling import Settling, chosen_filters, half_from, settling


@pytest.mark.parametrize(
    ("medians", "first"),
    [
        ((0.1, 0.5, 0.9), 1),
        ((0.6, 0.7, 0.8), 0),
        ((0.1, 0.2, 0.49), None),
        ((0.1, 0.2, 0.5), 2),
        ((0.6, 0.4, 0.7), 2),  # what it had it lost again
        ((0.6, 0.7, 0.4), None),
        ((None, 0.7, 0.8), 1),
        ((0.7, None, 0.8), 2),
        ((0.7, 0.7, None), None),
        ((), None),
    ],
)
def test_half_is_passed_where_the_median_stays_above(
    medians: tuple[float | None, ...], first: int | None
) -> None:
    """From the first snapshot on that no later one contradicts; nothing lies in between."""
    assert half_from(medians) == first


def test_medians_leave_out_filters_of_which_nothing_is_known() -> None:
    """Without an image in the end there is no share, and a share is of those that there are."""
    layer = Layer(
        name="layer1",
        tile=70,
        final=(9, 0, 4, 9),
        there=((3, 0, 4, 0), (9, 0, 4, 9)),
        correlation=((0.2, None, 0.4, 0.9), (None, None, None, None)),
    )
    assert settling(layer) == Settling(share=(3 / 9, 1.0), correlation=(0.4, None))


def test_a_layer_of_dead_filters_has_no_medians() -> None:
    """Rather than a division by zero."""
    layer = Layer(name="x", tile=70, final=(0,), there=((0,),), correlation=((None,),))
    assert settling(layer) == Settling((None,), (None,))


@pytest.mark.parametrize(
    ("filters", "chosen"),
    [(96, [8, 24, 40, 56, 72, 88]), (4, [0, 1, 2, 3]), (7, [0, 1, 2, 4, 5, 6])],
)
def test_filters_lie_at_even_distances(filters: int, chosen: list[int]) -> None:
    """All of them where there are few."""
    assert chosen_filters(filters, 6) == chosen
    assert chosen_filters(filters, 1) == [filters // 2]
