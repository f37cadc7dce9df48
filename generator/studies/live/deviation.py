"""How much 8-bit weights change the maps of the layers, and what the pictures then activate."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from generator.compute.run.threads import side_by_side
from generator.network.graph.graph import Graph
from generator.network.watched import WatchedNetwork
from generator.progress import Progress
from generator.studies.live import record
from generator.studies.live.eight_bit import each_op, with_8_bits
from generator.studies.live.pictures import Sample


def shown_with_8_bits(
    network: WatchedNetwork, graph: Graph, pictures: Sequence[Sample], progress: Progress
) -> tuple[tuple[record.Picture, ...], list[float]]:
    """Return the pictures with what they activate, and the deviation of each layer's maps.

    The graph's first watched values are the layers. Any number of threads gives the same bytes.
    """
    rounded = each_op(graph, with_8_bits)

    def show(picture: Sample) -> tuple[record.Picture, list[tuple[float, float]]]:
        image = picture.input(network).contiguous(memory_format=torch.channels_last)
        with torch.no_grad():
            full, short = graph.run(image), rounded.run(image)
        top, squares = {}, []
        for layer, *both in zip(network.layers, full, short, strict=False):
            expected, maps = (values[0, : layer.filters] for values in both)
            top[layer.name] = _strongest(maps)
            squares.append((_squares(maps - expected), _squares(expected)))
        return picture.record(top), squares

    found, sums = [], np.zeros((len(network.layers), 2))
    with side_by_side(network.device) as threads:
        for number, (shown, squares) in enumerate(threads.map(show, pictures), start=1):
            found.append(shown)
            sums += squares
            progress("live", number, len(pictures))
    return tuple(found), [_norm(apart, whole) for apart, whole in sums.tolist()]


def _squares(values: torch.Tensor) -> float:
    return float(values.double().square().sum())


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
