"""The base of all ops, and how calls of torch's functions are read as ops.

Axes: b images or units, c maps, h w rows and columns.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor

from generator.network.cone.geometry import Reach, Window
from generator.network.rules import Rule

Pair = tuple[int, int]  # rows, columns
N = TypeVar("N", int, float)


@dataclass(frozen=True)
class Op:
    """One op; `fill` is what lies outside its input's map.

    Biases take no part in `project` (Zeiler and Fergus 2014, section 2.1).
    """

    fill: ClassVar[float] = 0.0
    whole: ClassVar[bool] = False  # whether it takes whole maps, and no windows of them

    @property
    def description(self) -> str:
        """Return name and values of the op in one line; sha256 stands for its weights."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        words = (f"{name}={described(value)}" for name, value in values)
        return f"{type(self).__name__}({', '.join(words)})"

    def window(self, axis: int) -> Window:
        """Return the window that the op reads through, along an axis: 0 rows, 1 columns."""
        return Window()

    def reach(self, axis: int) -> Reach:
        """Return the pixels of the input that the op's output rests on, along an axis."""
        return self.window(axis).reach

    def goes_down(self, rule: Rule) -> bool:
        """Return whether a rule takes a signal down through the op."""
        return True

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


def described(value: object) -> str:
    """Return a value of an op in words: of a tensor, its shape and the sha256 of its numbers."""
    if not isinstance(value, Tensor):
        return str(value)
    plain = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
    return f"{tuple(value.shape)} {hashlib.sha256(plain.numpy().data).hexdigest()}"


def reach_of(rests: Tensor) -> Reach:
    """Return an op's reach along an axis; `rests` [outputs, inputs] says what rests on what.

    What a border adds to the whole map, mirrored or repeated, is no part of the reach. A border is
    smaller than the map.
    """
    outputs, inputs = rests.shape
    used = {output: row.nonzero().flatten() for output, row in enumerate(rests) if row.any()}
    for first in range(outputs - inputs + 1 if outputs < 2 * inputs else 0):
        if rests[first : first + inputs].equal(torch.eye(inputs, dtype=torch.bool)):
            return Reach(1, -first, -first)  # the whole map, mirrored or repeated at its border
    step = Fraction(inputs, outputs)
    return Reach(
        step,
        min(int(row.min()) - step * output for output, row in used.items()),
        max(int(row.max()) - step * output for output, row in used.items()),
    )


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


def pair(value: N | Sequence[N]) -> tuple[N, N]:
    """Return rows and columns, which torch takes as one number or two."""
    numbers = tuple(value) if isinstance(value, Sequence) else (value,)
    return numbers[0], numbers[-1]
