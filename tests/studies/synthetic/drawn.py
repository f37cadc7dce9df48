"""Networks to make pictures for, and pictures as units see them, by plain means."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from generator.compute.stimuli.run import stage
from generator.names import Size
from generator.network.cone.cone import Cone
from generator.network.rules import DECONVNET, Rule
from generator.network.watched import WatchedLayer, WatchedNetwork
from generator.studies.synthetic.ascent import Climb
from generator.studies.synthetic.canvas import Canvas
from generator.studies.synthetic.unit import InCone, InWhole, Place, unit_of
from tests.oracles.networks import activation_of, in_float64

SIZE = Size(40, 44)
MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)


def silent(*_: object) -> None:
    """Report nothing."""


def plain(*, last: nn.Module | None = None, seed: int = 3) -> nn.Sequential:
    """Return two layers with a pool between them; units of the second see 13 pixels."""
    torch.manual_seed(seed)
    return nn.Sequential(
        *(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.MaxPool2d(3, 2, 1)),
        *(nn.Conv2d(6, 11, 3, 2), last or nn.ReLU()),
    )


def watched(
    model: nn.Module, *modules: str, size: Size = SIZE, rule: Rule = DECONVNET
) -> WatchedNetwork:
    """Watch modules of a model; the layers are named by their order."""
    model.eval().requires_grad_(False)
    names = {f"layer{number}": path for number, path in enumerate(modules, start=1)}
    return WatchedNetwork("net", model, size, MEAN, STD, modules=names, rule=rule)


def whole(network: WatchedNetwork, layer: WatchedLayer) -> tuple[InWhole, Place]:
    """Return a layer's unit as one of a network that only autograd knows."""
    there = stage(layer, network.input_size)
    return InWhole(network, layer, there.unit), Place(there.side, there.start, network.input_size)


def climb_of(
    network: WatchedNetwork, layer: WatchedLayer, steps: int, *, alone: bool = False
) -> Climb:
    """Return the climb of a layer in float32, the whole network with `alone`."""
    way, place = whole(network, layer) if alone else unit_of(network, layer)
    if isinstance(way, InCone) and way.half:
        way = replace(way, half=False, below=in_full(way, network, layer))
    canvas = Canvas.for_side(place.side, network.device)
    return Climb(network, layer.name, way, place, canvas, steps)


def in_full(way: InCone, network: WatchedNetwork, layer: WatchedLayer) -> Cone:
    """Return the lower cone with the weights that the network has."""
    cone = network.cone(layer)
    assert cone is not None
    nodes = {node.output: node for node in cone.nodes}
    return replace(way.below, nodes=tuple(nodes[node.output] for node in way.below.nodes))


def grown(climb: Climb, *filters: int) -> Tensor:
    """Return the pictures [b, 3, side, side] of 0…255 of some filters."""
    *_, last = climb.climb(filters, climb.begin(filters))
    return climb.pictures(last)


def seen(network: WatchedNetwork, layer: WatchedLayer, pictures: Tensor) -> Tensor:
    """Return activations [b, f] of the unit to pictures of 0…1, the whole network run in float64.

    The pictures lie on the unit's place; around them is the mean colour.
    """
    there = stage(layer, network.input_size)
    mean, std = (torch.tensor(each).double()[:, None, None] for each in (MEAN, STD))
    images = torch.zeros(len(pictures), 3, *network.input_size).double()
    for row in range(there.side):
        for column in range(there.side):
            y, x = there.start[0] + row, there.start[1] + column
            if 0 <= y < network.input_size.height and 0 <= x < network.input_size.width:
                values = pictures[:, :, row, column].double()
                images[:, :, y, x] = (values - mean[:, 0, 0]) / std[:, 0, 0]
    maps = activation_of(in_float64(network.model), layer.module, images)
    return maps[:, :, *there.unit]


def stored(file: Path) -> Tensor:
    """Read a picture [3, h, w] of 0…1."""
    with Image.open(file) as picture:
        return torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1) / 255
