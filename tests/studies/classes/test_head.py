"""What filters add to a score: against sums by hand, and added up again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from generator.config import Settings
from generator.network.watched import WatchedNetwork
from generator.network.zoo.load import load
from generator.studies.classes import head as head_module
from generator.studies.classes.head import Head
from generator.studies.classifier import Classifier, NoClasses
from tests.oracles.classes import linear_parts, slopes
from tests.support.tiny_classifier import CLASSES, tiny_classifier
from tests.support.tiny_network import tiny_network

EXACT = ("linear", "maxima", "softmax", "log_softmax", "tuple", "dict")


def pictures(network: WatchedNetwork, count: int = 3) -> Tensor:
    """Return images, alike for every run."""
    source = torch.Generator().manual_seed(3)
    return torch.randn(count, 3, *network.input_size, generator=source)


def found(network: WatchedNetwork) -> tuple[Head, list[Tensor], Tensor]:
    """Return the head, what it reads of some images, and their scores."""
    classifier = Classifier.of(network)
    head, images = Head.of(classifier), pictures(network)
    with torch.no_grad():
        given = head.below.run(images.clone())
        torch.testing.assert_close(head.run(given), classifier.scores(images.clone()))
        return head, given, head.run(given)


def sums(network: WatchedNetwork) -> float:
    """Return how far contributions and bias are from a score, at most.

    Relative to the largest of the image's scores: one near zero is a difference of large numbers.
    """
    head, given, scores = found(network)
    assert head.weighing is not None
    worst = 0.0
    for number in range(0, scores.shape[1], max(1, scores.shape[1] // 7)):
        classes = torch.full((len(scores),), number)
        parts = head.summed(head.numbers(given[0]), classes, given[0].shape[1])
        whole = parts.sum(1) + head.weighing.bias[number].double()
        away = (whole - scores[:, number].double()).abs() / scores.double().abs().amax(1)
        worst = max(worst, float(away.max()))
    return worst


@pytest.mark.parametrize("kind", EXACT)
def test_a_linear_head_is_summed_by_hand(kind: Any) -> None:
    """Weight times maximum and mean of each map, whatever the network returns them in."""
    network = tiny_classifier(kind)
    head, given, _ = found(network)
    layer = network.model.get_submodule("classifier")
    assert isinstance(layer, nn.Linear)
    for number in range(len(CLASSES)):
        classes = torch.full((3,), number)
        parts = head.summed(head.numbers(given[0]), classes, 6)
        truth = [linear_parts(maps, layer, number, maxima=kind == "maxima") for maps in given[0]]
        torch.testing.assert_close(parts.float(), torch.tensor(truth))
    assert sums(network) < 1e-5


@pytest.mark.parametrize("name", ["zfnet", "torchvision:resnet18:random"])
def test_contributions_and_bias_are_the_score(name: str) -> None:
    """Of the embedded network, with two numbers of each filter, and of one with a mean of each."""
    network = load(Settings(network=name))
    assert sums(network) < 1e-5


@pytest.mark.parametrize("kind", ["linear", "maxima", "deep"])
def test_activation_times_gradient(kind: Any) -> None:
    """The slope along the scale of a map; of a linear head the same as what it adds."""
    network = tiny_classifier(kind)
    head, given, _ = found(network)
    assert (head.weighing is None) == (kind == "deep")
    model = network.model.double()

    def score(maps: Tensor) -> Tensor:
        kept, model.features = model.features, nn.Identity()
        try:
            scores: Tensor = model(maps)
        finally:
            model.features = kept
        return scores

    classes = torch.tensor([0, 1, 2])
    parts = Head.of(Classifier.of(tiny_classifier(kind))).by_gradient(given, classes)
    for maps, number, line in zip(given[0], classes.tolist(), parts, strict=True):
        truth = torch.tensor(slopes(score, maps, number), dtype=torch.float64)
        torch.testing.assert_close(line, truth, rtol=1e-3, atol=1e-5)


class Flat(nn.Module):
    """The tiny network with all its units weighed one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.features, self.head = tiny_network().model, nn.Linear(6 * 10 * 10, 3)

    def forward(self, images: Tensor) -> Tensor:
        scores: Tensor = self.head(self.features(images).flatten(1))
        return scores


