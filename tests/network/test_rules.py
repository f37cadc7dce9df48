"""Rules: each has a record, the site has words for it, and a ReLU follows it."""

from __future__ import annotations

from typing import get_args

import pytest
import torch

from generator.names import Rule
from generator.network.graph.ops.relu import Rectifier
from generator.network.rules import RULES
from generator.render.words.rules import PROJECTIONS


def test_every_name_has_a_record_and_words() -> None:
    """In one order everywhere, and each record by its own name."""
    assert tuple(RULES) == tuple(PROJECTIONS) == get_args(Rule)
    assert [rule.name for rule in RULES.values()] == list(RULES)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("deconvnet", [0, 3, 0, 3, 0, 3]),
        ("guided", [0, 0, 0, 3, 0, 0]),
        ("gradient", [0, 0, -2, 3, 0, 0]),
    ],
)
def test_a_relu_follows_the_rule(name: Rule, expected: list[float]) -> None:
    """Signals of both signs, where the value was below zero, between, and above the ceiling."""
    values = torch.tensor([-1.0, -1.0, 1.0, 1.0, 7.0, 7.0])
    signal = torch.tensor([-2.0, 3.0, -2.0, 3.0, -2.0, 3.0])
    op = Rectifier(6.0)
    output, gate = op.forward_window([values], RULES[name])
    assert output.tolist() == [0, 0, 1, 1, 6, 6]
    (found,) = op.project(signal, gate, RULES[name])
    assert found.tolist() == expected
