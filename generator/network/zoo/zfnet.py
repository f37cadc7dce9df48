"""The embedded network: the five convolutional layers of Zeiler and Fergus (ECCV 2014, figure 3).

It comes with weights; others of its shapes, or random ones, can take their place.

The paper normalises contrast across maps after the first two pools. This network has none of that:
it was trained with batch normalisation, which is folded into the convolutions (see
`generator.training.model`), so that what remains is a plain convolution, ReLU, max-pool network.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor, nn

from generator.names import Size
from generator.network.weights import weights_file
from generator.network.zoo.default_layers import numbered
from generator.network.zoo.loaded import LoadedNetwork, Snapshot

EMBEDDED_WEIGHTS = Path(__file__).parents[1] / "weights" / "zfnet.safetensors"
INPUT_SIZE = 224  # pixels, height and width
MEAN = (0.485, 0.456, 0.406)  # RGB, of values in 0…1
STD = (0.229, 0.224, 0.225)
WIDTHS = (96, 256, 384, 384, 256)  # filters of layers 1 to 5


def convolutions(bias: bool) -> list[nn.Conv2d]:
    """Return the five convolutions in order, freshly initialised."""
    first, second, third, fourth, fifth = WIDTHS
    return [
        nn.Conv2d(3, first, kernel_size=7, stride=2, padding=1, bias=bias),
        nn.Conv2d(first, second, kernel_size=5, stride=2, padding=0, bias=bias),
        nn.Conv2d(second, third, kernel_size=3, stride=1, padding=1, bias=bias),
        nn.Conv2d(third, fourth, kernel_size=3, stride=1, padding=1, bias=bias),
        nn.Conv2d(fourth, fifth, kernel_size=3, stride=1, padding=1, bias=bias),
    ]


def max_pool() -> nn.MaxPool2d:
    """Return the pool that follows layers 1 and 2."""
    return nn.MaxPool2d(kernel_size=3, stride=2, padding=1)


def pooled_head(maps: Tensor) -> Tensor:
    """Reduce maps to their maxima and means: [b, c, h, w] → [b, 2c]."""
    return torch.cat([maps.amax((2, 3)), maps.mean((2, 3))], dim=1)


class ZFNet(nn.Module):
    """Five convolutional layers and a linear head over their pooled maps.

    Input: [b, 3, h, w] float, normalised with `MEAN` and `STD`. Output: [b, classes] logits.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        parts: OrderedDict[str, nn.Module] = OrderedDict()
        for number, convolution in enumerate(convolutions(bias=True), start=1):
            parts[f"conv{number}"] = convolution
            parts[f"relu{number}"] = nn.ReLU()
            if number <= 2:
                parts[f"pool{number}"] = max_pool()
        self.features = nn.Sequential(parts)
        self.classifier = nn.Linear(2 * WIDTHS[-1], classes)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.classifier(pooled_head(self.features(images)))
        return logits


def zfnet_with(path: Path) -> LoadedNetwork:
    """Return ZFNet with the weights of a file of this project.

    Snapshots of its training and its twin come with it where they lie beside the file. Raises
    NetworkError where the file is damaged or holds anything else.
    """
    provenance = weights_file.provenance_of(path)
    loaded = _loaded(len(provenance.classes)).with_weights_of(path)
    twin = path.parent / "twins" / "random_labels.safetensors"
    return replace(
        loaded,
        **vars(provenance),
        history=_history(path.parent / "epochs"),
        twin=twin if twin.is_file() else None,
    )


def zfnet_random() -> LoadedNetwork:
    """Return ZFNet with weights still to be drawn."""
    return replace(_loaded(classes=1), random=True)


def _loaded(classes: int) -> LoadedNetwork:
    modules = numbered(tuple(f"features.relu{number}" for number in range(1, 6)))
    return LoadedNetwork(
        *("zfnet", ZFNet(classes), Size.square(INPUT_SIZE), MEAN, STD), modules=modules
    )


def first_kernels(snapshot: Snapshot) -> Tensor:
    """Return the kernels [f, 3, k, k] of layer 1 in a snapshot of this network."""
    with safe_open(snapshot.file, "pt") as file:
        kernels: Tensor = file.get_tensor("features.conv1.weight")
    return kernels.float()


def _history(folder: Path) -> tuple[Snapshot, ...]:
    """Return the weights after some epochs of training; an installed package has none."""
    return tuple(
        Snapshot(f"epoch {int(path.stem.removeprefix('epoch'))}", path)
        for path in sorted(folder.glob("epoch*.safetensors"))
    )
