"""What filters add to scores, and what a network answers, summed by hand: slow, one by one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from torch import Tensor, nn


def linear_parts(maps: Tensor, head: nn.Linear, class_: int, *, maxima: bool) -> list[float]:
    """Return what each filter adds to a class's score, given its maps [f, h, w].

    The head weighs the means of all maps; with `maxima`, their maxima and behind these the means.
    """
    weights = head.weight[class_].double().tolist()
    parts = []
    for number, rows in enumerate(maps.double().tolist()):
        values = [value for row in rows for value in row]
        mean = math.fsum(values) / len(values)
        if maxima:
            parts.append(weights[number] * max(values) + weights[len(maps) + number] * mean)
        else:
            parts.append(weights[number] * mean)
    return parts


def slopes(score: Callable[[Tensor], Tensor], maps: Tensor, class_: int) -> list[float]:
    """Return how a class's score goes with the scale of each map [f, h, w], at its own scale.

    That is activation times gradient, summed over the map, by central differences in float64.
    """
    found = []
    for number in range(len(maps)):
        ends = []
        for step in (1e-6, -1e-6):
            moved = maps.double().clone()
            moved[number] *= 1 + step
            ends.append(float(score(moved[None])[0, class_]))
        found.append((ends[0] - ends[1]) / 2e-6)
    return found


def softmax(scores: Sequence[float]) -> list[float]:
    """Return probabilities."""
    parts = [math.exp(score - max(scores)) for score in scores]
    return [part / math.fsum(parts) for part in parts]
