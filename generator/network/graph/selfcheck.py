"""A network's graph, as one run gave it, compared with the network itself on other pixels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import torch
from torch import Tensor

from generator.errors import NetworkError
from generator.network.graph.graph import Graph
from generator.network.graph.trace import tensors_in
from generator.network.modes import ignoring_modes
from generator.network.support import pictures
from generator.network.watched import WatchedNetwork, hooked

TOLERANCE = 1e-3  # of a layer's largest value; folding and other kernels differ by about 1e-6


def require_as_traced(network: WatchedNetwork) -> None:
    """Raise NetworkError, naming the layer, where its maps are not those of the network itself.

    A trace does not see decisions by values, numbers that leave torch and come back, and writing
    through another name. A network without a graph may mix the images of a batch, or draw numbers.
    Raises it also where they rest on weights that the file of weights lacks.
    """
    images = pictures(network, 2)
    by_graph = network.graph(network.layers) is not None
    with torch.no_grad():
        with hooked(network.model, network.layers) as run:
            expected = [maps[:1].clone() for maps in run(images[:1] if by_graph else images)]
        with network.watching(network.layers) as run:
            found = run(images[:1].contiguous(memory_format=torch.channels_last))
    if network.lacking and any(bool(maps.isnan().any()) for maps in (*found, *expected)):
        raise NetworkError(network.lacking)  # what is missing is NaN
    _require_finite(network, found)
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


def gives_as_traced(network: WatchedNetwork, graph: Graph) -> bool:
    """Say whether the last watched value of a graph is what the network returns, on other pixels.

    Of several tensors the first counts. Where that is a softmax or its logarithm, probabilities are
    compared.
    """
    image = pictures(network, 1)
    with torch.no_grad():
        with ignoring_modes():
            expected = next(tensors_in(network.model(image.clone())))
        found = graph.run(image.contiguous(memory_format=torch.channels_last))[-1]
    expected = expected.reshape(found.shape)
    if network.ends_with_softmax:
        found = found.softmax(1)
        expected = expected if expected.min() >= 0 else expected.exp()
    return not _apart(found, expected)


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


def _apart(one: Tensor, other: Tensor) -> bool:
    """Return whether maps differ by more than rounding; the search finds what is no number."""
    largest = other.abs().max()
    return bool((one - other).abs().max() > TOLERANCE * largest)
