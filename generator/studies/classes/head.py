"""From the maps of the last layer to the scores: what each of its filters adds to a class's score.

Where every number that the head weighs comes from one filter alone, as the mean of its map does,
and the rest is linear, a score is a sum over filters and a constant. The graph says whether that is
so, whatever the network is called. Otherwise stands activation times gradient, summed over a map.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass

import torch
from torch import Tensor

from generator.network.graph.graph import Graph, Node
from generator.network.graph.ops.convolution import Convolution
from generator.network.graph.ops.joints import Concatenation, Sum
from generator.network.graph.ops.moves import Gather, Selection
from generator.network.graph.ops.pointwise import LocalNormalisation, Pointwise
from generator.network.graph.ops.pools import AveragePool, MaxPool
from generator.network.graph.ops.relu import Rectifier
from generator.network.graph.ops.resampling import Interpolation, TransposedConvolution
from generator.network.graph.ops.scaling import Scaling
from generator.studies.classifier import Classifier, NoClasses

_MOVES = (Selection, Gather, Concatenation)
_POOLS = (MaxPool, AveragePool)
_OF_EACH_MAP = (Rectifier, Pointwise, Scaling)
MOST_WEIGHTS = 1 << 26  # of a linear head; with more its scores are taken apart by gradients
AT_ONCE = 1 << 24  # numbers of empty images
_LINEAR = (Convolution, TransposedConvolution, Interpolation, Scaling, Sum, AveragePool, *_MOVES)


@dataclass(frozen=True)
class Weighing:
    """A head that is linear on numbers of which each comes from one filter. p: those numbers.

    What it weighs with lies on the CPU: some devices have no float64.
    """

    front: tuple[Node, ...]  # make the numbers
    pooled: tuple[int, ...]  # values that hold them
    owner: Tensor  # [p] int64: the filter of each; −1 for a zero that is no filter's
    weight: Tensor  # [classes, p]
    bias: Tensor  # [classes]: the scores where all numbers are zero


@dataclass(frozen=True)
class Head:
    """The nodes between the last layer's maps and the scores."""

    below: Graph  # its watched values are `given`
    given: tuple[int, ...]  # the last layer's maps, then other values that the head reads
    nodes: tuple[Node, ...]
    scores: int
    weighing: Weighing | None  # None where a score is no sum over filters

    @classmethod
    def of(cls, classifier: Classifier) -> Head:
        """Find the head of a classifier, and whether it is linear.

        Raises NoClasses where the scores do not rest on the last layer.
        """
        graph = classifier.graph
        *_, maps, scores = graph.watched
        made = {maps}
        nodes = []
        for node in graph.behind([scores]).nodes:
            if made & {*node.inputs}:
                made.add(node.output)
                nodes.append(node)
        if scores not in made:
            title = classifier.network.layers[-1].title
            raise NoClasses(f"the scores of classes do not rest on {title}, the last layer")
        others = dict.fromkeys(v for node in nodes for v in node.inputs if v not in made)
        given = (maps, *others)
        weighing = None if others else _weighing(graph, nodes, classifier.network.device)
        return cls(graph.behind(given), given, tuple(nodes), scores, weighing)

    def run(self, given: Iterable[Tensor]) -> Tensor:
        """Return the scores [b, classes], for the values that `below` watches."""
        return _run(self.nodes, dict(zip(self.given, given, strict=True)))[self.scores].flatten(1)

    def numbers(self, maps: Tensor) -> Tensor:
        """Return the numbers [b, p] that a linear head weighs; float64, on the CPU."""
        assert self.weighing is not None
        found = _run(self.weighing.front, {self.given[0]: maps})
        return _flat(found, self.weighing.pooled).cpu().double()

    def summed(self, numbers: Tensor, classes: Tensor, filters: int) -> Tensor:
        """Return what each filter adds to one class's score [b, filters]; float64, on the CPU.

        `numbers` [b, p] are weighed for the classes [b]. A linear head adds its bias to their sum.
        """
        head = self.weighing
        assert head is not None
        owned = head.owner >= 0
        parts = numbers * head.weight[classes].double()
        found = torch.zeros(len(parts), filters, dtype=torch.float64)
        return found.index_add_(1, head.owner[owned], parts[:, owned])

    def by_gradient(self, given: list[Tensor], classes: Tensor) -> Tensor:
        """Return activation times gradient of one class's score, summed over maps.

        [b, filters], float64, on the CPU.
        """
        with torch.enable_grad():
            maps = given[0].clone().requires_grad_()
            scores = self.run([maps, *given[1:]])
            chosen = scores.gather(1, classes[:, None].to(scores.device)).sum()
            (gradient,) = torch.autograd.grad(chosen, maps)
        return (gradient.cpu().double() * given[0].cpu().double()).sum((2, 3))


