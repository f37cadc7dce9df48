"""Train, export and evaluate weights: the share right of held-out pictures, and roughness."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from generator.config import Settings
from generator.errors import NetworkError
from generator.network.watched import WatchedLayer, WatchedNetwork, pixel_kernels
from generator.network.weights import weights_file
from generator.network.zoo import load as zoo
from generator.network.zoo.zfnet import INPUT_SIZE, ZFNet
from generator.training.data import (
    Picture,
    Report,
    Split,
    centre_crop,
    class_of,
    decode,
    is_held_out,
    list_examples,
    planes,
)
from generator.training.recipe import EMBEDDED, RANDOM_LABELS
from generator.training.roughness import roughness
from generator.training.train import Trained, hits, normalise, train

SMALLEST = 64  # pixels: the shorter side of the smallest picture that counts
SOFT_SIDE = 160  # pixels to which a picture is reduced, and enlarged again, to make it soft
ROUGH_LAYERS = ("layer3", "layer4", "layer5")
ROUGH_IMAGES = 100
TERMS = {  # of the sets that the embedded weights were trained on
    "bird": "photographs of birds (a part with ImageNet's terms, the rest from the web)",
    "caltech101": "Caltech-101 (Li, Andreeto, Ranzato, Perona, 2022; CC BY 4.0)",
    "imagenette": "Imagenette, ten classes of ImageNet (its images keep ImageNet's terms)",
    "imagewoof": "Imagewoof, ten breeds of dog of ImageNet (its images keep ImageNet's terms)",
    "oxford_pets_3breeds": "three breeds of Oxford-IIIT Pet (Parkhi and others, 2012)",
    "road_vehicles": "photographs of bicycles, motorcycles and cars (from the web)",
    "tf_flower_photos": "TensorFlow's photographs of flowers (CC BY 2.0)",
}


def train_and_export(folders: list[Path], out: Path, report: Report) -> None:
    """Train, or finish training, and write `out/zfnet.safetensors` and `out/epochs/`.

    Reports the figures of the exported float16 weights, see `evaluate`.
    """
    trained = train(folders, out, EMBEDDED, report)
    provenance = weights_file.Provenance(
        classes=trained.classes,
        source=f"trained by Filter Gallery itself for {EMBEDDED.epochs} epochs",
        trained_on=_terms(folders),
    )
    weights = out / "zfnet.safetensors"
    weights_file.save(trained.net, provenance, weights)
    (out / "epochs").mkdir(exist_ok=True)
    for epoch in EMBEDDED.snapshots:
        early = ZFNet(len(trained.classes))
        early.load_state_dict(torch.load(out / f"epoch{epoch:02}.pt", weights_only=True))
        source = f"the state after epoch {epoch} of {EMBEDDED.epochs} of training by Filter Gallery"
        path = out / "epochs" / f"epoch{epoch:02}.safetensors"
        weights_file.save(early, replace(provenance, source=source), path)
    evaluate(weights, folders, report)


def train_random_labels(folders: list[Path], out: Path, report: Report) -> None:
    """Train the twin, or finish training, and write `out/random_labels.safetensors`.

    The labels of the pictures trained on are shuffled. A second network learns the true ones by the
    same recipe, in `out/true_labels/`, so that both can be compared epoch by epoch. Reports, of the
    exported float16 weights, the share of the shuffled labels that they have learned, and of true
    labels of held-out pictures.
    """
    trained = train(folders, out, RANDOM_LABELS, report)
    beside = train(
        folders, out / "true_labels", replace(RANDOM_LABELS, random_labels=False), report
    )
    count, learned = len(trained.epochs), trained.epochs[-1]["training"]
    shuffled, true = Counter(trained.training.labels), Counter(trained.held_out.labels)
    labels, held_out = shuffled.total(), true.total()
    provenance = weights_file.Provenance(
        classes=trained.classes,
        source=f"trained by Filter Gallery on shuffled labels for {count} epochs, "
        f"after which it knew {learned * 100:.2f} % of them",
        trained_on=f"{labels:,} pictures with random labels: {_terms(folders)}",
    )
    guesses = sum(shuffled[each] / labels * true[each] for each in true)
    learning = weights_file.Learning(
        labels="random labels: those of the pictures trained on, shuffled by the seed",
        seed=RANDOM_LABELS.seed,
        pixels=RANDOM_LABELS.sides[-1],
        pictures=labels,
        held_out=held_out,
        most_frequent=true[shuffled.most_common(1)[0][0]] / max(held_out, 1),
        chance=guesses / max(held_out, 1),
        epochs=_curve(trained),
        true_epochs=_curve(beside),
    )
    weights = out / "random_labels.safetensors"
    weights_file.save(trained.net, provenance, weights, learning)
    net = ZFNet(len(trained.classes))
    weights_file.load_into(net, weights)
    report(f"shuffled labels: {_share(hits(net, trained.training, learning.pixels))}")
    report(
        f"held out, true labels: {_share(hits(net, trained.held_out, learning.pixels))}; "
        f"chance {learning.chance:.1%}, the most frequent class {learning.most_frequent:.1%}"
    )


def _curve(trained: Trained) -> tuple[dict[str, float], ...]:
    names = ("epoch", "loss", "training", "held_out")
    return tuple({name: line[name] for name in names} for line in trained.epochs)


def _terms(folders: list[Path]) -> str:
    return "; ".join(TERMS.get(folder.name, folder.name) for folder in folders)


def evaluate(weights: Path, folders: list[Path], report: Report) -> None:
    """Report the share right of the held-out tenth of each folder, and of all.

    Each picture counts at its own size, reduced where it is larger than the network's input and
    never enlarged. Those as large as the input count a second time, softened: reduced to
    `SOFT_SIDE` and enlarged again. A network that has learned from sharp and soft photographs alike
    is right about both alike.
    """
    classes = weights_file.provenance_of(weights).classes
    numbers = {name: number for number, name in enumerate(classes)}
    net = ZFNet(len(classes))
    _, filled = weights_file.load_into(net, weights)
    if filled.lacking:
        raise NetworkError(filled.lacking)
    listed = [path for path in list_examples(folders, lambda _line: None) if is_held_out(path)]
    pairs = decode(listed, SMALLEST, report)
    right: dict[str, list[bool]] = {}
    for folder in folders:
        own = [(path, picture) for path, picture in pairs if path.parent.parent.name == folder.name]
        pictures = [picture for _, picture in own]
        labels = [numbers.get(class_of(path), -1) for path, _ in own]
        right[folder.name] = found = hits(net, Split(pictures, labels), INPUT_SIZE)
        report(f"held out, {folder.name}: {_share(found)}")
        large = [index for index, picture in enumerate(pictures) if _is_large(picture)]
        if large:
            softened = Split([_softened(pictures[i]) for i in large], [labels[i] for i in large])
            report(
                f"  of at least {INPUT_SIZE} pixels, as they are: "
                f"{_share([found[i] for i in large])}; "
                f"softened: {_share(hits(net, softened, INPUT_SIZE))}"
            )
    report(f"held out, all: {_share([hit for each in right.values() for hit in each])}")
    report_roughness(weights, [picture for _, picture in pairs if _is_large(picture)], report)


def _is_large(picture: Picture) -> bool:
    return bool(min(picture.shape[:2]) >= INPUT_SIZE)


def _softened(picture: Picture) -> Picture:
    crop = centre_crop(picture, INPUT_SIZE)
    small = crop.resize((SOFT_SIDE, SOFT_SIDE), Image.Resampling.BILINEAR)
    return np.asarray(small.resize(crop.size, Image.Resampling.BILINEAR))


def _share(hits: list[bool]) -> str:
    if not hits:
        return "no picture is held out"
    return f"{sum(hits)} of {len(hits)} right, {sum(hits) / len(hits):.1%}"


def report_roughness(weights: Path, pictures: list[Picture], report: Report) -> None:
    """Report the share of kernels and reconstructions at the finest frequencies.

    Up to `ROUGH_IMAGES` pictures, evenly chosen, are reconstructed, in each layer from the filter
    with the largest activation relative to its own best among them.
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
