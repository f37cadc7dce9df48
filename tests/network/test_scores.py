"""Scores of classes: found behind any head, and before a softmax."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
import torch

from generator.network.graph.trace import tensors_in
from generator.network.scores import scores_of
from tests.support.tiny_classifier import CLASSES, Head, tiny_classifier
from tests.support.tiny_network import tiny_network

IMAGES = torch.rand(2, 3, 24, 24, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("head", get_args(Head))
def test_scores_are_what_the_network_returns(head: Head) -> None:
    """Of several tensors the first; where it returns a softmax, what that is made of."""
    network = tiny_classifier(head)
    found = scores_of(network)
    assert (found.reason, found.classes) == ("", CLASSES)
    scores = found.graph.run(IMAGES.clone())[-1].flatten(1)
    returned = next(tensors_in(network.model(IMAGES.clone())))
    if head == "softmax":
        scores = scores.softmax(1)
    if head == "log_softmax":
        scores = scores.log_softmax(1)
    torch.testing.assert_close(scores, returned)


def test_the_scores_of_a_softmax_are_those_of_the_network_without_it() -> None:
    """Not probabilities: a softmax of them would be another answer."""
    plain, ended = (scores_of(tiny_classifier(head)).graph for head in ("linear", "softmax"))
    torch.testing.assert_close(ended.run(IMAGES.clone())[-1], plain.run(IMAGES.clone())[-1])


def test_classes_without_names_are_numbered() -> None:
    """As torchvision's networks with random weights have none."""
    found = scores_of(replace(tiny_classifier(), classes=()))
    assert found.classes == ("class 0", "class 1", "class 2")


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (tiny_network(), "The network gives maps, not a score for each class."),
        (
            replace(tiny_classifier(), classes=("a", "b")),
            "The network gives 3 numbers, and 2 classes are named.",
        ),
    ],
)
def test_without_scores_the_reason_is_a_sentence(network: object, reason: str) -> None:
    """It says what the network gives instead."""
    found = scores_of(network)  # type: ignore[arg-type]
    assert (found.reason, found.classes) == (reason, ())
    assert len(found.graph.watched) == 2
