"""How long a person waits for a gallery, and each stage of a network of another shape."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from generator.atlas.schema import PLACES
from generator.bench.figures import Figure, in_turns, seconds
from generator.bench.reconstruction import places_of, plainly
from generator.bench.search import bare, channels_last, search
from generator.compute.project.contact_sheets import reconstruct_places
from generator.compute.search.loop import extent_of
from generator.compute.search.passes import prepared
from generator.compute.search.state import SearchState
from generator.compute.stimuli.draw import colours, gratings
from generator.compute.stimuli.forms import forms
from generator.compute.stimuli.run import measure_layer, stage
from generator.config import Settings
from generator.images.sets.image_set import ImageSet
from generator.images.stream import stream
from generator.network.watched import WatchedLayer, WatchedNetwork

SAMPLE = 331  # photographs of a build, as many as the fetched sample has where there is no more
AS_FAST = 6  # times the plain way to reconstruct, see `measure_reconstruction`
PER_FILTER = 0.01  # seconds for the files and the page of a filter
FEW = 8  # images, and units of a layer, that stand for all
OTHER = Settings(network="torchvision:squeezenet1_1:random", filters=32)
TURNS = 3

Work = Callable[[], object]


def measure_build(
    settings: Settings, network: WatchedNetwork, images: Tensor, spec: str, folder: Path
) -> list[Figure]:
    """Time the whole command `build` on the images of `spec`, and before and after it its work.

    `images` [n, 3, h, w] are some of them, normalised.
    """
    given = settings.model_dump(
        include={"network", "weights", "device", "batch", "workers", "filters"}
    )
    given |= {"layers": ",".join(settings.layers) or None, "images": spec}
    given |= {"atlas": folder / "atlas", "site": folder / "site"}
    flags = [f"--{name}={value}" for name, value in given.items() if value is not None]
    command = [sys.executable, "-m", "generator", "build", *flags]
    before = _least(network, images)
    took = seconds(lambda: subprocess.run(command, check=True, capture_output=True))
    least = np.array([before, _least(network, images)])
    return [
        Figure.of_turns(
            "build",
            f"seconds of the whole command on {SAMPLE} photographs ÷ forward passes of images and "
            f"stimuli, a {AS_FAST}th of the plain way to reconstruct, and 10 ms a filter",
            took / least,
            1.5,
            "at most",
        ),
        Figure.of_turns(
            "wait",
            "for that command",
            took * least / least.mean(),
            90 if settings.network == "zfnet" else None,
            "at most",
            " s",
        ),
    ]


def _least(network: WatchedNetwork, images: Tensor) -> float:
    """Return the seconds of the work that a build cannot do without."""
    plain, images = channels_last(network.model), images[: 4 * FEW]
    least = _each(partial(bare, plain, network.layers[-1], [images]), len(images)) * SAMPLE
    for layer in network.layers:
        pictures, count = _stimuli(network, layer)
        # The network with its weights and with random ones.
        least += 2 * count * _each(partial(bare, plain, layer, [pictures]), len(pictures))
        places = places_of(network, layer, images[:FEW], FEW)
        one = _each(partial(plainly, plain, network, layer, places, images), len(places.rows))
        least += PLACES * layer.filters * one / AS_FAST + PER_FILTER * layer.filters
    return least


def _each(work: Work, count: int) -> float:
    work()
    return seconds(work) / max(1, count)


def _stimuli(network: WatchedNetwork, layer: WatchedLayer) -> tuple[Tensor, int]:
    """Return some stimuli of a layer [n, 3, side, side], and the number of all."""
    side = stage(layer, network.input_size).side
    drawn = forms(side)
    pictures = torch.from_numpy(drawn.draw(np.arange(0, len(drawn), len(drawn) // 64)))
    mean, std = (torch.tensor(part)[:, None, None] for part in (network.mean, network.std))
    ready = ((pictures - mean) / std).to(network.device)
    count = len(gratings(side)) + len(colours(side)) + len(drawn)
    return ready.contiguous(memory_format=torch.channels_last), count


def measure_stages(
    settings: Settings, network: WatchedNetwork, images: ImageSet, inputs: Tensor
) -> list[Figure]:
    """Time each stage of a network beside its forward pass over what the stage runs through it.

    `inputs` [n, 3, h, w] are some of the images, normalised.
    """
    plain = channels_last(network.model)
    batches = list(stream(images, network.input_size, settings.batch, settings.workers, range(4)))
    ready = [prepared(network, batch.pixels) for batch in batches]
    extent = extent_of(settings, network, images)
    figures = []

    def compare(stage: str, *pairs: tuple[Work, Work, float]) -> None:
        """Add a stage's figure: parts of it, each with a forward pass and how often that counts."""
        taken = np.zeros((TURNS, 2))
        for way, forward, times in pairs:
            taken += in_turns((way, forward), TURNS, warm_up=True) * (1, times)
        figures.append(
            Figure.of_turns(
                f"{network.name}, {stage}",
                "time of the stage ÷ forward pass",
                taken[:, 0] / taken[:, 1],
                3.0,
                "at most",
            )
        )

    compare(
        "search",
        (
            lambda: search(network, SearchState.empty(extent, network.device), batches),
            partial(bare, plain, network.layers[-1], ready),
            1,
        ),
    )
    stimuli, reconstructions = [], []
    for layer in network.layers:
        pictures, count = _stimuli(network, layer)
        shown = partial(measure_layer, network, layer, lambda _stage, _done, _of: None)
        forward = partial(bare, plain, layer, [pictures])
        stimuli.append((shown, forward, count / len(pictures)))
        places = places_of(network, layer, inputs, len(inputs))
        drawn = partial(reconstruct_places, network, layer, places, inputs.__getitem__)
        forward = partial(bare, plain, layer, torch.split(inputs, settings.batch))
        reconstructions.append((drawn, forward, len(places.rows) / len(inputs)))
    compare("stimuli", *stimuli)
    compare("reconstructions", *reconstructions)
    return figures
