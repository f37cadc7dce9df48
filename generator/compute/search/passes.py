"""Forward passes over a stream of batches, as many images at a time as is fast and fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from generator.compute.run.threads import side_by_side
from generator.compute.search.topk import NotANumberError, peaks_of
from generator.errors import NetworkError
from generator.images.stream import Batch, normalise
from generator.network.watched import WatchedNetwork

Log = Callable[[str], None]
Run = Callable[[Tensor], list[Tensor]]  # images [b, c, h, w] → maps [b, f, h, w] of each layer


@dataclass(frozen=True)
class Pass:
    """Some of a batch's images, and the activations of the watched layers."""

    batch: Batch
    part: slice  # of the batch
    maps: list[Tensor]  # [n, f, h, w] of each layer
    peaks: list[Tensor]  # [n, f] of each layer, see `peaks_of`

    @property
    def last(self) -> bool:
        """Say whether these are the last images of the batch."""
        return bool(self.part.stop == len(self.batch.pixels))


def passes(
    network: WatchedNetwork,
    run: Run,
    batches: Iterable[Batch],
    log: Log,
    name_of: Callable[[int], str] = "image {}".format,
) -> Iterator[Pass]:
    """Yield the passes of all batches in their order; `run` comes from `network.watching`.

    Raises NetworkError where an activation is not a number (it names the layer, and the image as
    `name_of` does by its row), and where memory does not suffice for a single image.
    """

    def ready(pixels: Tensor) -> list[Tensor]:
        return run(prepared(network, pixels))

    most = network.at_once(network.layers)
    if most is None:
        forward = Halving(ready, log)
        for batch in batches:
            for part, maps in forward(batch.pixels):
                yield _passed(network, batch, part, maps, name_of)
        return

    def parts() -> Iterator[tuple[Batch, slice]]:
        for batch in batches:
            size = len(batch.pixels)
            yield from ((batch, slice(at, min(at + most, size))) for at in range(0, size, most))

    def go(task: tuple[Batch, slice]) -> Pass:
        batch, part = task
        with torch.inference_mode():
            return _passed(network, batch, part, ready(batch.pixels[part]), name_of)

    with side_by_side(network.device) as threads:
        yield from threads.map(go, parts())


def prepared(network: WatchedNetwork, pixels: Tensor) -> Tensor:
    """Bring pictures [b, 4, h, w] uint8 to the network's device and into the form it expects."""
    images = normalise(pixels.to(network.device), network.mean, network.std)
    return images.contiguous(memory_format=torch.channels_last)


def _passed(
    network: WatchedNetwork,
    batch: Batch,
    part: slice,
    maps: list[Tensor],
    name_of: Callable[[int], str],
) -> Pass:
    rows, valid = batch.rows[part].to(network.device), batch.valid[part].to(network.device)
    peaks = []
    for layer, activations in zip(network.layers, maps, strict=True):
        try:
            peaks.append(peaks_of(activations, rows, valid))
        except NotANumberError as problem:
            raise NetworkError(
                f"{layer.name} of {network.name}: {name_of(problem.row)} has an activation that is "
                "not a number; leave that picture out"
            ) from problem
    return Pass(batch, part, maps, peaks)


class Halving:
    """A forward pass over all images at a time, or over fewer once memory is short."""

    def __init__(self, run: Run, log: Log) -> None:
        self._run, self._log = run, log
        self._most: int | None = None  # images at a time

    def __call__(self, images: Tensor) -> Iterator[tuple[slice, list[Tensor]]]:
        """Yield slices of the images [b, c, h, w] and their maps; may raise NetworkError."""
        start = 0
        while start < len(images):
            part = slice(start, min(start + (self._most or len(images)), len(images)))
            try:
                maps = self._run(images[part])
            except torch.OutOfMemoryError:  # its frames keep tensors until this block is left
                maps = None
            if maps is None:
                self._halve(part.stop - part.start)
                continue
            yield part, maps
            start = part.stop

    def _halve(self, images: int) -> None:
        if images == 1:
            raise NetworkError(
                "the device has not enough memory for one image: free some, or use --device cpu"
            )
        if self._most is None:
            self._log(
                f"the device has not enough memory for {images} images at a time: going on in "
                f"parts (a smaller --batch would avoid the attempt)"
            )
        self._most = images // 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
