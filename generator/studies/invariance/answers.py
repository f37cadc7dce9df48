"""What a network answers to an image and to all that is made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from generator.network.watched import WatchedNetwork
from generator.studies.classifier import Classifier
from generator.studies.invariance.record import Arrays, Step, Vector
from generator.studies.invariance.transformations import transformed

Run = Callable[[Tensor], list[Tensor]]  # images [b, 3, h, w] → vectors [b, …], pixels first


@dataclass(frozen=True)
class Answerer:
    """A network, and what of it is compared."""

    network: WatchedNetwork
    classifier: Classifier | None
    steps: tuple[Step, ...]

    @property
    def plain(self) -> int:
        """Return the first step that leaves an image as it is."""
        return next(number for number, step in enumerate(self.steps) if step.is_none)

    @property
    def vectors(self) -> tuple[Vector, ...]:
        """Return the pixels, the first layer, another last one, and the scores where there are."""
        names = dict.fromkeys((self.network.layers[0].name, self.network.layers[-1].name))
        return (
            Vector(kind="pixels"),
            *(Vector(kind="layer", layer=name) for name in names),
            *([Vector(kind="scores")] if self.classifier else []),
        )

    @contextmanager
    def running(self) -> Iterator[Run]:
        """Give a function from images to these vectors."""
        named = {layer.name: layer for layer in self.network.layers}
        layers = [named[vector.layer] for vector in self.vectors if vector.layer]
        if self.classifier is None:
            with self.network.watching(layers) as watch:
                yield lambda images: [images, *watch(images)]
            return
        whole = self.classifier.graph
        at = [self.network.layers.index(layer) for layer in layers]
        graph = whole.behind([*(whole.watched[number] for number in at), whole.watched[-1]])

        def run(images: Tensor) -> list[Tensor]:
            *maps, scores = graph.run(images)
            shown = zip(maps, layers, strict=True)
            return [images, *(each[:, : layer.filters] for each, layer in shown), scores]

        yield run

    def fill(
        self, into: Arrays, row: int, run: Run, image: Tensor, other: Tensor, target: int | None
    ) -> None:
        """Write what is found of an image into a row; images are [3, h, w].

        Probabilities are of the class `target`, None for the network's own answer, −1 for none.
        """
        own = run(image[None])
        into.norm[row] = [_length(vector) for vector in own]
        into.other[row] = _distances(own, run(other[None]))[0]
        into.distance[row] = 0.0
        scores = [own[-1]] * len(self.steps)
        changes = [number for number, step in enumerate(self.steps) if not step.is_none]
        together = self.network.at_once(self.network.layers) or len(changes)
        for first in range(0, len(changes), together):
            some = changes[first : first + together]
            found = run(torch.stack([transformed(image, self.steps[each]) for each in some]))
            into.distance[row][:, some] = torch.tensor(_distances(own, found)).T
            for place, each in enumerate(some):
                scores[each] = found[-1][place : place + 1]
        if self.classifier is not None:
            into.target[row] = int(own[-1].argmax()) if target is None else target
            table = torch.cat(scores).flatten(1).double().cpu()  # [t, classes]
            into.answer[row] = table.argmax(1)
            if into.target[row] >= 0:
                into.probability[row] = table.softmax(1)[:, int(into.target[row])]
        into.done[row] = True


def _distances(own: Sequence[Tensor], found: Sequence[Tensor]) -> list[list[float]]:
    """Return the Euclidean distances [b, v] of vectors [1, …] to others [b, …]."""
    apart = [(b - a).flatten(1).double().norm(dim=1) for a, b in zip(own, found, strict=True)]
    return torch.stack(apart, 1).tolist()


def _length(vector: Tensor) -> float:
    return float(vector.double().norm())
