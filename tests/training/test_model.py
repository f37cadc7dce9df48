"""The network in training: its smoothing, its weight decay, and the plain network it becomes."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from generator.training.model import TrainingNet, fold
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


@pytest.mark.parametrize("seed", range(3))
def test_folding_keeps_the_function(seed: int) -> None:
    """The plain network, ReLU before pool and no normalisation, computes what was trained."""
    torch.manual_seed(seed)
    trained = TrainingNet(5).double()
    for norm in trained.norms:
        assert isinstance(norm, nn.BatchNorm2d)
        nn.init.uniform_(norm.weight, 0.2, 2)
        nn.init.normal_(norm.bias)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2)
    trained.eval()
    images = torch.randn(2, 3, 64, 64, dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(
            fold(trained).double()(images), trained(images), rtol=1e-4, atol=1e-4
        )


def test_folding_refuses_a_gain_that_would_turn_the_pool_around() -> None:
    """Max pooling and a decreasing function do not commute."""
    trained = TrainingNet(2)
    with torch.no_grad():
        gain = trained.norms[1].weight
        assert isinstance(gain, torch.Tensor)
        gain[3] = -1
    with pytest.raises(ValueError, match="layer 2"):
        fold(trained)
    trained.keep_gains_positive()
    fold(trained)
