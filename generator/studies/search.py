"""The nine images of each filter, by several weights of one network: one pass over the images."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from generator.compute.search.loop import content_keys, extent_of, label_keys, take_in
from generator.compute.search.state import SearchState
from generator.config import Settings
from generator.files import Arrays, read_arrays, write_arrays
from generator.images.sets.image_set import ImageSet
from generator.images.stream import stream
from generator.network.watched import WatchedNetwork

SAVE_EVERY = 20.0  # seconds between two records


def search(
    networks: Sequence[WatchedNetwork],
    images: ImageSet,
    settings: Settings,
    record: Path,
    report: Callable[[int, int], None],
) -> list[SearchState]:
    """Return what the search finds for each of the networks, which are shown each image in turn.

    It goes on where `record`, its own file, ends; `report` gets batches done and in all. Raises
    NetworkError as `passes` does.
    """
    extent = extent_of(settings, networks[0], images)
    keys_of = label_keys(images) if settings.one_per_label else content_keys
    found = [SearchState.empty(extent, network.device) for network in networks]
    known = read_arrays(record)
    before = _states(known[0], found) if known else [state.on_cpu() for state in found]
    todo = np.flatnonzero(~before[0].done).tolist()
    saved = time.monotonic()
    size, workers = networks[0].input_size, settings.workers
    for done, batch in enumerate(
        stream(images, size, settings.batch, workers, todo), extent.batches - len(todo) + 1
    ):
        for network, state in zip(networks, found, strict=True):
            for _ in take_in(network, state, [batch], keys_of, _silent, images.path):
                pass
        if time.monotonic() - saved > SAVE_EVERY:
            write_arrays(record, _arrays(_joined(before, found)))
            saved = time.monotonic()
        report(done, extent.batches)
    whole = _joined(before, found)
    write_arrays(record, _arrays(whole))
    return whole


def _joined(before: Sequence[SearchState], found: Sequence[SearchState]) -> list[SearchState]:
    return [SearchState.merge([old, new.on_cpu()]) for old, new in zip(before, found, strict=True)]


def _arrays(states: Sequence[SearchState]) -> Arrays:
    return {
        f"{number}/{name}": array
        for number, state in enumerate(states)
        for name, array in state.arrays().items()
    }


def _states(arrays: Arrays, like: Sequence[SearchState]) -> list[SearchState]:
    return [
        SearchState.of(
            {
                name.removeprefix(f"{number}/"): array
                for name, array in arrays.items()
                if name.startswith(f"{number}/")
            },
            state.extent,
        )
        for number, state in enumerate(like)
    ]


def _silent(_line: str) -> None:
    """Say nothing: the core's search has said what there is to say of memory."""
