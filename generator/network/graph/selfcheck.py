"""A network's graph, as one run gave it, compared with the network itself on other pixels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import torch
from torch import Tensor
from torch.nn import functional

from generator.errors import NetworkError
from generator.network.watched import WatchedNetwork, hooked
from generator.network.zoo.loaded import a_weight

TOLERANCE = 1e-3  # of a layer's largest value; folding and other kernels differ by about 1e-6
SEED = 0
COARSE = 5  # colours along an edge of a picture
NOISE = 0.5  # of the range of values


def require_as_traced(network: WatchedNetwork) -> None:
    """Raise NetworkError, naming the layer, where its maps are not those of the network itself.

    A trace does not see decisions by values, numbers that leave torch and come back, and writing
    through another name. A network without a graph may mix the images of a batch, or draw numbers.
    """
    images = _pictures(network)
    by_graph = network.graph(network.layers) is not None
    with torch.no_grad():
        with hooked(network.model, network.layers) as run:
            expected = [maps[:1].clone() for maps in run(images[:1] if by_graph else images)]
        with network.watching(network.layers) as run:
            found = run(images[:1].contiguous(memory_format=torch.channels_last))
    _require_finite(network, found)
    if not by_graph:
        _require_gradients(network, images[:1])
    for layer, one, other in zip(network.layers, found, expected, strict=True):
        if _apart(one, other):
            raise NetworkError(
                f"{layer.name} cannot be watched: "
                + (
                    "on another image the network does not do what it did on an empty one; it may "
                    "decide by values, or write into a map in a way that torch does not see"
                    if by_graph
                    else "of one image it makes something else alone than beside another, or each "
                    "time; it may normalise by the batch, or draw numbers"
                )
            )


def _pictures(network: WatchedNetwork) -> Tensor:
    """Return two images [2, 3, h, w] as a search brings them: smooth colours and some noise."""
    source = torch.Generator().manual_seed(SEED)
    coarse, noise = (
        torch.rand(2, 3, side, side, generator=source) for side in (COARSE, network.input_size)
    )
    smooth = functional.interpolate(coarse, size=noise.shape[2:], mode="bilinear")
    pixels = ((1 + NOISE) * smooth + NOISE * (noise - 1)).clamp(0, 1)
    mean, std = (torch.tensor(each)[:, None, None] for each in (network.mean, network.std))
    return ((pixels - mean) / std).to(a_weight(network.model))


def _require_finite(network: WatchedNetwork, maps: Sequence[Tensor]) -> None:
    """Raise NetworkError where a damaged weight may be why a layer gives no number.

    A mask of −∞ is none.
    """
    for layer, each in zip(network.layers, maps, strict=True):
        if each.isfinite().all():
            continue
        for name, tensor in chain(network.model.named_parameters(), network.model.named_buffers()):
            if tensor.is_floating_point() and not (tensor < torch.inf).all():
                raise NetworkError(
                    f"{layer.name} gives values that are no numbers: tensor {name} of the network "
                    "holds NaN or infinity; the weights are damaged"
                )


def _require_gradients(network: WatchedNetwork, image: Tensor) -> None:
    with torch.enable_grad(), hooked(network.model, network.layers) as run:
        maps = run(image.clone().requires_grad_(True))
    for layer, each in zip(network.layers, maps, strict=True):
        if not each.requires_grad:
            raise NetworkError(
                f"no gradient comes down from {layer.name}; let the network run without detach, "
                "data and the like"
            )


def _apart(one: Tensor, other: Tensor) -> bool:
    """Return whether maps differ by more than rounding; the search finds what is no number."""
    largest = other.abs().max()
    return bool((one - other).abs().max() > TOLERANCE * largest)