class PerMap(Flat):
    """… whose maps are scaled and rectified each by itself before they are weighed."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.head = nn.BatchNorm2d(6), nn.Linear(6, 3)
        self.norm.bias.data.uniform_(-1, 1)

    def forward(self, images: Tensor) -> Tensor:
        maps = nn.functional.relu(self.norm(self.features(images)))
        scores: Tensor = self.head(maps.mean((2, 3)))
        return scores


class Beside(Flat):
    """… with another way to the scores, around the last layer."""

    def __init__(self) -> None:
        super().__init__()
        self.head, self.other = nn.Linear(6, 3), nn.Linear(3, 3)

    def forward(self, images: Tensor) -> Tensor:
        means = self.features(images).mean((2, 3)), images.mean((2, 3))
        scores: Tensor = self.head(means[0]) + self.other(means[1])
        return scores


class Among(Flat):
    """… whose maps are divided by those beside them first."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.head = nn.LocalResponseNorm(3), nn.Linear(6, 3)

    def forward(self, images: Tensor) -> Tensor:
        scores: Tensor = self.head(self.norm(self.features(images)).mean((2, 3)))
        return scores


class Pooled(Flat):
    """… whose maps are the classes."""

    def forward(self, images: Tensor) -> Tensor:
        scores: Tensor = nn.functional.adaptive_avg_pool2d(self.features(images), 1).flatten(1)
        return scores


@pytest.mark.parametrize(
    ("kind", "exact"),
    [(Flat, True), (PerMap, True), (Pooled, True), (Beside, False), (Among, False)],
)
def test_the_graph_says_whether_it_is_exact(kind: type[Flat], exact: bool) -> None:
    """Not the kind of network: what lies between the last layer and the scores."""
    torch.manual_seed(2)
    model = kind().eval().requires_grad_(False)
    modules = {"layer1": "features.1", "layer2": "features.4"}
    network = replace(tiny_network(), model=model, modules=modules, classes=())
    head, given, _ = found(network)
    assert (head.weighing is not None) == exact
    if not exact:
        assert head.by_gradient(given, torch.zeros(3, dtype=torch.int64)).shape == (3, 6)
        return
    if kind is not Pooled:  # where a dead filter's class has the score 0
        assert sums(network) < 1e-5
        return
    parts = head.summed(head.numbers(given[0]), torch.full((3,), 2), 6)
    assert (parts[:, [0, 1, 3, 4, 5]] == 0).all()
    torch.testing.assert_close(parts[:, 2].float(), given[0][:, 2].mean((1, 2)))


class Aside(nn.Module):
    """Scores from one layer, and a layer beside the way to them."""

    def __init__(self) -> None:
        super().__init__()
        self.below, self.side = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 3)
        self.relu, self.head = nn.ReLU(), nn.Linear(4, 3)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.relu(self.below(images))
        return self.head(maps.mean((2, 3))), self.side(maps)


def test_a_last_layer_beside_the_way_to_the_scores_is_a_reason() -> None:
    """It says which layer, as part of a sentence."""
    model = Aside().eval().requires_grad_(False)
    modules = {"layer1": "relu", "layer2": "side"}
    network = replace(tiny_network(), model=model, modules=modules, classes=())
    with pytest.raises(NoClasses, match=r"^the scores of classes do not rest on Layer 2, the last"):
        Head.of(Classifier.of(network))
    Head.of(Classifier.of(replace(network, modules={"layer1": "relu"})))


class Padded(nn.Module):
    """A map of zeros beside those of the layer, which batch normalisation makes a constant."""

    def __init__(self) -> None:
        super().__init__()
        self.below, self.relu = nn.Conv2d(3, 4, 3), nn.ReLU()
        self.norm, self.head = nn.BatchNorm2d(5), nn.Linear(5, 3)
        nn.init.ones_(self.norm.bias)

    def forward(self, images: Tensor) -> Tensor:
        maps = nn.functional.pad(self.relu(self.below(images)), (0, 0, 0, 0, 0, 1))
        scores: Tensor = self.head(self.norm(maps).mean((2, 3)))
        return scores


def test_a_constant_that_is_no_filters_belongs_to_the_bias() -> None:
    """What the filters add and the bias are the score all the same."""
    model = Padded().eval().requires_grad_(False)
    network = replace(tiny_network(), model=model, modules={"layer1": "relu"}, classes=())
    assert sums(network) < 1e-5


def test_a_head_of_too_many_weights_is_not_weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is taken apart by gradients; some rows at a time give the same weights as all."""
    network = tiny_classifier("maxima")
    whole, *_ = found(network)
    assert whole.weighing is not None
    monkeypatch.setattr(head_module, "AT_ONCE", 12)
    parts, *_ = found(network)
    assert parts.weighing is not None
    torch.testing.assert_close(parts.weighing.weight, whole.weighing.weight)
    torch.testing.assert_close(parts.weighing.bias, whole.weighing.bias)
    monkeypatch.setattr(head_module, "MOST_WEIGHTS", 35)  # it has 36
    none, *_ = found(network)
    assert none.weighing is None
