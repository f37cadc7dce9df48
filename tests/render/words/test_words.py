"""Numbers and lists as a reader sees them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.render.words import words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (14.234, "14.2"),
        (0.07314, "0.0731"),
        (1234.5, "1,230"),
        (9.996, "10.0"),
        (0.99951, "1.00"),
        (100.0, "100"),
        (0.0, "0"),
        (math.nan, "–"),
    ],
)
def test_activations(value: float, text: str) -> None:
    """An activation has three significant digits."""
    assert words.activation(value) == text


@given(st.floats(1e-6, 1e6))
def test_an_activation_is_close_to_its_text(value: float) -> None:
    """What is printed is off by half of the third digit at most."""
    printed = float(words.activation(value).replace(",", ""))
    assert abs(printed - value) <= max(0.00501 * value, 0.5 if value > 100 else 0)


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 100, "0 %"),
        (100, 100, "100 %"),
        (1, 8144, "0.012 %"),
        (8143, 8144, "more than 99.9 %"),
        (1, 100_000, "less than 0.01 %"),
        (123, 1000, "12.3 %"),
        (0, 0, "0 %"),
    ],
)
def test_shares(part: int, whole: int, text: str) -> None:
    """A share is never rounded to none or all."""
    assert words.share(part, whole).replace(words.NO_BREAK, " ") == text


def test_lists_of_labels() -> None:
    """Labels that stand once are counted, not listed."""
    assert words.label_list([("lotus", 4), ("pizza", 1), ("stapler", 1)]) == (
        "lotus 4, two others once each"
    )
    assert words.label_list([("lotus", 8), ("pizza", 1)]) == "lotus 8, pizza 1"
    assert words.label_list([("lotus", 1), ("pizza", 1)]) == "two labels once each"
