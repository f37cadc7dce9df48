"""A network's tensors: what fits is filled in, everything else is named."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from generator.errors import NetworkError
from generator.network.weights.state import Filled, fill, state_digest


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


def under(prefix: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Put something before every name of a state dict."""
    return {prefix + name: tensor for name, tensor in state.items()}


PREFIXES = (
    "module.",
    "_orig_mod.",
    "model.",
    "backbone.",
    "module.encoder_q.",
    "_orig_mod.module.",
    "classy_state_dict.base_model.model.trunk.",
)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_what_stands_before_all_names_is_taken_off(prefix: str) -> None:
    """Whatever it is, and it is said; tensors beside it are left out."""
    model, state = net(), dict(net(seed=1).state_dict())
    assert fill(model, under(prefix, state), "weights x").note == (
        f"weights x: the network's tensors are those under {prefix[:-1]}"
    )
    assert same(model, net(seed=1))
    model, others = net(), {"queue": torch.zeros(2), "4.weight": torch.zeros(9)}
    found = fill(model, under(prefix, state) | others, "weights x")
    assert found.note.endswith(f"under {prefix[:-1]}; left out: queue, 4.weight")
    assert same(model, net(seed=1))


def test_what_does_not_belong_is_left_out_and_named() -> None:
    """A loss beside the network, say; of many the first five."""
    model, state = net(), dict(net(seed=1).state_dict())
    found = fill(model, {"loss.weight": torch.ones(4)} | state, "weights x")
    assert (found.note, found.lacking) == ("weights x: left out: loss.weight", "")
    assert same(model, net(seed=1))
    found = fill(model, state | {f"9.{n}": torch.ones(4) for n in range(6)}, "weights x")
    assert found.note == "weights x: left out: 9.0, 9.1, 9.2, 9.3, 9.4, …"


def test_a_network_that_fits_as_it_is_needs_no_word() -> None:
    """Nor does it matter that a part of the file holds the network once more."""
    state = dict(net(seed=1).state_dict())
    model = net()
    assert fill(model, state, "weights x") == Filled()
    found = fill(model, under("average.", net(seed=2).state_dict()) | state, "weights x")
    assert "under" not in found.note
    assert same(model, net(seed=1))


def test_of_several_parts_that_with_most_tensors_is_taken() -> None:
    """An average without batch normalisation's buffers is no second network."""
    average = without(net(seed=2).state_dict(), "1.running_mean", "1.running_var")
    model = net()
    fill(model, under("ema.", average) | under("model.", net(seed=1).state_dict()), "weights x")
    assert same(model, net(seed=1))


def test_parts_that_fit_alike_are_named_and_one_can_be_chosen() -> None:
    """By its name, or the beginning of that."""
    tensors = under("model.module.", net(seed=1).state_dict())
    tensors |= under("model_ema.", net(seed=2).state_dict())
    model = net()
    with pytest.raises(
        NetworkError,
        match=r"^weights x: the tensors under model\.module and under model_ema fit alike; "
        r"say which, as in --weights FILE:model\.module$",
    ):
        fill(model, tensors, "weights x")
    assert same(model, net())
    for part, seed in (("model_ema", 2), ("model", 1), ("model.module", 1)):
        fill(model, tensors, "weights x", part)
        assert same(model, net(seed=seed))
    with pytest.raises(
        NetworkError, match=r"^weights x: holds no tensor of the network under mod$"
    ):
        fill(model, tensors, "weights x", "mod")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_every_tensor_may_be_of_another_precision(dtype: torch.dtype) -> None:
    """A count of steps too, where all of a state dict was converted, and it did not fit there."""
    state = {name: tensor.to(dtype) for name, tensor in net(seed=1).state_dict().items()}
    state["1.num_batches_tracked"] = torch.tensor(float("inf"), dtype=dtype)
    model = net()
    assert fill(model, state, "weights") == Filled()
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    for name, weight in net(seed=1).named_parameters():
        assert torch.equal(model.get_parameter(name), weight.to(dtype).float())


