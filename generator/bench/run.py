"""The bench: every figure of one run, on drawn photographs or on a person's own."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from generator.bench.build import OTHER, SAMPLE, measure_build, measure_stages
from generator.bench.figures import Figure
from generator.bench.growth import measure_growth
from generator.bench.live import measure_live
from generator.bench.pictures import PHOTOGRAPH, SMALL, draw_photographs
from generator.bench.reconstruction import UNITS, measure_reconstruction
from generator.bench.search import MOST, measure_search
from generator.bench.startup import measure_startup
from generator.compute.run.device import pick_device
from generator.config import Settings
from generator.images.sets.image_set import ImageSet
from generator.images.sets.sources import open_images
from generator.images.stream import normalise
from generator.network.watched import WatchedNetwork
from generator.network.zoo import load as zoo
from generator.studies.live.measure import write


def bench(settings: Settings, say: Callable[[str], None]) -> Iterator[Figure]:
    """Yield the figures one after another; `say` gets a line before each measurement."""
    say("start-up")
    yield from measure_startup()
    network = zoo.load(settings, pick_device(settings.device))
    with tempfile.TemporaryDirectory(prefix="filter-gallery-bench-") as folder:
        spec = settings.images or str(
            draw_photographs(Path(folder) / "photographs", MOST, PHOTOGRAPH)
        )
        images = open_images(spec).in_channels(network.channels)
        say(f"search and forward pass, in turns, over {len(images)} images")
        yield from measure_search(settings, network, images)
        say("reconstructions, both ways")
        inputs = _inputs(network, images)
        yield from measure_reconstruction(network, inputs)
        say("stages of another network")
        other = zoo.load(OTHER, network.device)
        yield from measure_stages(settings, other, images, _inputs(other, images))
        say("the live page's engine, beside onnxruntime-web")
        yield from _live(images, Path(folder) / "live", say)
        say("a whole build, beside its work: some minutes")
        sample = draw_photographs(Path(folder) / "sample", SAMPLE, PHOTOGRAPH, seed=1)
        yield from measure_build(settings, network, inputs, str(sample), Path(folder))
        if sys.platform == "win32":  # which does not say how much a process had at most
            say("memory and time of longer searches are not measured on Windows")
            return
        say("memory and time of longer searches: some minutes")
        small = draw_photographs(Path(folder) / "small", MOST, SMALL)
        yield from measure_growth(settings.model_copy(update={"images": str(small)}))


def _live(images: ImageSet, folder: Path, say: Callable[[str], None]) -> list[Figure]:
    """Return the figures of the embedded network in a browser, whichever was asked for."""
    folder.mkdir()
    embedded = zoo.load(Settings(), torch.device("cpu"))
    why_not = write(embedded, images, folder, lambda *_: None)
    assert not why_not
    return measure_live(folder, images.read(0, embedded.input_size), say)


def _inputs(network: WatchedNetwork, images: ImageSet) -> Tensor:
    """Return some normalised images [n, 3, h, w]."""
    pixels = [
        torch.from_numpy(images.read(row, network.input_size))
        for row in range(min(UNITS, len(images)))
    ]
    return normalise(torch.stack(pixels).to(network.device), network.mean, network.std)
