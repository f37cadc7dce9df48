"""The streaming search against a sort of everything."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.compute.search import TopNine, first_peak, peaks_of
from tests import oracles


def stream_through(maps: torch.Tensor, sizes: list[int]) -> TopNine:
    """Feed maps [n, f, h, w] in batches of these sizes, repeated as needed."""
    top = TopNine.empty(maps.shape[1], maps.dtype, maps.device)
    start = 0
    turn = 0
    while start < len(maps):
        part = maps[start : start + sizes[turn % len(sizes)]]
        rows = torch.arange(start, start + len(part))
        top.update(part, peaks_of(part, rows, torch.ones(len(part), dtype=torch.bool)), rows)
        start += len(part)
        turn += 1
    return top


def as_places(top: TopNine) -> list[list[tuple[float, int, int, int]]]:
    """The occupied places, filter by filter, in the oracle's form."""
    return [
        [
            (float(value), int(row), int(unit[0]), int(unit[1]))
            for value, row, unit in zip(values, rows, units, strict=True)
            if row >= 0
        ]
        for values, rows, units in zip(top.activation, top.image, top.unit, strict=True)
    ]


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    images=st.integers(1, 40),
    filters=st.integers(1, 4),
    side=st.integers(1, 4),
    levels=st.integers(1, 6),
    sizes=st.lists(st.integers(1, 16), min_size=1, max_size=4),
)
def test_equals_brute_force_with_many_ties(
    seed: int, images: int, filters: int, side: int, levels: int, sizes: list[int]
) -> None:
    """Few distinct values make ties everywhere; batches of any size give the sorted answer."""
    rng = np.random.default_rng(seed)
    maps = rng.integers(0, levels + 1, (images, filters, side, side)).astype(np.float64)
    top = stream_through(torch.from_numpy(maps), sizes)
    assert as_places(top) == oracles.top_nine(maps)


def test_a_dead_filter_keeps_nine_empty_places() -> None:
    """An all-zero map has its maximum at (0, 0), and that is no patch."""
    top = stream_through(torch.zeros(20, 2, 3, 3), [7])
    assert (top.image == -1).all()
    assert (top.unit == 0).all()


def test_unreadable_slots_take_no_place() -> None:
    """A slot without an image may hold anything and wins nothing."""
    maps = torch.rand(4, 3, 2, 2) + 1
    top = TopNine.empty(3, torch.float32, torch.device("cpu"))
    valid = torch.tensor([True, False, True, False])
    rows = torch.arange(4)
    top.update(maps, peaks_of(maps, rows, valid), rows)
    assert set(top.image[top.image >= 0].tolist()) == {0, 2}


def test_not_a_number_is_refused_with_its_row() -> None:
    """A NaN would poison every comparison after it, so it stops the search."""
    maps = torch.zeros(3, 2, 2, 2)
    maps[1, 0, 0, 1] = float("nan")
    with pytest.raises(ValueError, match="image 11 "):
        peaks_of(maps, torch.arange(10, 13), torch.ones(3, dtype=torch.bool))


def test_the_first_of_equal_peaks_counts() -> None:
    """Within a map ties go to the smaller row, then the smaller column."""
    maps = torch.tensor([[[0.0, 2.0, 1.0], [2.0, 2.0, 0.0]]])
    assert first_peak(maps).tolist() == [[0, 1]]
