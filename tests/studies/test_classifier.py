"""What a network answers, with its gradient at the pixels."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from generator.studies.classifier import Classifier, NoClasses
from tests.support.tiny_classifier import tiny_classifier
from tests.support.tiny_network import tiny_network

IMAGES = torch.rand(2, 3, 24, 24, generator=torch.Generator().manual_seed(3))


def test_maps_and_scores_are_the_networks_own() -> None:
    """Of each layer the shown filters, and of each class the score."""
    network = tiny_classifier("maxima")
    classifier = Classifier.of(network)
    maps, scores = classifier.maps(IMAGES.clone()), classifier.scores(IMAGES.clone())
    features = network.model.get_submodule("features")
    torch.testing.assert_close(maps[1], features(IMAGES.clone()))
    assert [each.shape[1] for each in maps] == [4, 6]
    torch.testing.assert_close(scores, network.model(IMAGES.clone()))


@pytest.mark.parametrize("head", ["linear", "maxima", "deep"])
def test_the_gradient_is_that_of_small_steps(head: str) -> None:
    """Central differences, in float64, for some pixels of one class."""
    network = tiny_classifier(head)  # type: ignore[arg-type]
    classifier = Classifier.of(network)
    image = IMAGES[:1].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(classifier.scores(image)[0, 1], image)
    model = network.model.double()
    for at in ((0, 0, 5, 7), (0, 2, 12, 12), (0, 1, 20, 3)):
        ends = []
        for step in (1e-6, -1e-6):
            moved = IMAGES[:1].double()
            moved[at] += step
            ends.append(model(moved)[0, 1])
        slope = (ends[0] - ends[1]) / 2e-6
        assert float(gradient[at]) == pytest.approx(float(slope), rel=1e-3, abs=1e-6)


def test_without_classes_the_reason_continues_a_sentence() -> None:
    """As the line of a study that is left out needs it."""
    with pytest.raises(NoClasses, match=r"^the network gives maps, not a score for each class$"):
        Classifier.of(tiny_network())


def test_features_of_an_image_are_no_classes() -> None:
    """A network that returns its maps in one row gives more numbers than there are classes."""
    network = tiny_network()
    model = torch.nn.Sequential(
        network.model, torch.nn.Flatten(), torch.nn.Linear(6 * 10 * 10, 25_001, bias=False)
    )
    wide = replace(network, model=model.eval(), modules={"layer1": "0.1"}, classes=())
    with pytest.raises(NoClasses, match=r"^the network gives 25,001 numbers, too many for scores"):
        Classifier.of(wide)
