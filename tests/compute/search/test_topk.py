"""The streaming search against a sort of everything."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.compute.search.topk import NotANumberError, TopK, first_peak, peaks_of
from tests.oracles import loops as oracles


def stream_through(maps: torch.Tensor, sizes: list[int], keys: torch.Tensor | None = None) -> TopK:
    """Feed maps [n, f, h, w] in batches of these sizes, repeated as needed."""
    if keys is None:
        keys = torch.arange(len(maps))
    top = TopK.empty(maps.shape[1], maps.dtype, maps.device)
    start = 0
    turn = 0
    while start < len(maps):
        stop = start + sizes[turn % len(sizes)]
        compete(top, maps, keys, torch.arange(start, min(stop, len(maps))))
        start = stop
        turn += 1
    return top


def compete(top: TopK, maps: torch.Tensor, keys: torch.Tensor, rows: torch.Tensor) -> None:
    """Let these rows of all maps [n, f, h, w] compete, as one batch."""
    part = maps[rows]
    top.update(
        part, peaks_of(part, rows, torch.ones(len(rows), dtype=torch.bool)), rows, keys[rows]
    )


def sorted_by_key(
    maps: npt.NDArray[np.float64], keys: Sequence[int]
) -> list[list[tuple[float, int, int, int]]]:
    """Score every image, sort, and give each key its first place only: the slow truth."""
    every = []
    for filter_ in range(maps.shape[1]):
        scores = []
        for row, image in enumerate(maps[:, filter_]):
            value = image.max()
            line, column = min(zip(*np.where(image == value), strict=True))
            if value > 0:
                scores.append((float(value), row, int(line), int(column)))
        places: dict[int, tuple[float, int, int, int]] = {}
        for place in sorted(scores, key=lambda place: (-place[0], place[1])):
            places.setdefault(keys[place[1]], place)
        every.append(list(places.values())[:9])
    return every


def as_places(top: TopK) -> list[list[tuple[float, int, int, int]]]:
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
    """Few distinct values make ties everywhere; batches of any size give the sorted places."""
    rng = np.random.default_rng(seed)
    maps = rng.integers(0, levels + 1, (images, filters, side, side)).astype(np.float64)
    top = stream_through(torch.from_numpy(maps), sizes)
    assert as_places(top) == oracles.top_nine(maps)


@settings(deadline=None, max_examples=120)
@given(
    seed=st.integers(0, 10_000),
    images=st.integers(1, 60),
    levels=st.integers(1, 12),
    distinct=st.integers(1, 60),
    batch=st.integers(1, 16),
    parts=st.integers(1, 4),
)
def test_one_place_for_each_key_in_any_order_and_any_parts(
    seed: int, images: int, levels: int, distinct: int, batch: int, parts: int
) -> None:
    """Ties, negative maps and keys that come again, dealt out, shuffled and joined."""
    rng = np.random.default_rng(seed)
    maps = rng.integers(-levels, levels + 1, (images, 3, 2, 3)).astype(np.float64)
    keys = rng.integers(-distinct, distinct, images)
    nines = []
    for share in np.array_split(rng.permutation(images), parts):
        top = TopK.empty(3, torch.float64, torch.device("cpu"))
        for start in range(0, len(share), batch):
            rows = torch.from_numpy(share[start : start + batch])
            compete(top, torch.from_numpy(maps), torch.from_numpy(keys), rows)
        nines.append(top)
    expected = sorted_by_key(maps, keys.tolist())
    assert as_places(TopK.merge(nines)) == expected
    assert as_places(stream_through(torch.from_numpy(maps), [batch], torch.from_numpy(keys))) == (
        expected
    )


def test_the_better_of_two_alike_stays_and_frees_no_place_twice() -> None:
    """A better image of a key that has a place takes that place; a worse one changes nothing."""
    maps = torch.tensor([3.0, 2.0, 5.0, 1.0, 5.0])[:, None, None, None]
    top = stream_through(maps, [1], torch.tensor([7, 8, 7, 8, 7]))
    assert as_places(top) == [[(5.0, 2, 0, 0), (2.0, 1, 0, 0)]]


def test_maps_below_zero_win_nothing() -> None:
    """A layer without a ReLU may be negative everywhere."""
    top = stream_through(-torch.rand(20, 2, 3, 3) - 0.1, [7])
    assert (top.image == -1).all()
    assert (top.activation == 0).all()


def test_a_dead_filter_keeps_nine_empty_places() -> None:
    """An all-zero map has its maximum at (0, 0), and that is no patch."""
    top = stream_through(torch.zeros(20, 2, 3, 3), [7])
    assert (top.image == -1).all()
    assert (top.unit == 0).all()


def test_unreadable_slots_take_no_place() -> None:
    """A slot without an image may have any values and wins nothing."""
    maps = torch.rand(4, 3, 2, 2) + 1
    top = TopK.empty(3, torch.float32, torch.device("cpu"))
    valid = torch.tensor([True, False, True, False])
    rows = torch.arange(4)
    top.update(maps, peaks_of(maps, rows, valid), rows, rows)
    assert set(top.image[top.image >= 0].tolist()) == {0, 2}


def test_not_a_number_is_refused_with_its_row() -> None:
    """A NaN would poison every comparison after it, so it stops the search."""
    maps = torch.zeros(3, 2, 2, 2)
    maps[1, 0, 0, 1] = float("nan")
    with pytest.raises(NotANumberError, match="image 11 "):
        peaks_of(maps, torch.arange(10, 13), torch.ones(3, dtype=torch.bool))


def test_the_first_of_equal_peaks_counts() -> None:
    """Within a map ties go to the smaller row, then the smaller column."""
    maps = torch.tensor([[[0.0, 2.0, 1.0], [2.0, 2.0, 0.0]]])
    assert first_peak(maps).tolist() == [[0, 1]]
