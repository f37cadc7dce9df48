"""The search over a whole image set: recorded as it goes, taken up where it stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from generator.atlas.schema import SkippedFile
from generator.compute.journal import Journal
from generator.compute.search import TopNine
from generator.config import Settings
from generator.errors import NetworkError
from generator.images.folder import Listing
from generator.images.stream import normalise, stream
from generator.network.probed import ProbedLayer, ProbedNetwork, watching

Progress = Callable[[str, int, int], None]  # stage, done, of
SAVE_EVERY = 30.0  # seconds between two records of the search


@dataclass(frozen=True)
class Survey:
    """The top nine of each layer over a whole listing."""

    best: list[TopNine]  # one per layer, on the CPU
    images: int  # readable ones
    skipped: list[SkippedFile]
    searched: int  # images looked at by this run
    seconds: float


def survey(
    settings: Settings,
    network: ProbedNetwork,
    layers: tuple[ProbedLayer, ...],
    listing: Listing,
    journal: Journal,
    progress: Progress,
) -> Survey:
    """Search a whole listing, from where the journal says that the last run stopped.

    Raises NetworkError, naming layer and image row, where an activation is not a number.
    """
    device = network.device
    best = [TopNine.empty(layer.filters, torch.float32, device) for layer in layers]
    skipped: list[SkippedFile] = []
    done = 0
    recorded = journal.load_search()
    if recorded is not None:
        tensors, done, skipped = recorded
        best = [
            TopNine(
                **{
                    key.removeprefix(f"{layer.name}."): tensor.to(device)
                    for key, tensor in tensors.items()
                    if key.startswith(f"{layer.name}.")
                }
            )
            for layer in layers
        ]
    started = saved = time.monotonic()
    first = done
    batches = stream(listing, network.input_size, settings.batch, settings.workers, start=done)
    with (
        torch.inference_mode(),
        watching(network.model, [layer.module for layer in layers]) as run,
    ):
        for batch in batches:
            pixels = batch.pixels.to(device)
            images = normalise(pixels, network.mean, network.std)
            maps = run(images.contiguous(memory_format=torch.channels_last))
            rows = torch.arange(batch.first, batch.first + len(pixels), device=device)
            for layer, top, activations in zip(layers, best, maps, strict=True):
                try:
                    top.update(activations, rows, batch.valid.to(device))
                except ValueError as problem:
                    raise NetworkError(f"{layer.name} of {network.name}: {problem}") from problem
            skipped += batch.skipped
            done += 1
            if time.monotonic() - saved > SAVE_EVERY:
                journal.save_search(_named(layers, best), done, skipped)
                saved = time.monotonic()
            progress("search", min(done * settings.batch, len(listing)), len(listing))
    if done > first:
        journal.save_search(_named(layers, best), done, skipped)
    searched = min(done * settings.batch, len(listing)) - min(first * settings.batch, len(listing))
    return Survey(
        best=[
            TopNine(**{name: tensor.cpu() for name, tensor in top.tensors().items()})
            for top in best
        ],
        images=len(listing) - len(skipped),
        skipped=skipped,
        searched=searched,
        seconds=time.monotonic() - started,
    )


def _named(layers: tuple[ProbedLayer, ...], best: list[TopNine]) -> dict[str, Tensor]:
    return {
        f"{layer.name}.{name}": tensor
        for layer, top in zip(layers, best, strict=True)
        for name, tensor in top.tensors().items()
    }
