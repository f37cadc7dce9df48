"""Files of weights: from anywhere, and those of this project."""

from __future__ import annotations

import argparse
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from generator.errors import NetworkError
from generator.files import hash_file
from generator.network.weights import weights_file
from generator.network.weights.weights_file import load_into, read_state
from generator.network.zoo.zfnet import ZFNet, zfnet_with
from tests.network.weights.test_state import net, same

PROVENANCE = weights_file.Provenance(("cat", "dog"), "drawn at random", "nothing")


def saved(folder: Path, content: Any, name: str = "net.pth") -> Path:
    """Save something as torch does."""
    torch.save(content, folder / name)
    return folder / name


class Schedule:
    """A class that a checkpoint may hold objects of, and that need not be there to read it."""

    def __init__(self) -> None:
        self.steps = [1, 2]


STATE = net(seed=1).state_dict()
CHECKPOINTS: dict[str, Any] = {
    "the state alone": STATE,
    "DataParallel": {f"module.{name}": tensor for name, tensor in STATE.items()},
    "Lightning": {
        "state_dict": {f"model.{name}": tensor for name, tensor in STATE.items()},
        "hyper_parameters": {"lr": 0.1},
        "optimizer_states": [torch.optim.Adam(net().parameters()).state_dict()],
    },
    "an optimizer": {
        "model_state_dict": STATE,
        "optimizer_state_dict": torch.optim.SGD(net().parameters(), 0.1).state_dict(),
        "loss": 0.1,
    },
    "numbers of numpy": {"net": STATE, "best": np.float64(0.9), "at": np.int64(3), "f": np.ones(3)},
    "arguments": {"model": STATE, "args": argparse.Namespace(lr=0.1, out=Path("out"))},
    "a history": {"state_dict": STATE, "losses": defaultdict(list, {"train": [0.5]})},
    "objects": {"model": STATE, "schedule": Schedule(), "range": range(3)},
    "an epoch as a number": {**STATE, "epoch": 3, 4: torch.zeros(1)},
    "deep inside": {"state": {"base": {"model": {"trunk": STATE}}}},
}


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("content", CHECKPOINTS.values(), ids=CHECKPOINTS)
def test_checkpoints_as_people_save_them(tmp_path: Path, content: Any, legacy: bool) -> None:
    """The network's tensors are found in them, whatever else they hold, however old the format."""
    file = tmp_path / "net.pth.tar"
    torch.save(content, file, _use_new_zipfile_serialization=not legacy)
    model = net()
    assert not same(model, net(seed=1))
    digest, filled = load_into(model, file)
    assert same(model, net(seed=1))
    assert (digest, filled.lacking) == (hash_file(file), "")


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


def test_one_of_two_networks_in_a_file_is_chosen_behind_a_colon(tmp_path: Path) -> None:
    """Other weights have another digest. A file whose own name has a colon is itself."""
    content = {"model": STATE, "model_ema": net(seed=2).state_dict(), "args": argparse.Namespace()}
    file = saved(tmp_path, content)
    with pytest.raises(
        NetworkError, match=r"net\.pth: the tensors under model and under model_ema"
    ):
        load_into(net(), file)
    model = net()
    first, _ = load_into(model, tmp_path / "net.pth:model")
    assert same(model, net(seed=1))
    second, filled = load_into(model, tmp_path / "net.pth:model_ema")
    assert same(model, net(seed=2))
    assert filled.note.startswith(
        "weights net.pth: the network's tensors are those under model_ema;"
    )
    assert len({first, second, hash_file(file)}) == 3
    with pytest.raises(NetworkError, match=r"net\.pth: holds no tensor of the network under ema$"):
        load_into(model, tmp_path / "net.pth:ema")
    load_into(model, saved(tmp_path, STATE, "net.pth:model"))
    assert same(model, net(seed=1))


@pytest.mark.parametrize("name", ["net.safetensors", "net.pth", "net"])
@pytest.mark.parametrize("safe", [False, True])
def test_a_file_is_known_by_its_content(tmp_path: Path, name: str, safe: bool) -> None:
    """Not by its ending."""
    if safe:
        save_file(STATE, tmp_path / name)
    else:
        saved(tmp_path, STATE, name)
    model = net()
    load_into(model, tmp_path / name)
    assert same(model, net(seed=1))


