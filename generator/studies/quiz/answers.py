"""What filters answer to every image: the strongest activation and its unit, in one pass."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from generator.compute.search.passes import passes
from generator.config import Settings
from generator.files import Arrays, read_arrays, write_arrays
from generator.images.sets.chosen import evenly
from generator.images.sets.image_set import ImageSet
from generator.images.stream import stream
from generator.network.watched import WatchedNetwork
from generator.progress import Progress

SAVE_EVERY = 20.0  # seconds between two records


@dataclass(frozen=True)
class Asked:
    """A network, and which filters of each of its layers are asked."""

    network: WatchedNetwork
    filters: tuple[npt.NDArray[np.int64], ...]

    @classmethod
    def some(cls, network: WatchedNetwork, most: int | None = None) -> Asked:
        """Ask all filters of each layer, or so many at even distances."""
        filters = (range(layer.filters) for layer in network.layers)
        return cls(network, tuple(np.array(evenly(each, most or len(each))) for each in filters))


@dataclass(frozen=True)
class Answers:
    """The answers of some filters of one layer. n: images, f: filters."""

    activation: npt.NDArray[np.float32]  # [n, f] strongest of the map; 0 where none is positive
    unit: npt.NDArray[np.int32]  # [n, f] where: row · columns of the map + column


@dataclass(frozen=True)
class Found:
    """What one pass over the images finds; its arrays are filled in place. n: images."""

    done: npt.NDArray[np.bool_]  # [batches]
    readable: npt.NDArray[np.bool_]  # [n]
    content: npt.NDArray[np.int64]  # [n] hash of the pixels
    layers: tuple[tuple[Answers, ...], ...]  # of each network that is asked

    @classmethod
    def empty(cls, asked: Sequence[Asked], images: int, batch: int) -> Found:
        """Return what is known before the first batch."""
        return cls(
            np.zeros(-(-images // batch), np.bool_),
            np.zeros(images, np.bool_),
            np.zeros(images, np.int64),
            tuple(
                tuple(
                    Answers(
                        np.zeros((images, len(filters)), np.float32),
                        np.zeros((images, len(filters)), np.int32),
                    )
                    for filters in each.filters
                )
                for each in asked
            ),
        )

    def arrays(self) -> Arrays:
        """Return everything by name, for a file."""
        found: Arrays = {"done": self.done, "readable": self.readable, "content": self.content}
        for number, layers in enumerate(self.layers):
            for layer, answers in enumerate(layers):
                for name, array in vars(answers).items():
                    found[f"{number}.{layer}.{name}"] = array
        return found


def answers(
    asked: Sequence[Asked],
    images: ImageSet,
    settings: Settings,
    record: Path,
    progress: Progress,
) -> Found:
    """Show each image once to each of the networks, which take inputs of one form.

    It goes on where `record`, its own file, ends. Raises NetworkError as `passes` does.
    """
    found = Found.empty(asked, len(images), settings.batch)
    known = read_arrays(record)
    for name, array in (known[0] if known else {}).items():
        found.arrays()[name][...] = array
    size, saved = asked[0].network.input_size, time.monotonic()
    todo = np.flatnonzero(~found.done).tolist()
    for batch in stream(images, size, settings.batch, settings.workers, todo):
        for each, layers in zip(asked, found.layers, strict=True):
            with each.network.watching(each.network.layers) as run:
                for passed in passes(each.network, run, [batch], _silent, images.path):
                    first = batch.first + passed.part.start
                    for answer, maps, of in zip(layers, passed.maps, each.filters, strict=True):
                        _take_in(answer, maps, of, first)
        filled = min(len(batch.pixels), len(images) - batch.first)
        there = slice(batch.first, batch.first + filled)
        found.readable[there] = batch.valid[:filled].numpy()
        found.content[there] = batch.content[:filled].numpy()
        found.done[batch.first // settings.batch] = True
        if time.monotonic() - saved > SAVE_EVERY:
            write_arrays(record, found.arrays())
            saved = time.monotonic()
        progress("quiz: images", int(found.done.sum()), len(found.done))
    for layer in (layer for layers in found.layers for layer in layers):
        layer.activation[~found.readable] = 0
    write_arrays(record, found.arrays())
    return found


def _take_in(answers: Answers, maps: Tensor, filters: npt.NDArray[np.int64], first: int) -> None:
    """Enter what filters [f] answer to images from `first` on, by maps [b, every filter, h, w]."""
    some = maps if len(filters) == maps.shape[1] else maps[:, torch.from_numpy(filters)]
    # Channels lie innermost in memory, so units are one axis; the first of equals is taken.
    value, index = some.permute(0, 2, 3, 1).flatten(1, 2).max(1)  # b f
    filled = max(min(len(maps), len(answers.activation) - first), 0)  # the last batch has a rest
    there = slice(first, first + filled)
    answers.activation[there] = value[:filled].clamp(min=0).cpu().numpy()
    answers.unit[there] = index[:filled].cpu().numpy()


def _silent(_line: str) -> None:
    """Say nothing: the core's search has said what there is to say of memory."""
