"""How much the answers of filters to stimuli are like the final ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from generator.compute.stimuli.draw import (
    Doubles,
    Floats,
    Integers,
    Stimuli,
    colours,
    gratings,
)
from generator.compute.stimuli.forms import forms
from generator.compute.stimuli.run import respond, stage
from generator.network.watched import WatchedNetwork

# Every eleventh stimulus of each kind: 11 shares no factor with the numbers of orientations,
# frequencies, phases, axes, hues and contrasts, so that each of these comes up alike often.
EVERY = 11


@dataclass(frozen=True)
class Some:
    """Every eleventh stimulus of a kind."""

    all: Stimuli

    @property
    def side(self) -> int:
        """Return what `Stimuli.side` says."""
        return self.all.side

    @property
    def _indices(self) -> Integers:
        return np.arange(0, len(self.all), EVERY)

    def __len__(self) -> int:
        return len(self._indices)

    @property
    def stripes(self) -> Doubles:
        """Return what `Stimuli.stripes` says."""
        return self.all.stripes[self._indices]

    def draw(self, indices: Integers) -> Floats:
        """Return the pictures of these indices: [k, 3, side, side] of values in 0…1."""
        return self.all.draw(self._indices[indices])


def chosen(side: int) -> tuple[Some, ...]:
    """Return the stimuli that are shown on a field of `side` pixels."""
    return Some(gratings(side)), Some(colours(side)), Some(forms(side))


def counts() -> tuple[int, int]:
    """Return how many stimuli are shown, and how many the core shows; alike for every field."""
    some = chosen(8)
    return sum(map(len, some)), sum(len(each.all) for each in some)


def correlations(networks: Sequence[WatchedNetwork], layer: int) -> Floats:
    """Return the correlations [s, f] of answers with those of the last network.

    s: the others, in their order.
    """
    answers = []
    for network in networks:
        watched = network.layers[layer]
        shown = chosen(stage(watched, network.input_size).side)
        answers.append(np.concatenate([respond(network, watched, some) for some in shown]))
    *others, final = answers
    return np.stack([correlation(other, final) for other in others])


def correlation(answers: Floats, final: Floats) -> Floats:
    """Return the correlation [f] of answers [n, f] with the final ones [n, f].

    0 where a filter answers to all stimuli alike, NaN where it does so in the end.
    """
    one, other = (each.astype(np.float64) - each.mean(0, np.float64) for each in (answers, final))
    norms = np.linalg.norm(one, axis=0), np.linalg.norm(other, axis=0)
    product = norms[0] * norms[1]
    found = np.divide((one * other).sum(0), product, out=np.zeros_like(product), where=product > 0)
    flat = np.ptp(final, axis=0) == 0
    return np.where(flat, np.nan, np.clip(found, -1, 1)).astype(np.float32)
