"""The search over a whole image set: recorded as it goes, taken up where it stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from generator.atlas.schema import SkippedFile
from generator.compute.census import Census, hundredth
from generator.compute.journal import Journal
from generator.compute.search import TopNine, peaks_of
from generator.config import Settings
from generator.errors import NetworkError
from generator.images.folder import Listing
from generator.images.stream import normalise, stream
from generator.network.probed import ProbedLayer, ProbedNetwork, watching

Progress = Callable[[str, int, int], None]  # stage, done, of
SAVE_EVERY = 30.0  # seconds between two records of the search


@dataclass(frozen=True)
class LayerSurvey:
    """What was found in one layer so far."""

    nine: TopNine
    census: Census

    def update(self, maps: Tensor, images: Tensor, valid: Tensor) -> None:
        """Take in a batch; arguments and errors are those of `search.peaks_of`."""
        peaks = peaks_of(maps, images, valid)
        self.nine.update(maps, peaks, images)
        self.census.update(peaks, images)

    def tensors(self) -> dict[str, Tensor]:
        """Return the state by name, for a journal."""
        return {
            f"{part}.{field.name}": getattr(state, field.name)
            for part, state in (("nine", self.nine), ("census", self.census))
            for field in fields(state)
        }

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor], device: torch.device) -> LayerSurvey:
        """Return the state that `tensors` gave, on a device."""
        parts: dict[str, dict[str, Tensor]] = {"nine": {}, "census": {}}
        for name, tensor in tensors.items():
            part, field = name.split(".")
            parts[part][field] = tensor.to(device)
        return cls(TopNine(**parts["nine"]), Census(**parts["census"]))


@dataclass(frozen=True)
class Survey:
    """What was found over a whole listing."""

    layers: list[LayerSurvey]  # on the CPU
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
    size = hundredth(len(listing))
    found = [
        LayerSurvey(
            TopNine.empty(layer.filters, torch.float32, device),
            Census.empty(layer.filters, size, torch.float32, device),
        )
        for layer in layers
    ]
    skipped: list[SkippedFile] = []
    done = 0
    recorded = journal.load_search()
    if recorded is not None:
        tensors, done, skipped = recorded
        found = [
            LayerSurvey.of(
                {
                    key.removeprefix(f"{layer.name}."): tensor
                    for key, tensor in tensors.items()
                    if key.startswith(f"{layer.name}.")
                },
                device,
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
            for layer, state, activations in zip(layers, found, maps, strict=True):
                try:
                    state.update(activations, rows, batch.valid.to(device))
                except ValueError as problem:
                    raise NetworkError(f"{layer.name} of {network.name}: {problem}") from problem
            skipped += batch.skipped
            done += 1
            if time.monotonic() - saved > SAVE_EVERY:
                journal.save_search(_named(layers, found), done, skipped)
                saved = time.monotonic()
            progress("search", min(done * settings.batch, len(listing)), len(listing))
    if done > first:
        journal.save_search(_named(layers, found), done, skipped)
    searched = min(done * settings.batch, len(listing)) - min(first * settings.batch, len(listing))
    return Survey(
        layers=[LayerSurvey.of(state.tensors(), torch.device("cpu")) for state in found],
        images=len(listing) - len(skipped),
        skipped=skipped,
        searched=searched,
        seconds=time.monotonic() - started,
    )


def _named(layers: tuple[ProbedLayer, ...], found: list[LayerSurvey]) -> dict[str, Tensor]:
    return {
        f"{layer.name}.{name}": tensor
        for layer, state in zip(layers, found, strict=True)
        for name, tensor in state.tensors().items()
    }
