"""The search over some batches of an image set, which records its state as it goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from generator.compute.search.passes import Log, passes
from generator.compute.search.state import Extent, SearchState
from generator.config import Settings
from generator.images.sets.image_set import ImageSet
from generator.images.stream import Batch, stream
from generator.memory import give_back
from generator.network.watched import WatchedNetwork

Keys = Callable[[Batch], Tensor]  # of images of which one may take a place, [b] int64
SAVE_EVERY = 30.0  # seconds between two records of the search
GIVE_BACK_EVERY = 16  # batches


def extent_of(settings: Settings, network: WatchedNetwork, images: ImageSet) -> Extent:
    """Return how much there is to search."""
    filters = tuple(layer.filters for layer in network.layers)
    return Extent(filters, len(images), settings.batch)


def search_batches(
    settings: Settings,
    network: WatchedNetwork,
    images: ImageSet,
    numbers: Sequence[int],
    save: Callable[[SearchState], None],
    progress: Callable[[int], None],
    log: Log,
) -> SearchState:
    """Search the batches of these numbers; return their search state, on the CPU.

    Calls `save` with the state so far, at most every 30 s and at the end, and `progress` with the
    number of batches done. Raises NetworkError as `passes` does.
    """
    found = SearchState.empty(extent_of(settings, network, images), network.device)
    if not numbers:
        return found.on_cpu()
    keys_of = label_keys(images) if settings.one_per_label else content_keys
    saved = time.monotonic()
    batches = stream(images, network.input_size, settings.batch, settings.workers, numbers)
    for done in take_in(network, found, batches, keys_of, log, images.path):
        if time.monotonic() - saved > SAVE_EVERY:
            save(found)
            saved = time.monotonic()
        if done % GIVE_BACK_EVERY == 0:
            give_back()
        progress(done)
    save(found)
    return found.on_cpu()


def take_in(
    network: WatchedNetwork,
    found: SearchState,
    batches: Iterable[Batch],
    keys_of: Keys,
    log: Log,
    name_of: Callable[[int], str] = "image {}".format,
) -> Iterator[int]:
    """Add batches to `found`; after each yield how many are done. Raises as `passes` does."""
    done = 0
    with torch.no_grad(), network.watching(network.layers) as run:
        for passed in passes(network, run, batches, log, name_of):
            if passed.part.start == 0:
                keys = keys_of(passed.batch)
            rows, own = passed.batch.rows[passed.part], keys[passed.part]
            for state, maps, peaks in zip(found.layers, passed.maps, passed.peaks, strict=True):
                state.update(maps, peaks, rows.to(maps.device), own.to(maps.device))
            if passed.last:
                _enter(found, passed.batch)
                done += 1
                yield done


def content_keys(batch: Batch) -> Tensor:
    """Return a hash of each picture's pixels, [b] int64."""
    return batch.content


def label_keys(images: ImageSet) -> Keys:
    """Return a function for keys: a picture's label, or its pixels where it has no label.

    A picture that lies in two folders has two labels, so it may take two places.
    """
    numbers = {label: number for number, label in enumerate(images.labels())}

    def keys(batch: Batch) -> Tensor:
        result = batch.content | 1  # odd, so that it is no label's
        for slot, row in enumerate(batch.rows.tolist()):
            label = images.label(row) if batch.valid[slot] else ""
            if label:
                result[slot] = 2 * numbers[label]
        return result

    return keys


def _enter(found: SearchState, batch: Batch) -> None:
    """Record that a batch is done, the contents of its images and the files skipped."""
    last = min(batch.first + len(batch.pixels), found.extent.images)
    found.content[batch.first : last] = batch.content[: last - batch.first].numpy()
    unread = np.flatnonzero(~batch.valid[: last - batch.first].numpy()) + batch.first
    found.skipped.update(zip(unread.tolist(), batch.skipped, strict=True))
    found.remarks[:] += batch.remarks
    found.done[batch.first // found.extent.batch] = True
