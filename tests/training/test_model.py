"""The smoothing and the weight decay of the network in training."""

from __future__ import annotations

from dataclasses import replace

import torch

from generator.training.model import TrainingNet
from generator.training.recipe import EMBEDDED
from generator.training.roughness import roughness


def test_what_is_smoothed_is_the_first_layer_alone() -> None:
    """Its kernels lose their rough part, and keep the rest."""
    torch.manual_seed(0)
    net = TrainingNet(2)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    for _ in range(100):
        net.smooth(0.1)
    after = net.state_dict()
    changed = {name for name, tensor in after.items() if not torch.equal(tensor, before[name])}
    assert changed == {"convolutions.0.weight"}
    kernels = after["convolutions.0.weight"]
    assert float(roughness(kernels).max()) < 0.1 * float(
        roughness(before["convolutions.0.weight"]).min()
    )


def test_layers_one_and_two_have_a_weight_decay_of_their_own() -> None:
    """Every parameter is in one group; biases and gains are never decayed."""
    net = TrainingNet(3)
    recipe = replace(EMBEDDED, weight_decay=0.25, first_weight_decay=0.5)
    found = {
        id(parameter): group["weight_decay"]
        for group in net.parameter_groups(recipe)
        for parameter in group["params"]
    }
    names = {name: found.pop(id(parameter)) for name, parameter in net.named_parameters()}
    assert found == {}
    first = {f"convolutions.{number}.weight" for number in (0, 1)}
    others = {f"convolutions.{number}.weight" for number in (2, 3, 4)} | {"classifier.weight"}
    for name, decay in names.items():
        assert decay == (0.5 if name in first else 0.25 if name in others else 0), name
