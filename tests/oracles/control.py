"""Slow, obvious truths on two pictures: how far they agree."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tests.oracles.loops import Array


def correlation(first: Array, second: Array, box: Sequence[int]) -> float:
    """Give Pearson's correlation of two c h w, over their pixels in a box of both.

    `box` is top, left, bottom, right, half-open; what lies outside of the pictures is left out.
    NaN where one of them is the same everywhere.
    """
    top, left, bottom, right = box
    pairs = [
        (float(first[c, y, x]), float(second[c, y, x]))
        for c, y, x in np.ndindex(first.shape)
        if top <= y < bottom and left <= x < right
    ]
    mean_a = math.fsum(a for a, _ in pairs) / len(pairs)
    mean_b = math.fsum(b for _, b in pairs) / len(pairs)
    both = math.fsum((a - mean_a) * (b - mean_b) for a, b in pairs)
    alone_a = math.fsum((a - mean_a) ** 2 for a, _ in pairs)
    alone_b = math.fsum((b - mean_b) ** 2 for _, b in pairs)
    return both / math.sqrt(alone_a * alone_b) if alone_a and alone_b else math.nan