@pytest.mark.parametrize(
    ("change", "names", "words"),
    [
        (lambda state: without(state, "0.bias"), ["0.bias"], r"tensor 0\.bias is missing$"),
        (
            lambda state: without(state, "0.bias", "4.bias"),
            ["0.bias", "4.bias"],
            r"tensor 0\.bias is missing; others that do not fit: 4\.bias$",
        ),
        (
            lambda state: {"head.4.bias": state["4.bias"]},
            ["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "…"],
            r"tensor 0\.weight is missing; others that do not fit: 0\.bias, .*, …$",
        ),
        (
            lambda state: state | {"0.weight": torch.zeros(5, 3, 5, 5)},
            ["0.weight"],
            r"0\.weight has shape \[5, 3, 5, 5\], the network needs \[5, 3, 3, 3\]$",
        ),
        (
            lambda _state: dict(net(classes=7).state_dict()),
            ["4.weight", "4.bias"],
            r"4\.weight has shape \[7, 5\].*Only the number of classes differs, 7 and 4: ",
        ),
    ],
    ids=("one missing", "two missing", "nearly all missing", "another shape", "other classes"),
)
def test_what_is_missing_or_of_another_shape_is_poisoned(
    change: Any, names: list[str], words: str
) -> None:
    """It is NaN afterwards; all else is filled in. The error waits for a layer that needs it."""
    model, state = net(), change(dict(net(seed=1).state_dict()))
    found = fill(model, state, "weights x")
    assert re.match(f"weights x: .*{words}", found.lacking)
    assert found.note.endswith(f"no watched layer needs: {', '.join(names)}")
    for name, tensor in model.state_dict().items():
        if name in names:
            assert bool(tensor.isnan().all())
        elif "…" not in names:
            assert torch.equal(tensor, state[name])


def test_a_tensor_with_two_names_needs_one_only() -> None:
    """Safetensors keep what is shared once."""

    def tied(seed: int) -> nn.Module:
        torch.manual_seed(seed)
        first, second = nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3)
        second.weight = first.weight
        return nn.Sequential(first, second)

    for left in ("0.weight", "1.weight"):
        model = tied(0)
        fill(model, without(tied(1).state_dict(), left), "weights")
        assert same(model, tied(1))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda state: {name.replace("0.", "conv."): torch.zeros(9) for name in state},
            r"weights x: tensor 0\.weight is missing; others that do not fit: 0\.bias, .*, …$",
        ),
        (lambda state: state | {"0.bias": torch.full((5,), float("nan"))}, r"0\.bias holds NaN"),
        (lambda state: state | {"4.bias": torch.full((4,), float("inf"))}, r"4\.bias holds NaN"),
        (lambda state: state | {"0.bias": torch.zeros(5).char()}, r"0\.bias holds torch\.int8"),
        (lambda state: state | {"0.bias": torch.zeros(5) > 0}, r"0\.bias holds torch\.bool"),
        (
            lambda state: state | {"0.bias": torch.zeros(5, dtype=torch.complex64)},
            r"0\.bias holds torch\.complex64",
        ),
        (lambda state: state | {"0.bias": torch.zeros(5).to_sparse()}, r"0\.bias holds .*plain"),
        (lambda state: state | {"0.bias": torch.zeros(5, device="meta")}, r"0\.bias holds .*plain"),
        (
            lambda state: without(state, "4.bias") | {"0.bias": torch.zeros(5).char()},
            r"0\.bias holds torch\.int8.*; others that do not fit: 4\.bias$",
        ),
    ],
    ids=(
        "nothing fits",
        "NaN",
        "infinity",
        "integers",
        "truth values",
        "complex numbers",
        "sparse",
        "no numbers",
        "integers, and one missing",
    ),
)
def test_tensors_that_cannot_be_used_are_named(change: Any, words: str) -> None:
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
