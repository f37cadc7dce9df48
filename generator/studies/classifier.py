"""What a network answers: a score for each class, by its traced graph, with gradients."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from generator.errors import NetworkError
from generator.network.graph.graph import Graph
from generator.network.graph.trace import NoProjection
from generator.network.scores import scores_of
from generator.network.watched import WatchedNetwork

MOST_CLASSES = 25_000  # the whole of ImageNet has 21,843; more are features of an image


class NoClasses(NetworkError):
    """The network gives no score for each class; the text says why, as part of a sentence."""


@dataclass(frozen=True)
class Classifier:
    """A network whose result is a score for each class. Images are normalised, [b, 3, h, w]."""

    network: WatchedNetwork
    graph: Graph  # its watched values: the layers in order, then the scores before any softmax
    classes: tuple[str, ...]

    @classmethod
    def of(cls, network: WatchedNetwork) -> Classifier:
        """Find the scores of a network. Raises NoClasses."""
        try:
            found = scores_of(network)
        except NoProjection as problem:
            raise NoClasses(f"{problem}, so its scores cannot be computed") from problem
        if found.reason:
            raise NoClasses(found.reason[0].lower() + found.reason[1:].removesuffix("."))
        if len(found.classes) > MOST_CLASSES:
            raise NoClasses(
                f"the network gives {len(found.classes):,} numbers, too many for scores of classes"
            )
        return cls(network, found.graph, found.classes)

    def scores(self, images: Tensor) -> Tensor:
        """Return the scores [b, classes]; a gradient reaches images that require one."""
        graph = self.graph.behind(self.graph.watched[-1:])
        kept = torch.is_grad_enabled() and images.requires_grad
        return graph.run(images, in_place=not kept)[0].flatten(1)

    def maps(self, images: Tensor) -> list[Tensor]:
        """Return the maps [b, f, h, w] of each layer, its shown filters alone."""
        graph, layers = self.graph.behind(self.graph.watched[:-1]), self.network.layers
        return [
            each[:, : layer.filters] for each, layer in zip(graph.run(images), layers, strict=True)
        ]
