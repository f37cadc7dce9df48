"""Changes of images against oracles: closed forms, small steps, and what no budget allows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from generator.names import Size
from generator.network.watched import WatchedNetwork
from generator.studies.adversarial.attacks import (
    Aim,
    Levels,
    by_signs,
    log_odds,
    projected_gradient,
    rising,
    single_step,
)
from generator.studies.classifier import Classifier
from tests.support.tiny_classifier import Head, tiny_classifier

BUDGET = 3.0


class Linear(nn.Module):
    """Scores that are weighted sums of all values of the picture."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        side = 6
        self.same = nn.Conv2d(3, 3, 1)
        nn.init.eye_(self.same.weight[:, :, 0, 0])
        nn.init.zeros_(self.same.bias)  # type: ignore[arg-type]
        self.sums = nn.Conv2d(3, len(weight), side)
        with torch.no_grad():
            self.sums.weight.copy_(weight)
            self.sums.bias.zero_()  # type: ignore[union-attr]

    def forward(self, images: Tensor) -> Tensor:
        scores: Tensor = self.sums(self.same(images))
        return scores.flatten(1)


def linear(classes: int, seed: int) -> tuple[Levels, Tensor]:
    """Return a linear network of 6 × 6 pixels, and its weights [classes, 3, 6, 6]."""
    source = torch.Generator().manual_seed(seed)
    weight = torch.randn(classes, 3, 6, 6, generator=source)
    network = WatchedNetwork(
        name="linear",
        source="drawn",
        weights_sha256="0" * 64,
        model=Linear(weight).eval().requires_grad_(False),
        input_size=Size.square(6),
        mean=(0.4, 0.5, 0.6),
        std=(0.2, 0.25, 0.3),
        classes=tuple(f"thing {number}" for number in range(classes)),
        modules={"layer1": "same"},
    )
    return Levels(Classifier.of(network)), weight


def images(count: int, side: int, seed: int = 0) -> Tensor:
    """Return levels, among them 0 and 255, where a change would leave the range."""
    source = torch.Generator().manual_seed(seed)
    drawn = torch.randint(256, (count, 3, side, side), generator=source).float()
    drawn[:, :, 0], drawn[:, :, 1] = 0, 255
    return drawn


@pytest.mark.parametrize("seed", range(4))
def test_one_step_is_the_best_there_is_for_two_classes_of_a_linear_network(seed: int) -> None:
    """The difference of scores falls by Σ |w| · room, where the room is the budget or the edge."""
    levels, weight = linear(2, seed)
    start = images(5, 6, seed)
    right = levels.answers(start)
    changed = by_signs(start, single_step(levels, start, Aim(right, wanted=False)), BUDGET)
    std = np.array([0.2, 0.25, 0.3])[:, None, None]
    for image, moved, own in zip(start.numpy(), changed.numpy(), right.tolist(), strict=True):
        slope = (weight[own] - weight[1 - own]).double().numpy() / std / 255
        down = np.minimum(BUDGET, np.where(slope > 0, image, 255 - image))  # room on that side
        best = float((np.abs(slope) * down).sum())
        found = float((slope * (image.astype(np.float64) - moved)).sum())
        assert found == pytest.approx(best, rel=1e-5)


@pytest.mark.parametrize("wanted", [False, True])
@pytest.mark.parametrize("whole", [False, True])
def test_no_value_goes_beyond_the_budget_or_the_range(wanted: bool, whole: bool) -> None:
    """Whole levels stay whole; every image is moved that is not at its aim from the start."""
    levels = Levels(Classifier.of(tiny_classifier("deep")))
    start = images(6, 24)
    classes = (levels.answers(start) + wanted) % 3
    aim = Aim(classes, wanted=wanted)
    changed, reached = projected_gradient(levels, start, aim, BUDGET, whole=whole)
    step = by_signs(start, single_step(levels, start, aim), BUDGET)
    for each in (changed, step):
        assert float((each - start).abs().max()) <= BUDGET
        assert float((each - start).abs().flatten(1).amax(1).min()) > 0
        assert float(each.min()) >= 0
        assert float(each.max()) <= 255
    assert torch.equal(reached, (levels.answers(changed) == classes) == wanted)
    assert not whole or torch.equal(changed, changed.round())


