"""Weights on disk: what is refused, by the tensor's name; and what folding keeps."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from generator.errors import NetworkError
from generator.network.weights import weights_file
from generator.network.zoo.embedded import zfnet_with
from generator.network.zoo.zfnet import ZFNet
from generator.training.model import TrainingNet, fold

PROVENANCE = weights_file.Provenance(("cat", "dog"), "drawn at random", "nothing")


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A weights file of a two-class network."""
    torch.manual_seed(0)
    path = tmp_path / "net.safetensors"
    weights_file.save(ZFNet(2), PROVENANCE, path)
    return path


def rewrite(path: Path, changes: dict[str, torch.Tensor | None]) -> None:
    """Put tensors into a weights file, or take them out."""
    tensors = load_file(path)
    for name, tensor in changes.items():
        if tensor is None:
            del tensors[name]
        else:
            tensors[name] = tensor
    save_file(tensors, path, {"classes": '["cat", "dog"]', "source": '""', "trained_on": '""'})


def test_what_is_saved_comes_back(weights: Path) -> None:
    """Provenance in full, tensors as float16 holds them."""
    net = ZFNet(2)
    digest = weights_file.load_into(net, weights)
    assert weights_file.provenance_of(weights) == PROVENANCE
    assert len(digest) == 64
    torch.manual_seed(0)
    for name, tensor in ZFNet(2).state_dict().items():
        assert torch.equal(net.state_dict()[name], tensor.half().float())


@pytest.mark.parametrize(
    ("name", "tensor", "words"),
    [
        ("features.conv3.bias", None, "is missing"),
        ("features.conv2.weight", torch.zeros(256, 96, 3, 3), "shape [256, 96, 3, 3]"),
        ("features.conv1.bias", torch.full((96,), float("nan")), "NaN"),
        ("features.conv9.bias", torch.zeros(3), "does not belong"),
    ],
)
def test_wrong_tensors_are_named(
    weights: Path, name: str, tensor: torch.Tensor | None, words: str
) -> None:
    """A missing, misshapen, broken or foreign tensor is an error that names it."""
    rewrite(weights, {name: tensor})
    net = ZFNet(2)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    with pytest.raises(NetworkError) as caught:
        weights_file.load_into(net, weights)
    assert name in str(caught.value)
    assert words in str(caught.value)
    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())


@pytest.mark.parametrize("content", [b"", b"not weights at all", b"\x08\0\0\0\0\0\0\0{broken}"])
def test_a_file_that_holds_no_weights_is_refused(tmp_path: Path, content: bytes) -> None:
    """Damaged files are named, with what to do."""
    path = tmp_path / "broken.safetensors"
    path.write_bytes(content)
    with pytest.raises(NetworkError, match=r"broken\.safetensors"):
        zfnet_with(path)


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
