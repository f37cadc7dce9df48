"""Small networks with a head, whose classes are the labels of drawn pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor, nn

from generator.network.watched import WatchedNetwork
from generator.network.zoo.zfnet import pooled_head
from tests.support.tiny_network import tiny_network

Head = Literal["linear", "maxima", "deep", "softmax", "log_softmax", "tuple", "dict"]
CLASSES = ("red_thing", "Green-Thing, leaf", "blue thing")


class _Network(nn.Module):
    """The tiny network's features with a head over pooled maps."""

    def __init__(self, features: nn.Sequential, head: Head) -> None:
        super().__init__()
        self.features, self.kind = features, head
        maps = 6 * (2 if head == "maxima" else 1)
        self.classifier = nn.Linear(maps, len(CLASSES))
        self.deep = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, len(CLASSES)))

    def forward(self, images: Tensor) -> object:
        maps = self.features(images)
        if self.kind == "maxima":
            return self.classifier(pooled_head(maps))
        pooled = maps.mean((2, 3))
        if self.kind == "deep":
            return self.deep(pooled)
        scores = self.classifier(pooled)
        ways: dict[str, Callable[[], object]] = {
            "softmax": lambda: scores.softmax(1),
            "log_softmax": lambda: nn.functional.log_softmax(scores, dim=1),
            "tuple": lambda: (scores, maps),
            "dict": lambda: {"scores": scores, "maps": maps},
        }
        return ways[self.kind]() if self.kind in ways else scores


def tiny_classifier(head: Head = "linear") -> WatchedNetwork:
    """The tiny network with a head: linear on means, on maxima and means, with a layer between."""
    network = tiny_network()
    assert isinstance(network.model, nn.Sequential)
    torch.manual_seed(11)
    model = _Network(network.model, head)
    for layer in (model.classifier, *model.deep):
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=3.0)  # so that answers differ between pictures
    model.eval().requires_grad_(False)
    modules = {"layer1": "features.1", "layer2": "features.4"}
    return replace(network, model=model, modules=modules, classes=CLASSES)
