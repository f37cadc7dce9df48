"""What the whole image set does to each filter: how often, how strongly, and under which labels.

Memory does not grow with the number of images: activations are counted in fixed bins, and of the
strongest hundredth part at most a thousand images are remembered.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from generator.atlas.bins import BINS, inner_edges
from generator.atlas.schema import PLACES

MOST = 1_000  # images of the strongest hundredth that are remembered


def hundredth(images: int) -> int:
    """Return how many images the strongest hundredth part of so many has: nine at least."""
    return min(max(math.ceil(images / 100), PLACES), MOST)


@dataclass
class Census:
    """What was counted so far. f: filters, h: the size of the strongest hundredth.

    An empty place of the hundredth has value 0 and image −1.
    """

    histogram: Tensor  # [f, BINS] int64: images by their largest activation, where it is positive
    strongest: Tensor  # [f, h] float, falling
    image: Tensor  # [f, h] int64

    @classmethod
    def empty(cls, filters: int, size: int, dtype: torch.dtype, device: torch.device) -> Census:
        """Return a census of no image, whose strongest hundredth will have `size` images."""
        return cls(
            histogram=torch.zeros(filters, BINS, dtype=torch.int64, device=device),
            strongest=torch.zeros(filters, size, dtype=dtype, device=device),
            image=torch.full((filters, size), -1, device=device),
        )

    def update(self, peaks: Tensor, images: Tensor) -> None:
        """Count a batch: `peaks` [b, f] as `search.peaks_of` gives them, `images` [b] rising."""
        self._count(peaks)
        entering = peaks > self.strongest[:, -1]  # b f
        filters = entering.any(0).nonzero().squeeze(1)  # k
        if len(filters) == 0:
            return
        values = (peaks * entering)[:, filters].T  # k b
        pool = torch.cat([self.strongest[filters], values], dim=1)  # k h+b
        rows = torch.cat([self.image[filters], images.expand(len(filters), -1)], dim=1)
        # Stable: equal values keep their order, which is the order of images.
        ranked, order = pool.sort(dim=1, descending=True, stable=True)
        size = self.strongest.shape[1]
        ranked = ranked[:, :size]
        self.strongest[filters] = ranked
        self.image[filters] = rows.gather(1, order[:, :size]).masked_fill(ranked <= 0, -1)

    def _count(self, peaks: Tensor) -> None:
        """Put the positive ones of `peaks` [b, f] into their bins."""
        bins = torch.bucketize(peaks, _inner_edges(peaks.device, peaks.dtype), right=True)
        bins += torch.arange(len(self.histogram), device=peaks.device) * BINS
        counted = torch.bincount(bins[peaks > 0], minlength=self.histogram.numel())
        self.histogram += counted.view_as(self.histogram)


@cache
def _inner_edges(device: torch.device, dtype: torch.dtype) -> Tensor:
    return torch.from_numpy(inner_edges()).to(device, dtype)


@dataclass(frozen=True)
class LabelFacts:
    """How the labels of each filter's strongest hundredth agree."""

    purity: npt.NDArray[np.float32]  # [f] share of the most frequent label; NaN without labels
    entropy: npt.NDArray[np.float32]  # [f] bits; NaN without labels
    label: npt.NDArray[np.int32]  # [f] that label, as index into all labels; −1 without labels


def label_facts(image: npt.NDArray[np.int64], labels: Sequence[str]) -> LabelFacts:
    """Weigh the labels of images [f, h], −1 where there is none; `labels` are those of all rows.

    Of equally frequent labels the first in their order counts. Images without a label ("") are
    left out.
    """
    index = {label: number for number, label in enumerate(sorted(set(labels) - {""}))}
    purity = np.full(len(image), np.nan, np.float32)
    entropy = np.full(len(image), np.nan, np.float32)
    label = np.full(len(image), -1, np.int32)
    for filter_, rows in enumerate(image):
        counts = Counter(labels[row] for row in rows.tolist() if row >= 0 and labels[row])
        total = counts.total()
        if total == 0:
            continue
        common = min(counts, key=lambda name: (-counts[name], index[name]))
        shares = np.array(list(counts.values())) / total
        purity[filter_] = counts[common] / total
        entropy[filter_] = -(shares * np.log2(shares)).sum()
        label[filter_] = index[common]
    return LabelFacts(purity, entropy, label)
