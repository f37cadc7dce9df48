"""How much 8-bit weights change the maps of the layers, and what the pictures then activate."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from generator.network.graph.graph import Graph
from generator.network.watched import WatchedNetwork
from generator.progress import Progress
from generator.studies.live import record
from generator.studies.live.eight_bit import each_op, with_8_bits
from generator.studies.live.pictures import Sample


def shown_with_8_bits(
    network: WatchedNetwork, graph: Graph, pictures: Sequence[Sample], progress: Progress
) -> tuple[tuple[record.Picture, ...], list[float]]:
    """Return the pictures with what they activate, and the deviation of each layer's maps."""
    rounded = each_op(graph, with_8_bits)
    layers = network.layers
    apart, whole = ([0.0] * len(layers) for _ in range(2))
    found = []
    for number, picture in enumerate(pictures):
        progress("live", number, len(pictures))
        image = picture.input(network).contiguous(memory_format=torch.channels_last)
        with torch.no_grad():
            full, short = graph.run(image), rounded.run(image)
        top: dict[str, tuple[tuple[int, float], ...]] = {}
        for place, layer in enumerate(layers):
            expected, maps = (values[place][0, : layer.filters] for values in (full, short))
            apart[place] += float((maps - expected).double().square().sum())
            whole[place] += float(expected.double().square().sum())
            top[layer.name] = _strongest(maps)
        found.append(
            record.Picture(
                name=picture.name,
                words=picture.words,
                kind=picture.kind,
                credit=picture.credit,
                type=picture.type,
                data=picture.data,
                top=top,
            )
        )
    progress("live", len(pictures), len(pictures))
    return tuple(found), [_norm(part, of) for part, of in zip(apart, whole, strict=True)]


def _norm(apart: float, whole: float) -> float:
    """Return the relative norm of these sums of squares; infinity where there is nothing else."""
    if apart == 0:
        return 0.0
    return math.sqrt(apart / whole) if whole else math.inf


def _strongest(maps: torch.Tensor) -> tuple[tuple[int, float], ...]:
    """Return the filters with the highest activations in maps [f, h, w], and these."""
    highest = maps.amax((1, 2))
    order = highest.argsort(descending=True, stable=True)[: record.TOP].tolist()
    return tuple((filter_, float(highest[filter_])) for filter_ in order if highest[filter_] > 0)
