"""The search over some batches of an image set: recorded as it goes, taken up where it stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from generator.compute.findings import CPU, Extent, Findings
from generator.config import Settings
from generator.errors import NetworkError
from generator.images.image_set import ImageSet
from generator.images.stream import Batch, normalise, stream
from generator.network.probed import ProbedNetwork

Progress = Callable[[str, int, int], None]  # stage, done, of
Log = Callable[[str], None]
Run = Callable[[Tensor], list[Tensor]]  # images [b, 3, h, w] → maps [b, f, h, w] of each layer
SAVE_EVERY = 30.0  # seconds between two records of the search


def extent_of(settings: Settings, network: ProbedNetwork, images: ImageSet) -> Extent:
    """Return how much there is to search."""
    filters = tuple(layer.filters for layer in network.layers)
    return Extent(filters, len(images), settings.batch)


def survey(
    settings: Settings,
    network: ProbedNetwork,
    images: ImageSet,
    numbers: Sequence[int],
    save: Callable[[Findings], None],
    progress: Callable[[int], None],
    log: Log,
) -> Findings:
    """Search the batches of these numbers; return what was found in them, on the CPU.

    What was found so far is given to `save` at most every 30 s, and at the end; `progress` is told
    how many batches are done. Raises NetworkError, naming layer and image row, where an activation
    is not a number, and where memory does not suffice for a single image.
    """
    found = Findings.empty(extent_of(settings, network, images), network.device)
    if not numbers:
        return found.on(CPU)
    keys_of = label_keys(images) if settings.one_per_label else content_keys
    saved = time.monotonic()
    batches = stream(images, network.input_size, settings.batch, settings.workers, numbers)
    with torch.inference_mode(), network.watching(network.layers) as run:
        forward = Halving(
            lambda pixels: run(prepared(network, pixels)), log, network.at_once(network.layers)
        )
        for done, batch in enumerate(batches, start=1):
            _take_in(network, found, batch, keys_of(batch), forward)
            if time.monotonic() - saved > SAVE_EVERY:
                save(found)
                saved = time.monotonic()
            progress(done)
    save(found)
    return found.on(CPU)


def content_keys(batch: Batch) -> Tensor:
    """Return what may take one place only: each picture's pixels, [b] int64."""
    return batch.content


def label_keys(images: ImageSet) -> Callable[[Batch], Tensor]:
    """Return what gives each picture's label, [b] int64, or its pixels where it has no label.

    A picture that lies in two folders has two labels, so it may take two places.
    """
    numbers = {label: number for number, label in enumerate(images.labels())}

    def keys(batch: Batch) -> Tensor:
        result = batch.content | 1  # odd, so that it is no label's
        for slot, row in enumerate(range(batch.first, batch.first + len(result))):
            label = images.label(row) if batch.valid[slot] else ""
            if label:
                result[slot] = 2 * numbers[label]
        return result

    return keys


def prepared(network: ProbedNetwork, pixels: Tensor) -> Tensor:
    """Bring pictures [b, 4, h, w] uint8 to the network's device and into the form it expects."""
    images = normalise(pixels.to(network.device), network.mean, network.std)
    return images.contiguous(memory_format=torch.channels_last)


class Halving:
    """A forward pass in parts of `most` images, and of ever fewer once memory is short."""

    def __init__(self, run: Run, log: Log, most: int | None = None) -> None:
        self._run, self._log = run, log
        self._most = most  # images at a time; None: all
        self._told = False

    def __call__(self, images: Tensor) -> Iterator[tuple[slice, list[Tensor]]]:
        """Yield slices of the images [b, c, h, w] and the maps of those; NetworkError as above."""
        start = 0
        while start < len(images):
            part = slice(start, min(start + (self._most or len(images)), len(images)))
            maps = self._attempt(images[part])
            if maps is None:
                self._halve(part.stop - part.start)
                continue
            yield part, maps
            start = part.stop

    def _attempt(self, images: Tensor) -> list[Tensor] | None:
        try:
            return self._run(images)
        except torch.OutOfMemoryError:  # what it holds on to is free once this block is left
            return None

    def _halve(self, images: int) -> None:
        if images == 1:
            raise NetworkError(
                "the device has not enough memory for one image: free some, or use --device cpu"
            )
        if not self._told:
            self._told = True
            self._log(
                f"the device has not enough memory for {images} images at a time: going on in "
                f"parts (a smaller --batch would avoid the attempt)"
            )
        self._most = images // 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _take_in(
    network: ProbedNetwork, found: Findings, batch: Batch, keys: Tensor, forward: Halving
) -> None:
    """Add what one batch tells."""
    rows = torch.arange(batch.first, batch.first + len(batch.pixels))
    rank(network, found, batch.pixels, rows, batch.valid, keys, forward)
    last = min(batch.first + len(rows), found.extent.images)
    found.content[batch.first : last] = batch.content[: last - batch.first].numpy()
    unread = np.flatnonzero(~batch.valid[: last - batch.first].numpy()) + batch.first
    found.skipped.update(zip(unread.tolist(), batch.skipped, strict=True))
    found.done[batch.first // found.extent.batch] = True


def rank(
    network: ProbedNetwork,
    found: Findings,
    images: Tensor,
    rows: Tensor,
    valid: Tensor,
    keys: Tensor,
    forward: Halving,
) -> None:
    """Let images [b, c, h, w], in the form that `forward` takes, compete in every layer.

    `rows`, `valid` and `keys` [b] are as `LayerFindings.update` wants them.
    """
    on_device = [part.to(network.device) for part in (rows, valid, keys)]
    for part, maps in forward(images):
        for layer, state, activations in zip(network.layers, found.layers, maps, strict=True):
            try:
                state.update(activations, *(each[part] for each in on_device))
            except ValueError as problem:
                raise NetworkError(f"{layer.name} of {network.name}: {problem}") from problem
