"""Which images are asked about, for answers that are written down, and how a machine is counted."""

from __future__ import annotations

import numpy as np
import pytest

from generator.studies.quiz.machine import share_right
from generator.studies.quiz.pairs import Order, Rows, order_of, pairs, question

NONE: Rows = np.zeros(0, np.int64)


def order(activation: list[float], ninth: float, nine: list[int], content: Rows = NONE) -> Order:
    """Return the order of images with these activations, each with its own pixels."""
    own = content if len(content) else np.arange(len(activation))
    return order_of(np.array(activation, np.float32), own, ninth, np.array(nine, np.int64))


def plain(active: int, left: int) -> Order:
    """Return an order of so many images, of which the last ones are left."""
    return Order(np.arange(active), np.arange(active - left, active))


def test_silent_images_are_in_no_order_and_equals_come_by_row() -> None:
    """The strongest first."""
    found = order([0.0, 2.0, 3.0, 2.0, 0.0, 1.0], 9.0, [])
    assert found.rows.tolist() == [2, 1, 3, 5]
    assert found.left.tolist() == [0, 1, 2, 3]


def test_the_same_pixels_stand_once() -> None:
    """At the place of the first of them."""
    found = order([1.0, 2.0, 2.0, 3.0], 9.0, [], np.array([7, 5, 5, 8]))
    assert found.rows.tolist() == [3, 1, 0]


def test_the_nine_are_left_out_and_what_has_their_pixels() -> None:
    """Another with the pixels of a place is as strong, but for rounding, and may be unknown."""
    nine = [5.0, 4.0, 3.0]  # 5 and 3 are at rows 0 and 2; 4 was not looked at, but its double was
    found = order([5.0, 4.00001, 3.0, 2.99999, 2.99, 1.0], min(nine), [0, 2])
    assert found.rows[found.left].tolist() == [4, 5]


def test_one_of_the_nine_is_left_out_though_it_came_out_weaker() -> None:
    """By its row."""
    found = order([5.0, 2.5, 2.0], 3.0, [1])
    assert found.rows[found.left].tolist() == [2]


@pytest.mark.parametrize(
    ("active", "left", "expected"),
    [
        (2_000, 1_991, (9, 1_800)),
        (100, 91, (9, 90)),
        (19, 10, (9, 18)),
        (11, 2, (9, 10)),
        (10, 1, None),  # strong and weak are the same
        (9, 0, None),
        (0, 0, None),
    ],
)
def test_a_question_is_of_the_first_left_and_the_best_of_the_weakest_tenth(
    active: int, left: int, expected: tuple[int, int] | None
) -> None:
    """Counted from 0; none where one of them is missing."""
    assert question(plain(active, left)) == expected


def test_no_question_has_a_weak_image_that_is_as_strong_as_the_nine() -> None:
    """As of a filter that reaches its ceiling in nearly all images."""
    assert question(Order(np.arange(30), np.array([29]))) is None


@pytest.mark.parametrize(
    ("active", "left", "strong", "weak"),
    [
        (100, 91, [*range(9, 19)], [50, 55, 60, 65, 70, 75, 80, 85, 90, 95]),
        (20, 11, [9, 10, 11, 12, 13], [14, 15, 16, 17, 18]),
        (11, 2, [9], [10]),
        (2_000, 4, [1_996, 1_997], [1_998, 1_999]),
    ],
)
def test_pairs_are_of_the_first_left_and_of_the_weaker_half(
    active: int, left: int, strong: list[int], weak: list[int]
) -> None:
    """Ten and ten at most, no image on both sides."""
    found = pairs(plain(active, left))
    assert [each.tolist() for each in found] == [strong, weak]


def test_every_strong_image_is_compared_with_every_weak_one() -> None:
    """A tie is half right."""
    assert share_right(np.array([0.9, 0.5, 0.1, 0.2])) == 1.0
    assert share_right(np.array([0.9, 0.15, 0.1, 0.2])) == 0.75
    assert share_right(np.array([0.2, 0.1, 0.2, 0.1])) == 0.5
    assert share_right(np.array([0.0, 1.0])) == 0.0
