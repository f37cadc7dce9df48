"""Weights from anywhere: what fits is filled in, everything else is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from generator.errors import NetworkError
from generator.network.weights.state import fill, state_digest
from generator.network.weights.state_file import file_digest, read_state


def net(classes: int = 4, seed: int = 0) -> nn.Module:
    """A convolution with batch normalisation, and a classifier."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.ReLU(), nn.Flatten(), nn.Linear(5, classes)
    )


def saved(folder: Path, content: Any, name: str = "net.pth") -> Path:
    """Save something as torch does."""
    torch.save(content, folder / name)
    return folder / name


def same(first: nn.Module, second: nn.Module) -> bool:
    """Whether two networks hold the same tensors."""
    ours, theirs = first.state_dict(), second.state_dict()
    return all(torch.equal(ours[name], theirs[name]) for name in ours | theirs)


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_state_dicts_of_torch_come_back(tmp_path: Path, wrapped: bool, prefix: str) -> None:
    """As they are, from DataParallel, and inside a checkpoint beside other plain values."""
    state: dict[str, Any] = {prefix + name: part for name, part in net(seed=1).state_dict().items()}
    content = {"epoch": 3, "state_dict": state, "best": 0.5} if wrapped else state
    model = net()
    assert not same(model, net(seed=1))
    fill(model, read_state(saved(tmp_path, content)), "weights")
    assert same(model, net(seed=1))


def test_a_model_that_has_the_prefix_itself_keeps_it(tmp_path: Path) -> None:
    """What it saved it can load, and so can the network inside."""
    wrapped = nn.Sequential()
    wrapped.add_module("module", net(seed=1))
    file = saved(tmp_path, wrapped.state_dict())
    other, inside = nn.Sequential(), net()
    other.add_module("module", net())
    fill(other, read_state(file), "weights")
    fill(inside, read_state(file), "weights")
    assert same(other, wrapped)
    assert same(inside, net(seed=1))


def test_safetensors_come_back(tmp_path: Path) -> None:
    """Known by their ending."""
    save_file(net(seed=1).state_dict(), tmp_path / "net.safetensors")
    model = net()
    fill(model, read_state(tmp_path / "net.safetensors"), "weights")
    assert same(model, net(seed=1))


def test_half_precision_is_taken_and_kept_in_full() -> None:
    """The model's types stay."""
    model = net()
    fill(model, net(seed=1).half().state_dict(), "weights")
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    assert torch.equal(model.get_parameter("4.bias"), net(seed=1).half().get_parameter("4.bias"))


def test_counts_of_training_steps_may_be_missing() -> None:
    """Files older than these counts still load."""
    state = net(seed=1).state_dict()
    del state["1.num_batches_tracked"]
    model = net()
    fill(model, state, "weights")
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


def without(state: dict[str, Tensor], *names: str) -> dict[str, Tensor]:
    """Leave tensors out of a state dict."""
    return {name: tensor for name, tensor in state.items() if name not in names}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: without(state, "0.bias"), r"weights x: tensor 0\.bias is missing$"),
        (
            lambda state: without(state, "0.bias", "4.bias"),
            r"tensor 0\.bias is missing; others that do not fit: 4\.bias$",
        ),
        (
            lambda state: {f"net.{name}": tensor for name, tensor in state.items()},
            r"tensor 0\.weight is missing; others that do not fit: 0\.bias, .*, …$",
        ),
        (lambda state: state | {"9.bias": torch.zeros(1)}, r"tensor 9\.bias does not belong"),
        (
            lambda state: state | {"0.weight": torch.zeros(5, 3, 5, 5)},
            r"0\.weight has shape \[5, 3, 5, 5\], the network needs \[5, 3, 3, 3\]$",
        ),
        (lambda state: state | {"0.bias": torch.full((5,), float("nan"))}, r"0\.bias holds NaN"),
        (lambda state: state | {"4.bias": torch.full((4,), float("inf"))}, r"4\.bias holds NaN"),
        (lambda state: state | {"0.bias": torch.zeros(5).char()}, r"0\.bias holds torch\.int8"),
        (
            lambda state: state | {"0.bias": torch.zeros(5, dtype=torch.complex64)},
            r"0\.bias holds torch\.complex64",
        ),
        (lambda state: state | {"0.bias": torch.zeros(5).to_sparse()}, r"0\.bias holds .*plain"),
        (lambda state: state | {"0.bias": torch.zeros(5, device="meta")}, r"0\.bias holds .*plain"),
        (
            lambda _state: net(classes=7).state_dict(),
            r"4\.weight has shape \[7, 5\].*Only the number of classes differs, 7 and 4: ",
        ),
    ],
    ids=(
        "one missing",
        "two missing",
        "all under other names",
        "foreign",
        "another shape",
        "NaN",
        "infinity",
        "integers",
        "complex numbers",
        "sparse",
        "no numbers",
        "other classes",
    ),
)
def test_tensors_that_do_not_fit_are_named(change: Any, words: str) -> None:
    """What is wrong with the first, the names of the next; the model is as it was."""
    model = net()
    with pytest.raises(NetworkError, match=words):
        fill(model, change(dict(net(seed=1).state_dict())), "weights x")
    assert same(model, net())


def test_the_digest_is_that_of_all_tensors() -> None:
    """Equal for equal networks, whatever lies where in memory; other for the smallest change."""
    first = net()
    assert state_digest(first) == state_digest(net())
    aligned = net().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    assert state_digest(aligned) == state_digest(first)
    seen = {state_digest(first)}
    for name in ("0.weight", "1.running_var", "1.num_batches_tracked", "4.bias"):
        other = net()
        other.state_dict()[name].flatten()[-1] += 1
        seen.add(state_digest(other))
    seen.add(state_digest(net().half()))
    assert len(seen) == 6


def test_the_digest_of_a_file_is_its_sha256(tmp_path: Path) -> None:
    """As `sha256sum` prints it (FIPS 180-2, appendix B.1)."""
    (tmp_path / "abc").write_bytes(b"abc")
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert file_digest(tmp_path / "abc") == known
