"""How alike filters and layers are, against plain sums over stimuli."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from generator.studies.likeness import Floats, centred, cka, correlations


def responses(seed: int, stimuli: int, filters: int) -> Floats:
    """Return responses [n, f] with many zeros, as behind a ReLU."""
    drawn = np.random.default_rng(seed).normal(size=(stimuli, filters))
    return np.maximum(drawn, 0).astype(np.float32)


def pearson(one: list[float], other: list[float]) -> float:
    """Return the correlation of two lists, from its definition."""
    means = [math.fsum(each) / len(each) for each in (one, other)]
    pairs = [(x - means[0], y - means[1]) for x, y in zip(one, other, strict=True)]
    both = math.fsum(x * y for x, y in pairs)
    spread = [math.sqrt(math.fsum(pair[i] ** 2 for pair in pairs)) for i in (0, 1)]
    return both / (spread[0] * spread[1])


def hsic(one: list[list[float]], other: list[list[float]]) -> float:
    """Return the trace of K H L H for linear kernels [n, n], entry by entry (Gretton 2005)."""
    n = len(one)

    def doubly_centred(kernel: list[list[float]]) -> list[list[float]]:
        rows = [math.fsum(row) / n for row in kernel]
        whole = math.fsum(rows) / n
        return [[kernel[i][j] - rows[i] - rows[j] + whole for j in range(n)] for i in range(n)]

    k, l = doubly_centred(one), doubly_centred(other)  # noqa: E741 - as the paper has it
    return math.fsum(k[i][j] * l[j][i] for i, j in product(range(n), repeat=2))


def kernel(found: Floats) -> list[list[float]]:
    """Return the inner products of all pairs of stimuli."""
    rows = found.astype(float).tolist()
    return [[math.fsum(x * y for x, y in zip(a, b, strict=True)) for b in rows] for a in rows]


@pytest.mark.parametrize("seed", range(3))
def test_correlations_are_pearsons(seed: int) -> None:
    """Each pair of filters, from the sums of the definition."""
    one, other = responses(seed, 40, 5), responses(seed + 10, 40, 3)
    found = correlations(centred(one), centred(other))
    for f, g in product(range(5), range(3)):
        expected = pearson(one[:, f].tolist(), other[:, g].tolist())
        assert found[f, g] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("seed", "filters"), [(0, (4, 4)), (1, (3, 7)), (2, (30, 2))])
def test_cka_is_the_alignment_of_centred_kernels(seed: int, filters: tuple[int, int]) -> None:
    """The quick form, by products of filters, is the slow one, by kernels of stimuli."""
    one, other = (responses(seed + at, 20, count) for at, count in enumerate(filters))
    k, l = kernel(one), kernel(other)  # noqa: E741 - as above
    expected = hsic(k, l) / math.sqrt(hsic(k, k) * hsic(l, l))
    assert cka(centred(one), centred(other)) == pytest.approx(expected, abs=1e-6)


def test_cka_does_not_see_a_turn_or_a_scale_and_sees_the_rest() -> None:
    """What the measure is blind to, and what it is not."""
    one = centred(responses(0, 60, 6))
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(6, 6)))
    turned: Floats = (7 * one @ turn).astype(np.float32)
    assert cka(one, turned) == pytest.approx(1, abs=1e-5)
    stretched = one * np.array([30, 1, 1, 1, 1, 1], np.float32)
    assert cka(one, stretched) < 0.9


def test_a_silent_filter_is_like_none() -> None:
    """One that responds to everything alike, up to rounding, has no correlation."""
    found = responses(0, 30, 3)
    found[:, 1] = 5.0
    found[3, 1] = np.nextafter(np.float32(5), np.float32(6))
    table = correlations(centred(found), centred(responses(1, 30, 2)))
    assert np.isnan(table).tolist() == [[False] * 2, [True] * 2, [False] * 2]
    assert math.isnan(cka(centred(found[:, 1:2]), centred(found)))
