"""How fast reconstructions are beside the plain way."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from generator.atlas.schema import PLACES
from generator.bench.figures import Figure
from generator.bench.search import Clock
from generator.compute.portray import batch_size
from generator.compute.reconstruct import reconstruct
from generator.network.autograd_rules import following
from generator.network.probed import ProbedLayer, ProbedNetwork, hooked

UNITS = 64  # of each layer, timed both ways


def measure_reconstruction(network: ProbedNetwork, images: Tensor) -> list[Figure]:
    """Time the same units both ways, layer by layer, each layer by its share of all filters' nine.

    `images` [n, 3, h, w] are normalised. The plain way runs the whole image forward and one unit
    backward, with the ReLUs' rule put into autograd.
    """
    clock = Clock(network.device)
    plain = ours = 0.0
    for layer in network.layers:
        units, filters, rows = _places(network, layer, images)
        inputs = images[rows].contiguous(memory_format=torch.channels_last)
        plainly, in_cones = (
            partial(way, network, layer, inputs, units, filters) for way in (_plainly, _in_cones)
        )
        in_cones()
        share = PLACES * layer.filters / len(units)
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


def _places(
    network: ProbedNetwork, layer: ProbedLayer, images: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return units [n, 2], filters [n] and images [n]: where images activate filters most."""
    with torch.inference_mode(), network.watching([layer]) as run:
        maps = torch.cat([run(part)[0] for part in torch.split(images, 8)]).flatten(2)
    peaks, where = maps.max(2)
    chosen = torch.arange(UNITS) * layer.filters // UNITS
    rows = torch.arange(UNITS) % len(images)
    index = where[rows, chosen].cpu()
    assert bool((peaks[rows, chosen] > 0).any())
    units = torch.stack([index // layer.grid[1], index % layer.grid[1]], dim=1)
    return units, chosen, rows


def _plainly(
    network: ProbedNetwork, layer: ProbedLayer, images: Tensor, units: Tensor, filters: Tensor
) -> list[Tensor]:
    """Return the signals [3, h, w], each at a whole image."""
    signals = []
    with torch.enable_grad(), following(network.rule), hooked(network.model, [layer]) as run:
        for number in range(len(images)):
            image = images[number : number + 1].clone().requires_grad_(True)
            (maps,) = run(image)
            row, column = units[number].tolist()
            activation = maps[0, int(filters[number]), row, column]
            (signal,) = torch.autograd.grad(activation, image, grad_outputs=activation.detach())
            signals.append(signal[0])
    return signals


def _in_cones(
    network: ProbedNetwork, layer: ProbedLayer, images: Tensor, units: Tensor, filters: Tensor
) -> list[Tensor]:
    """Return the signals [3, h, w], each at the pixels of its unit's cone."""
    signals: list[Tensor] = []
    cone = network.cone(layer)
    if cone is None:
        raise ValueError(f"{layer.name} has no cone")
    at_once = batch_size(cone)
    for start in range(0, len(images), at_once):
        members = slice(start, start + at_once)
        pixels = cone.pixels(images[members], units[members])
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        chosen = filters[members].to(network.device)
        signals += reconstruct(cone, pixels, units[members], chosen, network.rule)[1]
    return signals
