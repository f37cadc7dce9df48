"""PyTorch's modes, without effect while another person's forward pass runs.

The pass may ask for half precision (autocast), for no gradients, for inference mode, to be compiled
or to be computed twice (checkpoint). A trace does not see through these, gradients end at some of
them, and activations are compared in full precision.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
import torch.utils.checkpoint

_ONE_AT_A_TIME = threading.RLock()  # classes of torch are changed, which all threads share


@contextmanager
def ignoring_modes() -> Iterator[None]:
    """Let `torch.autocast`, `no_grad` and `inference_mode` do nothing in this thread.

    So do `set_grad_enabled(False)`, `torch.compile` and `torch.utils.checkpoint`, in blocks and as
    decorators. All is as it was when the block ends, however it ends.
    """
    grad = torch.is_grad_enabled()
    with _ONE_AT_A_TIME, ExitStack() as stack:
        for kind in (torch.autocast, torch.inference_mode, torch.no_grad):
            stack.enter_context(_here(kind, "__enter__", lambda self: self))
            stack.enter_context(_here(kind, "__exit__", lambda *_: None))
        stack.enter_context(_here(torch.set_grad_enabled, "__init__", _enable_only))
        stack.enter_context(_replaced(torch.utils.checkpoint, "CheckpointFunction", _Once))
        if "torch._dynamo" in sys.modules:  # else nothing is compiled, and it loads for seconds
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        try:
            yield
        finally:
            torch._C._set_grad_enabled(grad)  # noqa: SLF001 - its public name is replaced here


class _Once:
    """Stands for the function that runs a part without gradients, and again on the way back."""

    @staticmethod
    def apply(function: Callable[..., Any], _preserve: bool, *inputs: Any) -> Any:
        return function(*inputs)


def _enable_only(self: Any, mode: bool) -> None:
    """Stand for the beginning of `torch.set_grad_enabled`: only True changes anything."""
    self.prev = torch.is_grad_enabled()
    self.mode = mode or self.prev
    torch._C._set_grad_enabled(self.mode)  # noqa: SLF001 - what torch itself does there


def _here(owner: type, name: str, instead: Callable[..., Any]) -> Any:
    """Replace a method for calls from this thread; others get what was there."""
    thread, before = threading.get_ident(), getattr(owner, name)

    def method(*args: Any, **kwargs: Any) -> Any:
        return (instead if threading.get_ident() == thread else before)(*args, **kwargs)

    return _replaced(owner, name, method)


@contextmanager
def _replaced(owner: Any, name: str, value: object) -> Iterator[None]:
    before = vars(owner)[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)
