"""The state of a search over some of the batches; states of several searches can be joined."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from generator.atlas.schema import SkippedFile
from generator.compute.search.statistics import ActivationStatistics, hundredth
from generator.compute.search.topk import TopK
from generator.files import Arrays
from generator.images.remarks import counts_of

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Extent:
    """How much there is to search; search states of one extent can be joined."""

    filters: tuple[int, ...]  # of each layer
    images: int
    batch: int

    @property
    def batches(self) -> int:
        """Return how many batches there are."""
        return -(-self.images // self.batch)

    def images_in(self, done: npt.NDArray[np.bool_]) -> int:
        """Return how many images lie in the batches [batches] that are done."""
        return int(self.rows_in(done).sum())

    def rows_in(self, done: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Return [images] whether each image lies in one of the batches [batches] that are done."""
        return np.repeat(done, self.batch)[: self.images]


@dataclass(frozen=True)
class LayerState:
    """The top-k and the activation statistics of one layer so far."""

    nine: TopK
    statistics: ActivationStatistics

    def update(self, maps: Tensor, peaks: Tensor, images: Tensor, keys: Tensor) -> None:
        """Add images; the arguments are those of `TopK.update`."""
        self.nine.update(maps, peaks, images, keys)
        self.statistics.update(peaks, images)


@dataclass(frozen=True)
class SearchState:
    """The results of the batches that are done. A search changes the arrays in place."""

    extent: Extent
    layers: list[LayerState]
    done: npt.NDArray[np.bool_]  # [batches]
    content: npt.NDArray[np.int64]  # [images] hash of the pixels; 0 where unread
    skipped: dict[int, SkippedFile]  # by row
    remarks: npt.NDArray[np.int64]  # [kinds] how many images were remarked on, see `Remark`

    @classmethod
    def empty(cls, extent: Extent, device: torch.device = CPU) -> SearchState:
        """Return the state before the first batch."""
        size = hundredth(extent.images)
        return cls(
            extent,
            [
                LayerState(
                    TopK.empty(filters, torch.float32, device),
                    ActivationStatistics.empty(filters, size, torch.float32, device),
                )
                for filters in extent.filters
            ],
            np.zeros(extent.batches, np.bool_),
            np.zeros(extent.images, np.int64),
            {},
            counts_of(),
        )

    @property
    def readable(self) -> int:
        """Return how many images of the batches done could be read."""
        return self.extent.images_in(self.done) - len(self.skipped)

    @property
    def duplicates(self) -> int:
        """Return how many of them have exactly the pixels of an image at a lower row.

        Pixels are compared by a hash of 64 bits: among a million different pictures two have the
        same with a chance of about one in 4 · 10⁷.
        """
        rows = self.extent.rows_in(self.done)
        rows[list(self.skipped)] = False
        content = self.content[rows]
        return len(content) - len(np.unique(content))

    @classmethod
    def merge(cls, states: Sequence[SearchState]) -> SearchState:
        """Join one or more search states over disjoint sets of batches, in any order."""
        return cls(
            states[0].extent,
            [
                LayerState(
                    TopK.merge([layer.nine for layer in layers]),
                    ActivationStatistics.merge([layer.statistics for layer in layers]),
                )
                for layers in zip(*(each.layers for each in states), strict=True)
            ],
            np.logical_or.reduce([each.done for each in states]),
            np.bitwise_or.reduce([each.content for each in states]),  # each row is filled by one
            dict(sorted(item for each in states for item in each.skipped.items())),
            np.sum([each.remarks for each in states], 0),
        )

    def on_cpu(self) -> SearchState:
        """Return a copy on the CPU."""
        return SearchState.of(self.arrays(), self.extent)

    def arrays(self) -> Arrays:
        """Return everything by name, for a file."""
        skipped = [(row, file.model_dump()) for row, file in sorted(self.skipped.items())]
        arrays: Arrays = {
            "done": self.done.copy(),
            "content": self.content[self.extent.rows_in(self.done)],
            "remarks": self.remarks.copy(),
            "skipped": np.frombuffer(json.dumps(skipped).encode(), np.uint8),
        }
        for number, layer in enumerate(self.layers):
            layer.statistics.settle()
            for name, tensor in _tensors(layer):
                arrays[f"{number}.{name}"] = tensor.cpu().numpy()
        return arrays

    @classmethod
    def of(cls, arrays: Arrays, extent: Extent) -> SearchState:
        """Return the search state, on the CPU, whose `arrays()` these are."""
        found = cls.empty(extent)
        found.done[:] = arrays["done"]
        found.content[extent.rows_in(found.done)] = arrays["content"]
        for number, layer in enumerate(found.layers):
            for name, tensor in _tensors(layer):
                tensor.copy_(torch.from_numpy(arrays[f"{number}.{name}"]))
        for row, record in json.loads(arrays["skipped"].tobytes()):
            found.skipped[row] = SkippedFile(**record)
        found.remarks[:] = arrays["remarks"]
        return found


def _tensors(layer: LayerState) -> list[tuple[str, Tensor]]:
    return [
        (f"{state}.{name}", tensor)
        for state, facts in vars(layer).items()
        for name, tensor in vars(facts).items()
        if not name.startswith("_")
    ]
