"""A network with its weights drawn anew."""

from __future__ import annotations

import threading

import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from generator.errors import NetworkError
from generator.network.zoo.untrained import untrained
from tests.support.tiny_network import tiny_network


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


def normed(how: str) -> nn.Module:
    """A convolution whose weight is computed from something else."""
    layer: nn.Module = nn.Conv2d(6, 5, 3)
    if how == "weight norm":
        layer = nn.utils.parametrizations.weight_norm(layer)
    elif how == "spectral norm":
        layer = nn.utils.parametrizations.spectral_norm(layer)
    elif how == "old spectral norm":
        layer = nn.utils.spectral_norm(layer)
    else:
        prune.random_unstructured(layer, "weight", 0.3)  # type: ignore[no-untyped-call]
    layer.eval()
    return layer.requires_grad_(False)


@pytest.mark.parametrize("how", ["weight norm", "spectral norm", "old spectral norm", "pruning"])
def test_weights_that_are_computed_are_drawn_too(how: str) -> None:
    """Nothing that was learned is left, by whatever name."""
    network = tiny_network()
    layer, images = normed(how), torch.randn(1, 6, 9, 9)
    learned = layer(images)
    network.model.append(layer)  # type: ignore[operator]
    twin = list(untrained(network).model.children())[-1]
    assert isinstance(twin, nn.Conv2d)
    drawn = twin(images)
    assert abs(float(torch.corrcoef(torch.stack([learned.flatten(), drawn.flatten()]))[0, 1])) < 0.9
    assert twin.weight.var().item() == pytest.approx(2 / (6 * 9), rel=0.3)


def test_whatever_can_begin_afresh_does() -> None:
    """Other normalisations and transposed convolutions."""
    network = tiny_network()
    parts = [nn.GroupNorm(2, 6), nn.ConvTranspose2d(6, 4, 3), nn.BatchNorm1d(3)]
    for part in parts:
        nn.init.constant_(part.weight, 7.0)  # type: ignore[arg-type]
        network.model.append(part)  # type: ignore[operator]
    for part in list(untrained(network).model.children())[-3:]:
        assert isinstance(part.weight, torch.Tensor)
        assert not (part.weight == 7).any()


class Holding(nn.Module):
    """Tensors that no module of torch knows, of several kinds."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.raw = nn.Parameter(0.3 * torch.randn(40, 30, 3, 3) + 0.1)
        self.register_buffer("kept", 2 * torch.randn(200, 60), persistent=False)
        self.register_buffer("mean", torch.rand(1, 3, 1, 1))
        self.register_buffer("index", torch.arange(12).reshape(3, 4))
        self.register_buffer("mask", torch.full((9, 9), -torch.inf).triu(1))
        self.register_buffer("even", torch.full((1, 1, 3, 3), 1 / 9))


class Beginning(nn.ConvTranspose2d):
    """A part of torch that starts afresh, with a kernel more that it does not know of."""

    def __init__(self) -> None:
        super().__init__(6, 8, 3)
        self.more = nn.Parameter(torch.randn(50, 50))


def test_kernels_that_no_module_knows_are_drawn_too() -> None:
    """With mean and spread as before; what is no kernel stays."""
    network = tiny_network()
    network.model.append(Holding())  # type: ignore[operator]
    network.model.append(Beginning())  # type: ignore[operator]
    (old, before), (new, after) = (
        list(model.children())[-2:] for model in (network.model, untrained(network).model)
    )
    for trained, drawn in (
        (old.raw, new.raw),
        (old.kept, new.kept),
        (before.more, after.more),
        (before.weight, after.weight),
    ):
        assert isinstance(trained, torch.Tensor)
        assert isinstance(drawn, torch.Tensor)
        both = torch.stack([trained.detach().flatten(), drawn.flatten()])
        assert abs(float(torch.corrcoef(both)[0, 1])) < 0.1
    for name in ("raw", "kept"):
        trained, drawn = (
            part.get_parameter(name) if name == "raw" else part.get_buffer(name)
            for part in (old, new)
        )
        assert drawn.mean().item() == pytest.approx(trained.mean().item(), abs=0.05)
        assert drawn.std().item() == pytest.approx(trained.std().item(), rel=0.05)
    for name in ("mean", "index", "mask", "even"):
        assert torch.equal(new.get_buffer(name), old.get_buffer(name))


def test_a_network_that_cannot_be_copied_is_refused() -> None:
    """With the reason."""
    network = tiny_network()
    network.model.lock = threading.Lock()  # type: ignore[assignment]
    with pytest.raises(NetworkError, match=r"cannot be copied.*lock"):
        untrained(network)


def test_kernels_keep_signals_at_their_size() -> None:
    """He's rule: the variance is two over the number of inputs of a unit."""
    layer = nn.Conv2d(64, 128, 5)
    network = tiny_network()
    network.model.append(layer)  # type: ignore[operator]
    drawn = weights(untrained(network).model)[-1]
    assert drawn.var().item() == pytest.approx(2 / (64 * 25), rel=0.02)


def test_no_method_of_the_network_is_called() -> None:
    """A person's class may give `train` and `eval` another meaning."""
    network = tiny_network()
    network.model.train = network.model.eval = lambda _loader: 1 / 0  # type: ignore[assignment,method-assign,misc]
    model = untrained(network).model
    assert not any(part.training for part in model.modules())
    assert not any(weight.requires_grad for weight in model.parameters())
