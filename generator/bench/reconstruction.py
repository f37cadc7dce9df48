"""How fast reconstructions are beside the plain way."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from generator.atlas.schema import PLACES
from generator.bench.figures import Figure, in_turns
from generator.bench.search import channels_last
from generator.compute.project.boxes import boxes
from generator.compute.project.contact_sheets import Places, reconstruct_places
from generator.network.autograd import following
from generator.network.watched import WatchedLayer, WatchedNetwork, hooked

UNITS = 128  # of each layer, timed both ways, as far as they are active
TURNS = 4  # a share of the units each


def measure_reconstruction(network: WatchedNetwork, images: Tensor) -> list[Figure]:
    """Time the same units both ways, layer by layer, each layer by its share of all filters' nine.

    `images` [n, 3, h, w] are normalised. The plain way runs the whole image forward and one unit
    backward, with the ReLUs' rule put into autograd.
    """
    model = channels_last(network.model)
    taken = np.zeros((TURNS, 2))
    for layer in network.layers:
        places = places_of(network, layer, images, UNITS)
        reconstruct_places(network, layer, places, images.__getitem__)  # to warm up
        for turn in range(TURNS):
            some = Places(*(values[turn::TURNS] for values in vars(places).values()))
            ways = (
                partial(plainly, model, network, layer, some, images),
                partial(reconstruct_places, network, layer, some, images.__getitem__),
            )
            share = PLACES * layer.filters / max(1, len(some.rows))
            taken[turn] += share * in_turns(ways, 1)[0]
    plain, ours = taken.T
    count = PLACES * sum(layer.filters for layer in network.layers)
    return [
        Figure.of_turns(
            "reconstruction",
            "per second ÷ the plain way: whole image, one backward pass for each unit; "
            "the nine of every filter of every layer",
            plain / ours,
            6.0,
        ),
        Figure.of_turns("reconstructions", "made", count / ours, None, unit="/s"),
    ]


def places_of(network: WatchedNetwork, layer: WatchedLayer, images: Tensor, count: int) -> Places:
    """Return up to so many places where images [n, 3, h, w] activate filters most, both in turn."""
    with torch.inference_mode(), network.watching([layer]) as run:
        maps = torch.cat([run(part)[0] for part in torch.split(images, 8)]).flatten(2).cpu()
    filters = np.arange(count) * layer.filters // count
    rows = np.arange(count) % len(images)
    peaks, where = (part.numpy()[rows, filters] for part in maps.max(2))
    units = np.stack(np.unravel_index(where, layer.grid), axis=1)
    active = peaks > 0
    return Places(
        filters=filters[active],
        places=np.zeros(int(active.sum()), np.int64),
        rows=rows[active],
        units=units[active],
        boxes=boxes(layer.field, network.input_size, units[active].astype(np.int32)),
        activations=peaks[active].astype(np.float32),
    )


def plainly(
    model: nn.Module, network: WatchedNetwork, layer: WatchedLayer, places: Places, images: Tensor
) -> list[Tensor]:
    """Return the signals [3, h, w], each at a whole image."""
    signals = []
    with torch.enable_grad(), following(network.rule), hooked(model, [layer]) as run:
        for filter_, row, unit in zip(places.filters, places.rows, places.units, strict=True):
            image = images[int(row)][None].contiguous(memory_format=torch.channels_last)
            image.requires_grad_(True)
            (maps,) = run(image)
            activation = maps[0, int(filter_), int(unit[0]), int(unit[1])]
            (signal,) = torch.autograd.grad(activation, image, grad_outputs=activation.detach())
            signals.append(signal[0])
    return signals
