"""A network with its weights drawn anew."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from generator.network.untrained import untrained
from tests.tiny_network import tiny_network


def weights(model: nn.Module) -> list[torch.Tensor]:
    """The kernels of a model's convolutions."""
    return [part.weight.detach() for part in model.modules() if isinstance(part, nn.Conv2d)]


def test_only_the_weights_are_new() -> None:
    """Shapes and layers stay, and the network given keeps what it had."""
    network = tiny_network()
    before = [kernel.clone() for kernel in weights(network.model)]
    other = untrained(network)
    assert other.layers == network.layers
    for old, kept, new in zip(before, weights(network.model), weights(other.model), strict=True):
        assert torch.equal(old, kept)
        assert new.shape == old.shape
        assert not torch.equal(new, old)
    biases = [part.bias for part in other.model.modules() if isinstance(part, nn.Conv2d)]
    assert all(bias is not None and not bias.any() for bias in biases)


def test_the_seed_decides_and_nothing_else() -> None:
    """Neither the global generator nor the memory format of the weights plays a part."""
    first = untrained(tiny_network())
    network = tiny_network()
    network.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    state = torch.random.get_rng_state()
    second = untrained(network)
    assert torch.equal(state, torch.random.get_rng_state())
    third = untrained(network, seed=1)
    for a, b, c in zip(*(weights(each.model) for each in (first, second, third)), strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)


def test_kernels_keep_signals_at_their_size() -> None:
    """He's rule: the variance is two over the number of inputs of a unit."""
    layer = nn.Conv2d(64, 128, 5)
    network = tiny_network()
    network.model.append(layer)  # type: ignore[operator]
    drawn = weights(untrained(network).model)[-1]
    assert drawn.var().item() == pytest.approx(2 / (64 * 25), rel=0.02)
