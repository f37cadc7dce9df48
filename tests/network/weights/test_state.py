"""A network's tensors: what fits is filled in, everything else is refused by name."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from generator.errors import NetworkError
from generator.network.weights.state import fill, state_digest


def net(classes: int = 4, seed: int = 0) -> nn.Module:
    """A convolution with batch normalisation, and a classifier."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.ReLU(), nn.Flatten(), nn.Linear(5, classes)
    )


def same(first: nn.Module, second: nn.Module) -> bool:
    """Whether two networks hold the same tensors."""
    ours, theirs = first.state_dict(), second.state_dict()
    return all(torch.equal(ours[name], theirs[name]) for name in ours | theirs)


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


class Noted(nn.Sequential):
    """Keeps a note beside its tensors."""

    note = "as it was"

    def get_extra_state(self) -> dict[str, str]:
        return {"note": self.note}

    def set_extra_state(self, state: dict[str, str]) -> None:
        self.note = state["note"]


def test_what_is_no_tensor_does_not_count() -> None:
    """Not for the digest."""
    assert "_extra_state" in Noted(*net()).state_dict()  # type: ignore[misc]
    assert state_digest(Noted(*net())) == state_digest(net())  # type: ignore[misc]


def test_what_is_no_tensor_stays() -> None:
    """While tensors are filled in."""
    model = Noted(*net())  # type: ignore[misc]
    model.note = "mine"
    fill(model, net(seed=1).state_dict(), "weights")
    assert model.note == "mine"
    assert state_digest(model) == state_digest(net(seed=1))
