"""How filters are shared out over pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.render.views.layer.spans import MOST, page_of, spans


@given(st.integers(1, 20_000))
def test_every_filter_has_one_page(filters: int) -> None:
    """In order, all pages full but for the last, and never too many."""
    shared = spans(filters)
    assert [number for span in shared for number in span] == list(range(filters))
    assert {len(span) for span in shared[:-1]} <= {MOST}
    assert 0 < len(shared[-1]) <= MOST
    for number in {0, filters // 2, filters - 1}:
        assert number in shared[page_of(number) - 1]


@pytest.mark.parametrize(
    ("filters", "sizes"), [(96, [96]), (128, [128]), (256, [128, 128]), (300, [128, 128, 44])]
)
def test_layers_of_known_networks(filters: int, sizes: list[int]) -> None:
    """A layer of up to 128 filters has one page, and pages hold 128 each."""
    assert [len(span) for span in spans(filters)] == sizes