class Harmful:
    """What unpickling it would do, if it were unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("harm"),))


class Commanding:
    """As the other, by way of the shell."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, ("touch harm",))


class Quiet:
    """As the others, and what it gives is used no further."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, ("harm", "w"))


@pytest.mark.parametrize("legacy", [False, True])
def test_what_objects_would_do_is_not_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, legacy: bool
) -> None:
    """The tensors beside them can be read; a call that is only looked at runs nothing."""
    monkeypatch.chdir(tmp_path)
    torch.save({**STATE, "run": Quiet()}, "net.pth", _use_new_zipfile_serialization=not legacy)
    model = net()
    load_into(model, Path("net.pth"))
    assert same(model, net(seed=1))
    assert not Path("harm").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (Harmful(), "without other objects"),
        ({"0.weight": torch.zeros(1), "run": Harmful()}, "without other objects"),
        ({"0.weight": torch.zeros(1), "run": Commanding()}, r"GLOBAL \w+\.system whose module"),
        (Quiet(), r"an object of class io\.open, not tensors by name"),
        (
            net(),
            r"an object of class torch\.nn\..*Sequential, .*`torch\.save\(model\.state_dict\(\)",
        ),
        (
            {"epoch": 3, "model": net()},
            r"'model' is an object of class torch\.nn\..*Sequential, not",
        ),
        (
            Schedule(),
            r"an object of class tests\.network\.weights\.test_weights_file\.Schedule, not",
        ),
        (torch.zeros(3), "a value of type Tensor"),
        ([torch.zeros(3)], "a value of type list"),
        ({}, "an empty dict"),
        ({"state_dict": {}}, "a dict without tensors"),
        ({3: torch.zeros(1)}, "a dict without tensors"),
    ],
    ids=(
        "an object",
        "an object among tensors",
        "a command",
        "a call",
        "a whole module",
        "a whole module inside",
        "an object of one's own",
        "a tensor",
        "a list",
        "nothing",
        "nothing inside",
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


def test_whole_models_of_old_files_are_named(tmp_path: Path) -> None:
    """They hold the source of their classes."""
    torch.save(net(), tmp_path / "net.pth", _use_new_zipfile_serialization=False)
    with pytest.raises(
        NetworkError,
        match=r"net\.pth: .*\(it holds a whole model, with torch\.nn\..*\.Sequential\)"
        r"; save one with `torch\.save\(model\.state_dict\(\), FILE\)`$",
    ):
        read_state(tmp_path / "net.pth")


@pytest.mark.filterwarnings("ignore:.*torch.jit")  # it is deprecated
def test_torchscript_is_named(tmp_path: Path) -> None:
    """With its class, and how to save its tensors."""
    torch.jit.script(net()).save(tmp_path / "net.pt")  # type: ignore[no-untyped-call]
    with pytest.raises(
        NetworkError,
        match=r"^weights net\.pt: holds TorchScript, of class Sequential; save its tensors with "
        r"`torch\.save\(torch\.jit\.load\(FILE\)\.state_dict\(\), OTHER_FILE\)`$",
    ):
        read_state(tmp_path / "net.pt")


def test_a_zip_of_something_else_is_named(tmp_path: Path) -> None:
    """Arrays of numpy, say."""
    np.savez(tmp_path / "net.npz", weight=np.ones(3))
    with pytest.raises(NetworkError, match=r"net\.npz: neither safetensors nor .*'data\.pkl'"):
        read_state(tmp_path / "net.npz")


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


def test_what_is_saved_comes_back(weights: Path) -> None:
    """Provenance in full, tensors as float16 holds them."""
    net = ZFNet(2)
    digest, _ = load_into(net, weights)
    assert weights_file.provenance_of(weights) == PROVENANCE
    assert len(digest) == 64
    torch.manual_seed(0)
    for name, tensor in ZFNet(2).state_dict().items():
        assert torch.equal(net.state_dict()[name], tensor.half().float())


@pytest.mark.parametrize("content", [b"", b"not weights at all", b"\x08\0\0\0\0\0\0\0{broken}"])
def test_a_file_that_holds_no_weights_is_refused(tmp_path: Path, content: bytes) -> None:
    """Damaged files are named, with what to do."""
    path = tmp_path / "broken.safetensors"
    path.write_bytes(content)
    with pytest.raises(NetworkError, match=r"broken\.safetensors"):
        zfnet_with(path)
