"""How calls are read, and what outputs rest on."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from generator.network.cone.geometry import Reach
from generator.network.graph.ops.op import NoOp, parsed, reach_of, works_in_place
from tests.support.parts import drawn


def rests_on(rows: list[list[int]], inputs: int) -> Tensor:
    """Return a table [outputs, inputs] of what rests on what."""
    table = torch.zeros(len(rows), inputs, dtype=torch.bool)
    for output, row in enumerate(rows):
        table[output, row] = True
    return table


@pytest.mark.parametrize(
    ("rows", "inputs", "reach"),
    [
        ([[0], [1], [2]], 3, Reach(1, 0, 0)),
        ([[1], [0], [1], [2], [1]], 3, Reach(1, -1, -1)),  # mirrored
        ([[0], [0], [1], [1]], 2, Reach(Fraction(1, 2), Fraction(-1, 2), 0)),
        ([[0, 1], [2, 3]], 4, Reach(2, 0, 1)),
        ([[1], [0]], 2, Reach(1, -1, 1)),  # turned round
    ],
)
def test_reaches_are_what_the_table_says(rows: list[list[int]], inputs: int, reach: Reach) -> None:
    """The smallest of their form."""
    assert reach_of(rests_on(rows, inputs)) == reach


@given(st.data())
def test_a_reach_leaves_nothing_out(data: st.DataObject) -> None:
    """But for what a border adds to the whole map, which is smaller than the map."""
    inputs = data.draw(st.integers(1, 5))
    row = st.lists(st.integers(0, inputs - 1), min_size=1, max_size=3)
    rows = data.draw(st.lists(row, min_size=1, max_size=11))
    reach = reach_of(rests_on(rows, inputs))
    whole = [[number] for number in range(inputs)]
    border = reach.step == 1 and len(rows) < 2 * inputs
    inside = [first for first in range(len(rows)) if rows[first : first + inputs] == whole]
    for output, seen in enumerate(rows):
        if border and inside and not inside[0] <= output < inside[0] + inputs:
            continue
        first, last = reach.step * output + reach.first, reach.step * output + reach.last
        assert first <= min(seen)
        assert max(seen) <= last


def test_unknown_arguments_are_no_op() -> None:
    """A call that a parser does not know is not read by the half that it knows."""
    value = drawn(1, 2, 3, 3)
    with pytest.raises(NoOp, match="arguments that are not known"):
        parsed(torch.relu, (value,), {"out": value})
    assert parsed(torch.sinh, (value,), {}) is None


@pytest.mark.parametrize(
    ("function", "arguments", "named", "expected"),
    [
        (functional.relu, (), {"inplace": True}, True),
        (functional.relu, (True,), {}, True),
        (functional.relu, (), {}, False),
        (Tensor.relu_, (), {}, True),
        (Tensor.clamp_, (0,), {}, True),
        (Tensor.clamp, (0,), {}, False),
    ],
)
def test_calls_that_write_over_their_input_are_known(
    function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any], expected: bool
) -> None:
    """By their name, or by what they are asked for."""
    assert works_in_place(function, (drawn(1, 2, 3, 3), *arguments), named) is expected
