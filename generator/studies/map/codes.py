"""What a network makes of images: a number for each filter; and small pictures of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from generator.compute.project.crops import GREY, Pixels, to_pixels
from generator.compute.run.threads import IN_TURN, side_by_side
from generator.images.stream import normalise
from generator.network.watched import WatchedNetwork
from generator.studies.map.record import LARGEST

Arrays = dict[str, npt.NDArray[Any]]
REDUCED = 16  # side of the pictures that are compared pixel by pixel
PEAKS, PICTURES, PIXELS = "peaks", "pictures", "pixels"


def code_name(network: str, layer: str) -> str:
    """Return what the codes of a layer are called among the arrays."""
    return f"{network} {layer}"


@contextmanager
def looking(networks: Mapping[str, WatchedNetwork]) -> Iterator[Callable[[Tensor], Arrays]]:
    """Give a function from images [n, 4, h, w] uint8 to what is kept of them, n of each.

    The codes [n, f] of each network's layers, the mean of each map; `peaks` [n, f], the largest
    activations in the last layer of the first network; `pictures` [n, side, side, 3] uint8, and
    `pixels` [n, values], the same reduced.
    """
    first = next(iter(networks.values()))
    parts = [each.at_once(each.layers) for each in networks.values()]
    with ExitStack() as stack:
        runs = {
            name: stack.enter_context(each.watching(each.layers)) for name, each in networks.items()
        }
        threads = stack.enter_context(side_by_side(first.device))
        if any(each.graph(each.layers) is None for each in networks.values()):
            threads = IN_TURN  # hooks cannot share a network with work beside it

        def work(images: Tensor) -> Arrays:
            found: Arrays = {}
            with torch.inference_mode():
                sent = images.to(first.device).contiguous(memory_format=torch.channels_last)
                for name, run in runs.items():
                    maps = run(sent)
                    for layer, values in zip(first.layers, maps, strict=True):
                        means = values.mean((2, 3), dtype=torch.float64)
                        found[code_name(name, layer.name)] = means.float().cpu().numpy()
                    found.setdefault(PEAKS, maps[-1].amax((2, 3)).cpu().numpy())
            return found

        def look(pixels: Tensor) -> Arrays:
            seen = normalise(pixels, first.mean, first.std)
            pictures = thumbnails(seen, first)
            sizes = [size for size in parts if size]
            pieces = threads.map(work, torch.split(seen, min(sizes, default=len(seen))))
            found = list(pieces)
            joined = {name: np.concatenate([each[name] for each in found]) for name in found[0]}
            return joined | {PICTURES: pictures, PIXELS: reduced(pictures)}

        yield look


def thumbnails(images: Tensor, network: WatchedNetwork) -> Pixels:
    """Return small squares [n, side, side, 3] of normalised images [n, 3, h, w], grey around."""
    mean, std = (np.asarray(each, np.float32) for each in (network.mean, network.std))
    part = LARGEST / max(network.input_size)
    height, width = (max(1, round(length * part)) for length in network.input_size)
    top, left = (LARGEST - height) // 2, (LARGEST - width) // 2
    found = np.full((len(images), LARGEST, LARGEST, 3), GREY, np.uint8)
    for number, image in enumerate(images):
        whole = Image.fromarray(to_pixels(image.numpy(), mean, std))
        small = whole.resize((width, height), Image.Resampling.LANCZOS)
        found[number, top : top + height, left : left + width] = np.asarray(small)
    return found


def reduced(pictures: Pixels) -> npt.NDArray[np.float32]:
    """Return the mean colours [n, values] of 16 × 16 parts of pictures [n, side, side, 3]."""
    step = LARGEST // REDUCED
    parts = pictures.reshape(len(pictures), REDUCED, step, REDUCED, step, 3)
    means: npt.NDArray[np.float32] = parts.mean((2, 4), dtype=np.float32)
    return means.reshape(len(pictures), -1)
