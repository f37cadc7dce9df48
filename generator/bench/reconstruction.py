"""How fast reconstructions are beside the plain way."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from generator.atlas.schema import PLACES
from generator.bench.figures import Figure
from generator.bench.search import Clock, channels_last
from generator.compute.project.contact_sheets import Places, reconstruct_places
from generator.compute.records import boxes
from generator.network.autograd import following
from generator.network.watched import WatchedLayer, WatchedNetwork, hooked

UNITS = 128  # of each layer, timed both ways, as far as they are active


def measure_reconstruction(network: WatchedNetwork, images: Tensor) -> list[Figure]:
    """Time the same units both ways, layer by layer, each layer by its share of all filters' nine.

    `images` [n, 3, h, w] are normalised. The plain way runs the whole image forward and one unit
    backward, with the ReLUs' rule put into autograd.
    """
    clock = Clock(network.device)
    model = channels_last(network.model)
    plain = ours = 0.0
    for layer in network.layers:
        places = _places(network, layer, images)
        plainly = partial(_plainly, model, network, layer, places, images)
        in_cones = partial(reconstruct_places, network, layer, places, images.__getitem__)
        in_cones()
        share = PLACES * layer.filters / len(places.rows)
        plain += share * clock.seconds(plainly)
        ours += share * min(clock.seconds(in_cones) for _ in range(3))
    count = PLACES * sum(layer.filters for layer in network.layers)
    return [
        Figure(
            "reconstruction",
            "per second ÷ the plain way: whole image, one backward pass for each unit; "
            "the nine of every filter of every layer",
            plain / ours,
            6.0,
        ),
        Figure("reconstructions", "made", count / ours, None, unit="/s"),
    ]


def _places(network: WatchedNetwork, layer: WatchedLayer, images: Tensor) -> Places:
    """Return places where images activate filters most, of filters and images in turn."""
    with torch.inference_mode(), network.watching([layer]) as run:
        maps = torch.cat([run(part)[0] for part in torch.split(images, 8)]).flatten(2).cpu()
    filters = np.arange(UNITS) * layer.filters // UNITS
    rows = np.arange(UNITS) % len(images)
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


def _plainly(
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
