"""The base of all ops, and how calls of torch's functions are read as ops.

Axes: b images or units, c maps, h w rows and columns.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import torch
from torch import Tensor

from generator.network.cone.geometry import Window
from generator.network.rules import Rule

Pair = tuple[int, int]  # rows, columns


@dataclass(frozen=True)
class Op:
    """One op; `fill` is what lies outside its input's map.

    Biases take no part in `project` (Zeiler and Fergus 2014, section 2.1).
    """

    fill: ClassVar[float] = 0.0

    @property
    def description(self) -> str:
        """Return name and values of the op in one line; sha256 stands for its weights."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        words = (
            f"{name}={_digest(value) if isinstance(value, Tensor) else value}"
            for name, value in values
        )
        return f"{type(self).__name__}({', '.join(words)})"

    def window(self, axis: int) -> Window:
        """Return the window that the op reads through, along an axis: 0 rows, 1 columns."""
        return Window()

    def forward(self, inputs: list[Tensor], *, in_place: bool = False) -> Tensor:
        """Return the output [b, c, h, w] for whole maps; `in_place` lets it write over them."""
        raise NotImplementedError

    def forward_window(
        self, inputs: list[Tensor], rule: Rule, *, in_place: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """Return the output for windows cropped with their padding, and a memory for `project`."""
        return self.forward(inputs, in_place=in_place), None

    def project(self, signal: Tensor, memory: Tensor | None, rule: Rule) -> list[Tensor]:
        """Return the signals at the inputs, in their order, each a tensor of its own.

        `signal` lies at the output, and may be written over; `memory` is of `forward_window`.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Windowed(Op):
    """An op that reads one input through a window."""

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair

    def window(self, axis: int) -> Window:
        return Window(self.kernel[axis], self.stride[axis], self.padding[axis], self.dilation[axis])

    def read(self, size: torch.Size | Pair) -> Pair:
        """Return how many rows and columns the windows of an output of this size touch."""
        rows, columns = (
            (length - 1) * self.window(axis).stride + self.window(axis).span
            for axis, length in enumerate(size)
        )
        return rows, columns

    def run(self, value: Tensor, padding: Pair) -> Tensor:
        """Return the output, with this padding."""
        raise NotImplementedError

    def forward(self, inputs: list[Tensor], *, in_place: bool = False) -> Tensor:
        return self.run(inputs[0], self.padding)

    def forward_window(
        self, inputs: list[Tensor], rule: Rule, *, in_place: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        return self.run(inputs[0], (0, 0)), None


def _digest(weights: Tensor) -> str:
    """Return shape and sha256 of a tensor's numbers."""
    plain = weights.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
    return f"{tuple(weights.shape)} {hashlib.sha256(plain.numpy().data).hexdigest()}"


# --- Reading calls of functions -------------------------------------------------------------------


class NoOp(Exception):
    """A call that is no op; the text says why, where the function's name does not."""


Parsed = tuple[tuple[Tensor, ...], Op | None]  # inputs, op; None: the value stays as it is
Parser = Callable[..., Parsed]

PARSERS: dict[Callable[..., Any], Parser] = {}


def reads(*functions: Callable[..., Any]) -> Callable[[Parser], Parser]:
    """Let a parser read the calls of these functions, as networks call them.

    A parser has the parameters of its functions. Methods of tensors are functions of their own.
    """

    def register(parser: Parser) -> Parser:
        PARSERS.update(dict.fromkeys(functions, parser))
        return parser

    return register


def parsed(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Parsed | None:
    """Return what a call is, None for a function that is no op.

    Raises NoOp, saying why, where it is only this way of calling that is none.
    """
    parser = PARSERS.get(function)
    if parser is None:
        return None
    try:
        inspect.signature(parser).bind(*args, **kwargs)
    except TypeError as other:
        raise NoOp("is called with arguments that are not known here") from other
    return parser(*args, **kwargs)


def works_in_place(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> bool:
    """Return whether the call, one that is an op, writes its output over its input."""
    given = inspect.signature(PARSERS[function]).bind(*args, **kwargs).arguments
    return bool(given.get("inplace")) or function.__name__.endswith("_")


def pair(value: int | Sequence[int]) -> Pair:
    """Return rows and columns, which torch takes as one number or two."""
    numbers = (value,) if isinstance(value, int) else tuple(value)
    return numbers[0], numbers[-1]
