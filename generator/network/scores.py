"""Whether what a network returns has a score for each class, and the graph that makes it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from generator.network.graph.graph import Graph, Map
from generator.network.graph.selfcheck import gives_as_traced
from generator.network.watched import WatchedNetwork

CANNOT = "The scores cannot be computed: "


@dataclass(frozen=True)
class Scores:
    """The graph of a network's layers, whose last watched value has the scores where it has any."""

    graph: Graph
    classes: tuple[str, ...]  # their names; "class 0" where the network has none
    reason: str  # why there are no scores, a sentence

    @property
    def scores(self) -> bool:
        return not self.reason

    def without_scores(self, reason: str) -> Scores:
        """Return the graph of the layers alone."""
        watched = self.graph.watched[:-1]
        return Scores(self.graph.behind(watched), (), reason)


def scores_of(network: WatchedNetwork) -> Scores:
    """Return the graph and its scores, before a softmax; the reason says why there are none.

    Raises NoProjection where a layer rests on what is no op.
    """
    graph, reason = network.whole()
    if reason:
        return Scores(graph, (), f"{CANNOT}{reason}.")
    found, shape = Scores(graph, (), ""), graph.shapes[graph.watched[-1]]
    if reason := _no_scores(network, shape):
        return found.without_scores(reason)
    if not gives_as_traced(network, graph):
        return found.without_scores(
            f"{CANNOT}on another image the network does not do what it did on an empty one."
        )
    names = network.classes or tuple(f"class {number}" for number in range(shape.maps))
    return replace(found, classes=names)


def _no_scores(network: WatchedNetwork, shape: Map) -> str:
    """Say why an output of this shape has no scores of classes; "" where it has."""
    if (shape.rows, shape.columns) != (1, 1):
        return "The network gives maps, not a score for each class."
    if shape.maps == 1:
        return "The network gives one number, not a score for each class."
    if network.classes and len(network.classes) != shape.maps:
        return (
            f"The network gives {shape.maps} numbers, and {len(network.classes)} classes are named."
        )
    return ""