@pytest.mark.parametrize("seed", range(3))
def test_several_steps_are_no_weaker_than_one_on_a_linear_network(seed: int) -> None:
    """Every image that one step turns is turned, and some others may be."""
    levels, _ = linear(3, seed)
    start = images(40, 6, seed)
    away = Aim(levels.answers(start), wanted=False)
    way = single_step(levels, start, away)
    turned = []
    for budget in (1.0, 4.0, 16.0):
        one = away.reached(levels.answers(by_signs(start, way, budget)))
        several = projected_gradient(levels, start, away, budget)[1]
        assert bool((several | ~one).all())
        turned.append(int(one.sum()))
    assert turned[-1] > 0


@pytest.mark.parametrize("head", ["linear", "deep", "softmax", "tuple", "dict"])
def test_the_way_is_the_sign_of_small_steps(head: Head) -> None:
    """Central differences, in float64, of the logarithm of a probability, by softmax itself."""
    network = tiny_classifier(head)
    levels, start = Levels(Classifier.of(network)), images(1, 24)
    aim = Aim(torch.tensor([1]), wanted=True)
    way = single_step(levels, start, aim)
    model = network.model.double()

    def probability(levels: Tensor) -> float:
        found = model((levels / 255 - 0.5) / 0.25)
        found = found[0] if isinstance(found, tuple) else found
        found = found["scores"] if isinstance(found, dict) else found
        return float((found if head == "softmax" else found.softmax(1))[0, 1].log())

    for at in ((0, 0, 5, 7), (0, 2, 12, 12), (0, 1, 20, 3)):
        ends = []
        for far in (1e-4, -1e-4):
            moved = start.double()
            moved[at] += far
            ends.append(probability(moved))
        slope = ends[0] - ends[1]
        assert float(way[at]) == np.sign(slope) or abs(slope) < 1e-12


def test_the_way_is_known_where_the_network_is_sure() -> None:
    """Scores so far apart that a probability is exactly 1 still have odds, and a gradient."""
    scores = torch.tensor([[200.0, 0.0, -1.0]], requires_grad=True)
    (gradient,) = torch.autograd.grad(log_odds(scores, torch.tensor([0])).sum(), scores)
    assert float(gradient[0, 0]) == 1
    assert float(gradient[0, 1]) == pytest.approx(-1 / (1 + np.exp(-1)))
    (vanished,) = torch.autograd.grad(-scores.log_softmax(1)[0, 0], scores)
    assert float(vanished[0, 0]) == 0


def test_an_image_that_is_turned_withstands_no_larger_budget() -> None:
    """Each is as the first budget that turned it left it, and counts of budgets fit."""
    levels, _ = linear(3, 5)
    start = images(30, 6, 5)
    away = Aim(levels.answers(start), wanted=False)
    budgets = (0.5, 2.0, 8.0)
    changed, withstood = rising(levels, start, away, budgets)
    assert len(set(withstood.tolist())) > 1
    for n, count in enumerate(withstood.tolist()):
        used = budgets[min(count, len(budgets) - 1)]
        assert float((changed[n] - start[n]).abs().max()) <= used
        turned = [
            bool(projected_gradient(levels, start[n : n + 1], away.of(torch.tensor([n])), each)[1])
            for each in budgets[: count + 1]
        ]
        assert turned == [False] * count + [True] * (count < len(budgets))


def test_a_network_that_answers_the_same_to_all_is_left_as_it_is() -> None:
    """Its gradient is zero everywhere: nothing moves, nothing is reached."""
    network = tiny_classifier()
    dead = replace(network)
    for weights in dead.model.parameters():
        weights.zero_()
    levels, start = Levels(Classifier.of(dead)), images(2, 24)
    away = Aim(levels.answers(start), wanted=False)
    changed, reached = projected_gradient(levels, start, away, BUDGET)
    assert torch.equal(changed, start)
    assert not reached.any()
