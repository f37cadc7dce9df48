"""Activation statistics: how often and how strongly images activate each filter, and their labels.

Memory does not grow with the number of images: activations are counted in fixed bins, and at most
a thousand images of the strongest hundredth are remembered.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from generator.atlas.bins import BINS, inner_edges
from generator.atlas.schema import PLACES
from generator.compute.search.topk import beats, lines, ranked

MOST = 1_000  # images of the strongest hundredth that are remembered
SORT_AT = 64  # waiting images of a filter; a sort at every batch costs more than the network


def hundredth(images: int) -> int:
    """Return how many of so many images are the strongest hundredth: at least nine."""
    return min(max(math.ceil(images / 100), PLACES), MOST)


@dataclass
class ActivationStatistics:
    """Counts so far. f: filters, h: the size of the strongest hundredth.

    An empty place of the hundredth has value 0 and image −1. Images that may belong to it wait
    until a sort is worth its time: call `settle` before reading it.
    """

    histogram: Tensor  # [f, BINS] int64: images by their largest activation, where it is positive
    strongest: Tensor  # [f, h] float, falling
    image: Tensor  # [f, h] int64
    _waiting: list[tuple[Tensor, Tensor, Tensor]] = field(default_factory=list)  # see `update`
    _longest: int = 0  # an upper bound to how many wait for one filter

    @classmethod
    def empty(
        cls, filters: int, size: int, dtype: torch.dtype, device: torch.device
    ) -> ActivationStatistics:
        """Return statistics of no image, with `size` places in the strongest hundredth."""
        return cls(
            histogram=torch.zeros(filters, BINS, dtype=torch.int64, device=device),
            strongest=torch.zeros(filters, size, dtype=dtype, device=device),
            image=torch.full((filters, size), -1, device=device),
        )

    def update(self, peaks: Tensor, images: Tensor) -> None:
        """Count a batch: `peaks` [b, f] of images [b], see `peaks_of`."""
        bins = torch.bucketize(peaks, _inner_edges(peaks.device, peaks.dtype), right=True)
        self.histogram.scatter_add_(1, bins.T, (peaks > 0).T.long())
        entering = beats(peaks, images, self.strongest[:, -1], self.image[:, -1])  # b f
        slot, filters = entering.nonzero(as_tuple=True)  # n
        if len(slot) == 0:
            return
        self._waiting.append((filters, peaks[slot, filters], images[slot]))
        self._longest += int(entering.sum(0).max())
        if self._longest >= SORT_AT:
            self.settle()

    def settle(self) -> None:
        """Let those that wait compete for the strongest hundredth."""
        if not self._waiting:
            return
        entrant, values, images = map(torch.cat, zip(*self._waiting, strict=True))  # n
        self._waiting.clear()
        self._longest = 0
        entrant, order = entrant.sort(stable=True)
        filters, in_lines = lines(entrant)
        pool = torch.cat([self.strongest[filters], in_lines(values[order], 0)], dim=1)
        rows = torch.cat([self.image[filters], in_lines(images[order], -1)], dim=1)
        size = self.strongest.shape[1]
        self.strongest[filters], self.image[filters] = _strongest(pool, rows, size)

    @classmethod
    def merge(cls, several: Sequence[ActivationStatistics]) -> ActivationStatistics:
        """Join the statistics of disjoint sets of images, all of one size of the hundredth."""
        for statistics in several:
            statistics.settle()
        values = torch.cat([statistics.strongest for statistics in several], dim=1)
        images = torch.cat([statistics.image for statistics in several], dim=1)
        histogram = torch.stack([statistics.histogram for statistics in several]).sum(0)
        return cls(histogram, *_strongest(values, images, several[0].strongest.shape[1]))


def _strongest(values: Tensor, rows: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Return the best `size` of the places [k, p] with these values and rows."""
    order = ranked(values, rows)[:, :size]
    values = values.gather(1, order)
    return values, rows.gather(1, order).masked_fill(values <= 0, -1)


@cache
def _inner_edges(device: torch.device, dtype: torch.dtype) -> Tensor:
    return torch.from_numpy(inner_edges()).to(device, dtype)


@dataclass(frozen=True)
class LabelFacts:
    """How the labels of each filter's strongest hundredth agree."""

    purity: npt.NDArray[np.float32]  # [f] share of the most frequent label; NaN without labels
    entropy: npt.NDArray[np.float32]  # [f] bits; NaN without labels
    label: npt.NDArray[np.int32]  # [f] that label, as index into all labels; −1 without labels


def label_facts(
    image: npt.NDArray[np.int64], labels: Sequence[str], label_of: Callable[[int], str]
) -> LabelFacts:
    """Return how the labels of images [f, h] agree; an image is −1 where there is none.

    `labels` are all labels in their order and `label_of(row)` is an image's own. Of equally
    frequent labels the first in their order counts. Images without a label ("") are left out.
    """
    index = {name: number for number, name in enumerate(labels)}
    purity = np.full(len(image), np.nan, np.float32)
    entropy = np.full(len(image), np.nan, np.float32)
    label = np.full(len(image), -1, np.int32)
    for filter_, rows in enumerate(image):
        counts = Counter(label_of(row) for row in rows.tolist() if row >= 0)
        del counts[""]
        total = counts.total()
        if total == 0:
            continue
        common = min(counts, key=lambda name: (-counts[name], index[name]))
        shares = np.array(list(counts.values())) / total
        purity[filter_] = counts[common] / total
        entropy[filter_] = -(shares * np.log2(shares)).sum()
        label[filter_] = index[common]
    return LabelFacts(purity, entropy, label)
