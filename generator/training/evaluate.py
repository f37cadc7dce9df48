"""What trained weights are worth: right answers on held-out pictures, and how rough they are."""

from __future__ import annotations

from itertools import compress
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from generator.config import Settings
from generator.network.watched import WatchedLayer, WatchedNetwork, pixel_kernels
from generator.network.weights import weights_file
from generator.network.zoo import load as zoo
from generator.network.zoo.zfnet import INPUT_SIZE, ZFNet
from generator.training.data import (
    Example,
    Picture,
    Report,
    Split,
    centre_crop,
    decode,
    list_examples,
    planes,
)
from generator.training.roughness import roughness
from generator.training.train import answers, normalise

SMALLEST = 64  # pixels: the shorter side of the smallest picture that is asked about
SOFT_SIDE = 160  # pixels to which a picture is reduced, and enlarged again, to make it soft
ROUGH_LAYERS = ("layer3", "layer4", "layer5")
ROUGH_IMAGES = 100


def evaluate(weights: Path, folders: list[Path], report: Report) -> None:
    """Report the share right of the held-out tenth of each folder, and of all.

    Each picture counts at its own size, reduced where it is larger than the network's input and
    never enlarged. Those as large as the input are asked about a second time, softened: reduced to
    `SOFT_SIDE` and enlarged again. A network that has learned from sharp and soft photographs alike
    answers both alike.
    """
    classes = weights_file.provenance_of(weights).classes
    numbers = {name: number for number, name in enumerate(classes)}
    net = ZFNet(len(classes))
    weights_file.load_into(net, weights)
    listed = [e for e in list_examples(folders, lambda _line: None) if e.held_out]
    pairs = decode(listed, SMALLEST, report)
    right: dict[str, list[bool]] = {folder.name: [] for folder in folders}
    for folder in folders:
        own = [(e, p) for e, p in pairs if e.set_name == folder.name]
        hits = _hits(net, own, numbers)
        is_large = [min(picture.shape[:2]) >= INPUT_SIZE for _, picture in own]
        large, sharp = [*compress(own, is_large)], [*compress(hits, is_large)]
        right[folder.name] = hits
        report(f"held out, {folder.name}: {_share(hits)}")
        if large:
            soft = _hits(net, [*map(_softened, large)], numbers)
            report(
                f"  of at least {INPUT_SIZE} pixels, as they are: {_share(sharp)}; "
                f"softened: {_share(soft)}"
            )
    report(f"held out, all: {_share([hit for hits in right.values() for hit in hits])}")
    report_roughness(weights, [p for _, p in pairs if min(p.shape[:2]) >= INPUT_SIZE], report)


def _hits(net: ZFNet, pairs: list[tuple[Example, Picture]], numbers: dict[str, int]) -> list[bool]:
    """Tell of each picture whether its most probable class is its own."""
    split = Split(
        [e for e, _ in pairs],
        [p for _, p in pairs],
        [numbers.get(e.class_name, -1) for e, _ in pairs],
    )
    return answers(net, split, INPUT_SIZE)


def _softened(pair: tuple[Example, Picture]) -> tuple[Example, Picture]:
    crop = centre_crop(pair[1], INPUT_SIZE)
    small = crop.resize((SOFT_SIDE, SOFT_SIDE), Image.Resampling.BILINEAR)
    return pair[0], np.asarray(small.resize(crop.size, Image.Resampling.BILINEAR))


def _share(hits: list[bool]) -> str:
    if not hits:
        return "no picture is held out"
    return f"{sum(hits)} of {len(hits)} right, {sum(hits) / len(hits):.1%}"


def report_roughness(weights: Path, pictures: list[Picture], report: Report) -> None:
    """Report how much of kernels and reconstructions lies at the finest frequencies.

    The reconstructions are of up to `ROUGH_IMAGES` pictures, evenly chosen, and for each picture
    and layer of the filter that it drives most, relative to that filter's best among them.
    """
    network = zoo.load(Settings(network="zfnet", weights=weights, layers=("layer1", *ROUGH_LAYERS)))
    kernels = pixel_kernels(network, network.layers[0])
    assert kernels is not None
    report(f"roughness of layer 1: {_median(roughness(kernels))}")
    step = max(1, len(pictures) // ROUGH_IMAGES)
    chosen = pictures[::step][:ROUGH_IMAGES]
    if not chosen:
        return
    images = normalise(torch.stack([planes(centre_crop(p, INPUT_SIZE)) for p in chosen]))
    shares = []
    for layer in network.layers[1:]:
        shares.append(roughness(_reconstructions(network, layer, images)))
        report(f"roughness of reconstructions, {layer.name}: {_median(shares[-1])}")
    report(
        f"roughness of reconstructions, layers 3 to 5, {len(chosen)} pictures: "
        f"{_median(torch.cat(shares))}"
    )


def _median(shares: Tensor) -> str:
    return f"{float(shares.nanmedian()):.4f}"


@torch.inference_mode()
def _reconstructions(network: WatchedNetwork, layer: WatchedLayer, images: Tensor) -> Tensor:
    """Return one reconstruction [b, 3, h, w] for each of images [b, 3, h, w], of activation 1."""
    with network.watching([layer]) as run:
        maps = torch.cat([run(images[i : i + 10])[0] for i in range(0, len(images), 10)])
    strongest = maps.flatten(2).amax(2)  # [b, f]
    relative = strongest / strongest.amax(0).clamp(min=1e-12)
    filters = relative.argmax(1)
    followed = maps[torch.arange(len(maps)), filters]
    places = followed.flatten(1).argmax(1)
    units = torch.stack([places // maps.shape[3], places % maps.shape[3]], dim=1)
    cone = network.cone(layer)
    assert cone is not None
    parts = []
    for start in range(0, len(images), 10):
        part = slice(start, start + 10)
        pixels = cone.pixels(images[part], units[part])
        activations, ascent = cone.forward(pixels, units[part], network.rule)
        seed = torch.zeros_like(activations).scatter_(1, filters[part, None], 1.0)
        parts.append(ascent.project(seed))
    return torch.cat(parts)
