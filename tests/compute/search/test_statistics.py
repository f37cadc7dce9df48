"""Counting over a whole image set, against counting of everything at once."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.atlas.bins import BINS, LOWEST, PER_OCTAVE
from generator.compute.search.statistics import MOST, ActivationStatistics, hundredth, label_facts


def counted(values: list[float]) -> dict[int, int]:
    """How many positive values lie in each bin, by logarithm rather than by edges."""
    octaves = (math.log2(value) for value in values if value > 0)
    bins = (math.floor((octave - LOWEST) * PER_OCTAVE + 1e-4) for octave in octaves)
    return dict(Counter(min(max(number, 0), BINS - 1) for number in bins))


def taken(
    peaks: torch.Tensor, size: int, batch: int, starts: Sequence[int] = ()
) -> ActivationStatistics:
    """Feed peaks [n, f] in batches, or in those batches that start at these rows."""
    statistics = ActivationStatistics.empty(peaks.shape[1], size, peaks.dtype, peaks.device)
    for start in starts or range(0, len(peaks), batch):
        part = peaks[start : start + batch]
        statistics.update(part, torch.arange(start, start + len(part)))
    statistics.settle()
    return statistics


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    images=st.integers(1, 60),
    size=st.integers(1, 12),
    batch=st.integers(1, 20),
    levels=st.integers(1, 8),
)
def test_equals_a_sort_of_everything(
    seed: int, images: int, size: int, batch: int, levels: int
) -> None:
    """Few distinct values make ties: the earlier image wins, whatever the size of the batches."""
    peaks = np.random.default_rng(seed).integers(0, levels + 1, (images, 3)).astype(np.float64)
    statistics = taken(torch.from_numpy(peaks), size, batch)
    assert_sorted_all(statistics, peaks, size)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    images=st.integers(2, 300),
    size=st.integers(1, 12),
    batch=st.integers(1, 20),
    levels=st.integers(1, 8),
    parts=st.integers(1, 4),
)
def test_parts_in_any_order_count_as_one(
    seed: int, images: int, size: int, batch: int, levels: int, parts: int
) -> None:
    """Batches dealt out to several, taken in any order and joined: the same statistics."""
    rng = np.random.default_rng(seed)
    peaks = rng.integers(0, levels + 1, (images, 3)).astype(np.float64)
    starts = rng.permutation(range(0, images, batch)).tolist()
    shares = [starts[part::parts] for part in range(parts)]
    several = [taken(torch.from_numpy(peaks), size, batch, share) for share in shares if share]
    assert_sorted_all(ActivationStatistics.merge(several), peaks, size)


def assert_sorted_all(
    statistics: ActivationStatistics, peaks: npt.NDArray[np.float64], size: int
) -> None:
    """The statistics equal those of sorting and counting all peaks [n, f]."""
    images = len(peaks)
    for filter_ in range(3):
        column = peaks[:, filter_].tolist()
        best = sorted((row for row in range(images) if column[row] > 0), key=lambda r: -column[r])
        best = best[:size] + [-1] * (size - len(best[:size]))
        assert statistics.image[filter_].tolist() == best
        counts = statistics.histogram[filter_].tolist()
        assert {number: n for number, n in enumerate(counts) if n} == counted(column)


def test_activations_are_counted_in_their_bins() -> None:
    """Edges belong to the bin above them; what is too small or too large goes to the end bins."""
    values = [0.0, 1e-9, 2.0**-16, 0.999, 1.0, 1.09, 1.1, 3.0, 2.0**15.9, 2.0**16, 1e9]
    statistics = taken(torch.tensor(values)[:, None], 9, 4)
    assert {n: c for n, c in enumerate(statistics.histogram[0].tolist()) if c} == counted(values)


@pytest.mark.parametrize(
    ("images", "expected"), [(1, 9), (900, 9), (901, 10), (8_113, 82), (10**6, MOST)]
)
def test_the_hundredth_part_is_neither_tiny_nor_endless(images: int, expected: int) -> None:
    """At least the nine, rounded up, and never more than fits in memory."""
    assert hundredth(images) == expected


def test_labels_are_weighed() -> None:
    """Purity is a share, entropy is in bits, the first of equally frequent labels counts."""
    labels = ("owl", "owl", "crab", "crab", "", "emu")
    image = np.array([[0, 1, -1, -1], [2, 0, 3, 1], [0, 2, 5, 4], [4, -1, -1, -1]])
    facts = label_facts(image, sorted(set(labels) - {""}), labels.__getitem__)
    assert facts.purity[:3].tolist() == pytest.approx([1, 0.5, 1 / 3])
    assert facts.entropy[:3].tolist() == pytest.approx([0, 1, math.log2(3)])
    assert facts.label.tolist() == [2, 0, 0, -1]  # crab, emu, owl
    assert np.isnan(facts.purity[3])
    assert np.isnan(facts.entropy[3])
