"""How fast the search is beside the network's bare forward pass."""

from __future__ import annotations

import copy
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from generator.bench.figures import Figure
from generator.compute.search.loop import content_keys, extent_of, search_batches, take_in
from generator.compute.search.passes import prepared
from generator.compute.search.state import SearchState
from generator.config import Settings
from generator.errors import ConfigError
from generator.images.sets.image_set import ImageSet
from generator.images.stream import Batch, stream
from generator.network.watched import WatchedNetwork, hooked

ROUNDS = 3
MOST = 640  # images of a round


@dataclass(frozen=True)
class Clock:
    """Tells when work on a device is done."""

    device: torch.device

    def seconds(self, work: Callable[[], object]) -> float:
        """Return how long `work` takes."""
        self._wait()
        started = time.perf_counter()
        work()
        self._wait()
        return time.perf_counter() - started

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def measure_search(settings: Settings, network: WatchedNetwork, images: ImageSet) -> list[Figure]:
    """Time the search from files, the search in memory and the bare pass, in turns.

    The bare pass is the network as it came, run by its own `forward` to the last watched layer on
    batches that lie in memory.
    """
    clock = Clock(network.device)
    numbers = range(min(MOST, len(images)) // settings.batch)
    if len(numbers) < 2:
        raise ConfigError(
            f"the bench needs two batches, {2 * settings.batch} images: name more with --images, "
            "or a smaller --batch"
        )
    loaded = list(stream(images, network.input_size, settings.batch, settings.workers, numbers))
    half = len(loaded) // 2
    inputs = [prepared(network, batch.pixels) for batch in loaded[half:]]
    plain = channels_last(network.model)
    filled = SearchState.empty(extent_of(settings, network, images), network.device)
    _search(network, filled, loaded[:half])
    taken = dict.fromkeys(("bare", "memory", "files"), 0.0)
    for _ in range(ROUNDS):
        found = copy.deepcopy(filled)  # nines that are full, as for most of a long search
        taken["bare"] += clock.seconds(lambda: _bare(plain, network, inputs))
        taken["memory"] += clock.seconds(partial(_search, network, found, loaded[half:]))
        taken["files"] += clock.seconds(lambda: _from_files(settings, network, images, numbers))
    searched = ROUNDS * len(numbers) * settings.batch
    bare = taken["bare"] / (len(loaded) - half)  # seconds for a batch of every round
    files = taken["files"] / len(loaded)
    return [
        Figure(
            "search",
            "images per second from JPEG files to the top nine of every layer ÷ bare forward pass",
            bare / files,
            0.9,
        ),
        Figure(
            "ranking",
            "time of the search on batches in memory ÷ bare forward pass",
            taken["memory"] / taken["bare"],
            1.05,
            "at most",
        ),
        Figure("images", "searched from files", searched / taken["files"], None, unit="/s"),
    ]


def channels_last(model: nn.Module) -> nn.Module:
    """Return a copy of a network as PyTorch runs it fastest without further means."""
    copied = copy.deepcopy(model)
    return copied.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def _bare(plain: nn.Module, network: WatchedNetwork, batches: Sequence[Tensor]) -> None:
    """Run the network as it came to the last layer."""
    with torch.inference_mode(), hooked(plain, network.layers[-1:]) as run:
        for batch in batches:
            run(batch)


def _search(network: WatchedNetwork, found: SearchState, batches: Sequence[Batch]) -> None:
    """Search batches that lie in memory."""
    deque(take_in(network, found, batches, content_keys, _silent), maxlen=0)


def _from_files(
    settings: Settings, network: WatchedNetwork, images: ImageSet, numbers: Sequence[int]
) -> None:
    """Search these batches as `compute` does."""
    search_batches(settings, network, images, numbers, _silent, _silent, _silent)


def _silent(_: object) -> None:
    """Take progress, records and remarks, and do nothing."""