def _weighing(graph: Graph, nodes: list[Node], device: torch.device) -> Weighing | None:
    """Return how the head weighs numbers of filters, None where it does anything else, or more."""
    *_, maps, scores = graph.watched
    shape, classes = graph.shapes[maps], graph.shapes[scores].maps
    numbered = torch.arange(shape.maps, dtype=torch.float32, device=device) + 1
    owners = {maps: numbered[None, :, None, None].expand(1, -1, shape.rows, shape.columns)}
    front, rest = [], []
    for node in nodes:
        made = _owners(node, owners) if owners.keys() >= {*node.inputs} else None
        if made is not None:
            across = graph.shapes[node.output]
            owners[node.output] = made.expand(-1, -1, across.rows, across.columns)
            front.append(node)
        elif isinstance(node.op, _LINEAR):
            rest.append(node)
        else:
            return None
    read = {value for node in rest for value in node.inputs} | {scores}
    pooled = tuple(value for value in owners if value in read)
    if classes * sum(graph.shapes[value].numbers for value in pooled) > MOST_WEIGHTS:
        return None
    weight, bias = _weights(graph, rest, pooled, device)
    return Weighing(
        front=tuple(front),
        pooled=pooled,
        owner=_flat(owners, pooled)[0].cpu().round().long() - 1,
        weight=weight,
        bias=bias,
    )


def _weights(
    graph: Graph, nodes: list[Node], pooled: tuple[int, ...], device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return what linear nodes weigh the pooled numbers with, [classes, p], and add, [classes]."""
    scores = graph.watched[-1]
    classes, rows, bias = graph.shapes[scores].maps, [], torch.empty(0)
    numbers = sum(graph.shapes[value].numbers for value in pooled)
    for some in torch.split(torch.arange(classes, device=device), max(1, AT_ONCE // numbers)):
        with torch.enable_grad():
            # One empty image for each class, whose own score alone is taken: its gradient is a row.
            empty = {
                value: torch.zeros(
                    len(some), *astuple(graph.shapes[value]), device=device, requires_grad=True
                )
                for value in pooled
            }
            found = _run(nodes, empty)[scores].flatten(1)
            own = found.gather(1, some[:, None]).sum()
            gradients = torch.autograd.grad(own, list(empty.values()))
        rows.append(torch.cat([each.flatten(1) for each in gradients], dim=1).cpu())
        bias = found[0].detach().cpu()
    return torch.cat(rows), bias


def _owners(node: Node, owners: dict[int, Tensor]) -> Tensor | None:
    """Return which filter, from 1 on, each number that a node makes is of; None where of several.

    As [1, c, h, w], where h and w are 1 if they are alike all over each map.
    """
    given, op = [owners[value] for value in node.inputs], node.op
    if isinstance(op, _MOVES):
        return op.forward(given)
    if isinstance(op, _OF_EACH_MAP) and not isinstance(op, LocalNormalisation):
        constant = not isinstance(op, Rectifier) and bool((given[0] == 0).any())
        return None if constant else given[0]  # what is no filter's would become a constant
    alike = given[0].amax((2, 3), keepdim=True)
    if isinstance(op, _POOLS) and bool((given[0] == alike).all()):
        return alike
    return None


def _run(nodes: Iterable[Node], values: dict[int, Tensor]) -> dict[int, Tensor]:
    """Return these values and those that the nodes make of them; none is written over."""
    values = dict(values)
    for node in nodes:
        values[node.output] = node.op.forward([values[value] for value in node.inputs])
    return values


def _flat(values: dict[int, Tensor], chosen: Iterable[int]) -> Tensor:
    """Return the numbers of some values, one behind the other: [b, p]."""
    return torch.cat([values[value].flatten(1) for value in chosen], dim=1)
