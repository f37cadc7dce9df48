"""Files of weights: from anywhere, and those of this project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from generator.errors import NetworkError
from generator.network.weights import weights_file
from generator.network.weights.weights_file import load_into, read_state
from generator.network.zoo.zfnet import ZFNet, zfnet_with
from generator.training.model import TrainingNet, fold
from tests.network.weights.test_state import net, same

PROVENANCE = weights_file.Provenance(("cat", "dog"), "drawn at random", "nothing")


def saved(folder: Path, content: Any, name: str = "net.pth") -> Path:
    """Save something as torch does."""
    torch.save(content, folder / name)
    return folder / name


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_state_dicts_of_torch_come_back(tmp_path: Path, wrapped: bool, prefix: str) -> None:
    """As they are, from DataParallel, and inside a checkpoint beside other plain values."""
    state: dict[str, Any] = {prefix + name: part for name, part in net(seed=1).state_dict().items()}
    content = {"epoch": 3, "state_dict": state, "best": 0.5} if wrapped else state
    model = net()
    assert not same(model, net(seed=1))
    load_into(model, saved(tmp_path, content))
    assert same(model, net(seed=1))


def test_a_model_that_has_the_prefix_itself_keeps_it(tmp_path: Path) -> None:
    """What it saved it can load, and so can the network inside."""
    wrapped = nn.Sequential()
    wrapped.add_module("module", net(seed=1))
    file = saved(tmp_path, wrapped.state_dict())
    other, inside = nn.Sequential(), net()
    other.add_module("module", net())
    load_into(other, file)
    load_into(inside, file)
    assert same(other, wrapped)
    assert same(inside, net(seed=1))


def test_safetensors_come_back(tmp_path: Path) -> None:
    """Known by their ending."""
    save_file(net(seed=1).state_dict(), tmp_path / "net.safetensors")
    model = net()
    load_into(model, tmp_path / "net.safetensors")
    assert same(model, net(seed=1))


class Harmful:
    """What unpickling it would do, if it were unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("harm"),))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (Harmful(), "without other objects"),
        ({"0.weight": torch.zeros(1), "run": Harmful()}, "without other objects"),
        (net(), r"torch\.save\(model\.state_dict\(\), FILE\)"),
        (torch.zeros(3), "a value of type Tensor"),
        ([torch.zeros(3)], "a value of type list"),
        ({}, "an empty dict"),
        ({"state_dict": {}}, "an empty dict"),
        ({"weight": torch.zeros(1), "epoch": 3}, "'epoch' is a value of type int"),
        ({"model": {"weight": torch.zeros(1)}}, "'model' is a value of type dict"),
        ({3: torch.zeros(1)}, "entry 3"),
    ],
    ids=(
        "an object",
        "an object among tensors",
        "a whole module",
        "a tensor",
        "a list",
        "nothing",
        "nothing inside",
        "a number among tensors",
        "another wrapping",
        "a number as a name",
    ),
)
def test_anything_but_tensors_by_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: Any, words: str
) -> None:
    """The file and what it holds are named, and no code in it runs."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NetworkError, match=rf"net\.pth.*{words}") as caught:
        read_state(saved(tmp_path, content))
    assert not (tmp_path / "harm").exists()
    assert "weights_only" not in str(caught.value)  # no advice to switch the guard off
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["none.pth", "none.safetensors", "folder.pth"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    """Missing ones and folders."""
    (tmp_path / "folder.pth").mkdir()
    with pytest.raises(NetworkError, match=f"{name}: cannot be read"):
        read_state(tmp_path / name)


@pytest.mark.parametrize("legacy", [False, True])
def test_damaged_files_are_named_or_whole(tmp_path: Path, legacy: bool) -> None:
    """Cut short or overwritten anywhere, a file raises nothing but our own error."""
    path = tmp_path / "net.pth"
    torch.save(net().state_dict(), path, _use_new_zipfile_serialization=not legacy)
    whole = path.read_bytes()
    refused = 0
    for place in range(0, len(whole), len(whole) // 40):
        for damaged in (whole[:place], whole[:place] + b"\xff\x00abc" + whole[place + 5 :]):
            path.write_bytes(damaged)
            try:
                read_state(path)
            except NetworkError as problem:
                assert "net.pth" in str(problem)  # noqa: PT017 - not every damage must be seen
                refused += 1
    assert refused > 20


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
    digest = load_into(net, weights)
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
        load_into(net, weights)
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
