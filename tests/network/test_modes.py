"""PyTorch's modes do nothing inside the block, and all they did before after it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from generator.network.modes import ignoring_modes

Modes = Callable[[], AbstractContextManager[object]]
MODES: dict[str, Modes] = {
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "autocast of amp": lambda: torch.amp.autocast("cpu", torch.bfloat16),
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "set_grad_enabled": lambda: torch.set_grad_enabled(mode=False),
}
WEIGHT = torch.eye(3)


def product(image: Tensor) -> Tensor:
    """A function that autocast and gradients both change."""
    return image @ WEIGHT


def untouched(output: Tensor) -> bool:
    """Say whether a product was computed in full precision, with a gradient."""
    return output.dtype == torch.float32 and output.requires_grad and not output.is_inference()


@pytest.fixture
def image() -> Tensor:
    """A small image that wants a gradient."""
    return torch.ones(2, 3, requires_grad=True)


@pytest.mark.parametrize("what", MODES)
def test_a_block_does_nothing(what: str, image: Tensor) -> None:
    """Inside; before and after it does."""
    for _ in range(2):
        with MODES[what]():
            assert not untouched(product(image))
        with ignoring_modes(), MODES[what]():
            assert untouched(product(image))
        assert untouched(product(image))


@pytest.mark.parametrize("what", MODES)
def test_a_decorator_does_nothing(what: str, image: Tensor) -> None:
    """Wherever the function was decorated."""
    decorated = MODES[what]()(product)  # type: ignore[operator]
    assert not untouched(decorated(image))
    with ignoring_modes():
        assert untouched(decorated(image))
        assert untouched(MODES[what]()(product)(image))  # type: ignore[operator]
    assert not untouched(decorated(image))


def test_a_decorator_without_a_call_does_nothing(image: Tensor) -> None:
    """`@torch.inference_mode` is written as often as `@torch.inference_mode()`."""
    decorated = torch.inference_mode(product)  # type: ignore[arg-type]
    with ignoring_modes():
        assert untouched(decorated(image))  # type: ignore[type-var]


@pytest.mark.filterwarnings("ignore:.*torch.jit")  # which torch itself uses where it compiles
@pytest.mark.parametrize("again", [True, False])
def test_a_checkpoint_computes_once(image: Tensor, again: bool) -> None:
    """So that `torch.autograd.grad`, which one kind of it refuses, goes through."""
    runs = []

    def counted(part: Tensor) -> Tensor:
        runs.append(part)
        return product(part)

    with ignoring_modes():
        output = checkpoint(counted, image, use_reentrant=again)
        assert untouched(output)
        torch.autograd.grad(output.sum(), image)
    if again:
        assert len(runs) == 1
        with pytest.raises(RuntimeError, match="incompatible"):
            torch.autograd.grad(checkpoint(counted, image, use_reentrant=True).sum(), image)


@pytest.mark.filterwarnings("ignore:.*torch.jit")  # which torch itself uses where it compiles
def test_what_is_compiled_runs_as_it_is_written(image: Tensor) -> None:
    """No compiler is asked for."""
    asked = []

    def compiler(graph: Callable[..., object], _inputs: object) -> Callable[..., object]:
        asked.append(graph)
        return graph

    compiled = torch.compile(product, backend=compiler)
    with ignoring_modes():
        assert untouched(compiled(image))
    assert asked == []
    compiled(image)
    assert len(asked) == 1


def test_the_modes_around_the_block_stay(image: Tensor) -> None:
    """Only what is entered inside has no effect, and a gradient may be asked for."""
    with torch.no_grad():
        with ignoring_modes():
            assert not product(image).requires_grad
            with torch.no_grad(), torch.enable_grad():
                assert product(image).requires_grad
            torch.set_grad_enabled(True)
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("depth", [1, 2])
def test_an_exception_leaves_nothing_behind(depth: int, image: Tensor) -> None:
    """Not even where one block is in another, and the pass ends within a mode."""
    kinds = (torch.autocast, torch.inference_mode, torch.no_grad, torch.set_grad_enabled)
    before = [dict(vars(kind)) for kind in kinds]

    def nested(levels: int) -> None:
        with ignoring_modes(), torch.autocast("cpu"), torch.no_grad(), torch.inference_mode():
            if levels:
                nested(levels - 1)
            torch.set_grad_enabled(False)
            raise KeyError

    with pytest.raises(KeyError):
        nested(depth - 1)
    assert [dict(vars(kind)) for kind in kinds] == before
    assert untouched(product(image))


def test_other_threads_keep_their_modes(image: Tensor) -> None:
    """Pictures may be read in one while the network runs in another."""
    found = []

    def elsewhere() -> None:
        with torch.no_grad():
            found.append(product(image).requires_grad)

    with ignoring_modes():
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert found == [False]
