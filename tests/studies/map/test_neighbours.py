"""Nearest neighbours and the labels that they share, against plain loops."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from generator.studies.map.neighbours import (
    by_chance,
    kept,
    nearest,
    neighbours_of,
    same_label,
)


@pytest.mark.parametrize("seed", range(4))
def test_nearest_are_those_of_a_plain_search(seed: int) -> None:
    """Each image's others in order of distance; ties in order of number."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (17, 3)).astype(np.float64)  # with ties, and some alike
    found = nearest(codes, 6)
    for one in range(17):
        others = [other for other in range(17) if other != one]
        others.sort(key=lambda other: (sum((codes[one] - codes[other]) ** 2), other))
        assert found[one].tolist() == others[:6]


def test_an_image_is_never_its_own_neighbour() -> None:
    """Also where all are alike."""
    found = nearest(np.ones((5, 2)), 4)
    assert all(one not in found[one] for one in range(5))


def test_shares_of_labels() -> None:
    """By hand: two of three neighbours, one, none and none."""
    near = np.array([[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]])
    assert same_label(near, ["a", "a", "a", "b"]) == pytest.approx((2 + 2 + 2 + 0) / 12)


def test_chance_is_the_mean_over_all_orders() -> None:
    """Of a neighbour drawn at random."""
    labels = ["a", "a", "a", "b", "b", "c"]
    pairs = [one == other for one, other in permutations(labels, 2)]
    assert by_chance(labels) == pytest.approx(sum(pairs) / len(pairs))
    assert by_chance(["a", "a"]) == 1
    assert by_chance(["a", "b"]) == 0


def test_kept_counts_neighbours_that_are_among_the_others() -> None:
    """Whatever their order."""
    near, others = np.array([[1, 2], [0, 2]]), np.array([[2, 1], [3, 2]])
    assert kept(near, others) == pytest.approx(3 / 4)


def test_few_images_have_fewer_neighbours() -> None:
    """All others, at most ten."""
    assert [neighbours_of(images) for images in (2, 10, 11, 2_000)] == [1, 9, 10, 10]
