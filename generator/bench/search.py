"""How fast the search is beside the network's bare forward pass."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from generator.bench.figures import Figure, in_turns
from generator.compute.search.loop import content_keys, extent_of, search_batches, take_in
from generator.compute.search.passes import prepared
from generator.compute.search.state import SearchState
from generator.config import Settings
from generator.errors import ConfigError
from generator.images.sets.image_set import ImageSet
from generator.images.stream import Batch, stream
from generator.network.watched import WatchedLayer, WatchedNetwork, hooked

TURNS = 5
MOST = 640  # images of a turn


def measure_search(settings: Settings, network: WatchedNetwork, images: ImageSet) -> list[Figure]:
    """Time the bare pass, the search in memory and the search from files, in turns.

    The bare pass is the network as it came, run by its own `forward` to the last watched layer on
    batches that lie in memory.
    """
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
    search(network, filled, loaded[:half])
    ways = (
        lambda: bare(plain, network.layers[-1], inputs),
        # Into nines that are full, as for most of a long search.
        lambda: search(network, copy.deepcopy(filled), loaded[half:]),
        lambda: search_batches(settings, network, images, numbers, _silent, _silent, _silent),
    )
    bare_pass, memory, files = in_turns(ways, TURNS).T
    batches = len(loaded)
    return [
        Figure.of_turns(
            "search",
            "images per second from JPEG files to the top nine of every layer ÷ bare forward pass",
            (bare_pass / (batches - half)) / (files / batches),
            0.9,
        ),
        Figure.of_turns(
            "ranking",
            "time of the search on batches in memory ÷ bare forward pass",
            memory / bare_pass,
            1.05,
            "at most",
        ),
        Figure.of_turns(
            "images", "searched from files", batches * settings.batch / files, None, unit="/s"
        ),
    ]


def channels_last(model: nn.Module) -> nn.Module:
    """Return a copy of a network as PyTorch runs it fastest without further means."""
    copied = copy.deepcopy(model)
    return copied.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def bare(plain: nn.Module, layer: WatchedLayer, batches: Sequence[Tensor]) -> None:
    """Run the network as it came to this layer."""
    with torch.inference_mode(), hooked(plain, [layer]) as run:
        for batch in batches:
            run(batch)


def search(network: WatchedNetwork, found: SearchState, batches: Sequence[Batch]) -> None:
    """Search batches that lie in memory."""
    deque(take_in(network, found, batches, content_keys, _silent), maxlen=0)


def _silent(_: object) -> None:
    """Take progress, records and remarks, and do nothing."""
