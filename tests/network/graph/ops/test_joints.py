"""Sums and concatenations of branches, and calls that change nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from generator.network.graph.ops.joints import Concatenation, Sum
from generator.network.rules import DECONVNET
from tests.support.parts import (
    MAPS,
    Around,
    Part,
    drawn,
    refusal,
    require_adjoint,
    require_like_the_network,
)


@given(st.lists(st.sampled_from([1, -1, 0.17, 2.0, 0]), min_size=1, max_size=4))
def test_a_sum_has_its_adjoint(factors: list[float]) -> None:
    """Each branch gets the signal times its factor."""
    branches = [drawn(2, 3, 4, 5, seed=number) for number in range(len(factors))]
    expected = torch.zeros(2, 3, 4, 5, dtype=torch.float64)
    for factor, branch in zip(factors, branches, strict=True):
        expected = expected + factor * branch
    require_adjoint(Sum(tuple(factors)), branches, expected)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_a_concatenation_has_its_adjoint(maps: list[int]) -> None:
    """Each branch gets the signal of its own maps."""
    branches = [drawn(2, count, 3, 4, seed=number) for number, count in enumerate(maps)]
    expected = torch.stack([branch[:, c] for branch in branches for c in range(branch.shape[1])], 1)
    require_adjoint(Concatenation(tuple(maps)), branches, expected)


def test_branches_get_signals_of_their_own() -> None:
    """One branch may be written over without another."""
    for op, branches in ((Sum(), 2), (Sum((0.5, 1, 1)), 3), (Concatenation((1, 1)), 2)):
        below = op.project(torch.ones(1, 2, 3, 3), None, DECONVNET)
        assert len(below) == branches
        below[0].zero_()
        assert all(bool(other.all()) for other in below[1:])


class Two(nn.Module):
    """Two branches that meet."""

    def __init__(self, meet: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.wide, self.near = nn.Conv2d(MAPS, 4, 3, padding=1), nn.Conv2d(MAPS, 4, 1)
        self.meet = meet

    def forward(self, value: Tensor) -> Tensor:
        return self.meet(self.wide(value), self.near(value))


MEETINGS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "a + b": lambda a, b: a + b,
    "a += b": lambda a, b: a.add_(b),
    "a - b": lambda a, b: a - b,
    "a -= b": lambda a, b: a.sub_(b),
    "a + a": lambda a, _: a + a,
    "a + b + a": lambda a, b: a + b + a,
    "a + 0.17 * b": lambda a, b: a + 0.17 * b,
    "torch.add, alpha": lambda a, b: torch.add(a, b, alpha=-0.5),
    "method add, alpha": lambda a, b: a.add(b, alpha=2),
    "rsub": torch.rsub,
    "sum of a list": lambda a, b: sum([a, b], start=torch.tensor(0)),
    "stack, sum": lambda a, b: torch.stack([a, b]).sum(0),
    "stack beside maps, sum": lambda a, b: torch.stack((a, b, a), dim=1).sum(dim=1),
    "stack with zeros, sum": lambda a, b: torch.stack([a, torch.zeros_like(b)]).sum(0),
    "stack of one, sum": lambda a, _: torch.stack([a]).sum(0),
    "cat": lambda a, b: torch.cat([a, b], dim=1),
    "cat, axis": lambda a, b: torch.cat([b, a, b], axis=1),  # type: ignore[call-arg]
    "cat of chunks in another order": lambda a, b: torch.cat(
        [*b.chunk(2, 1), a[:, 3:], *torch.split(a, 1, 1)[:2]], 1
    ),
    "cat with zeros": lambda a, b: torch.cat([a, torch.zeros_like(b[:, :2]), b], 1),
    "shuffle of two": lambda a, b: torch.stack([a, b], 2).flatten(1, 2),
}


@pytest.mark.parametrize("meeting", MEETINGS)
def test_each_way_to_meet_is_followed(meeting: str) -> None:
    """Up and down, under every rule, with the larger of the fields."""
    require_like_the_network(Around(Two(MEETINGS[meeting])))


UNCHANGED: dict[str, Part] = {
    "Dropout": nn.Dropout(0.4),
    "Dropout2d": nn.Dropout2d(0.4, inplace=True),
    "AlphaDropout": nn.AlphaDropout(0.4),
    "Identity": nn.Identity(),
    "detach": lambda x: x.detach(),
    "to, memory format": lambda x: x.to(memory_format=torch.channels_last),
    "to, type": lambda x: x.to(torch.float64).double(),
    "clone, contiguous": lambda x: x.clone().contiguous(),
    "stack of one, sum": lambda x: torch.stack([x]).sum(0),
}


@pytest.mark.parametrize("part", UNCHANGED)
def test_what_changes_nothing_is_passed_over(part: str) -> None:
    """The network is that without it."""
    require_like_the_network(Around(UNCHANGED[part]), Around(nn.Identity()))


REFUSED: dict[str, tuple[Part, str]] = {
    "dropout that stays on": (lambda x: functional.dropout(x, 0.3), "drops at random"),
    "noise": (lambda x: x + torch.randn(1), ""),
    "noise as large": (lambda x: x + torch.randn_like(x), ""),
    "noise of a method": (lambda x: x * torch.empty(1).normal_(), ""),
    "whole numbers": (lambda x: x.to(torch.int64).double(), "makes whole numbers"),
    "other branch's factor": (lambda x: x * x.mean((2, 3), keepdim=True), ""),
}


@pytest.mark.parametrize("part", REFUSED)
def test_what_changes_at_random_or_by_another_branch_is_refused(part: str) -> None:
    """In words that name the module."""
    function, words = REFUSED[part]
    assert words in refusal(function)
