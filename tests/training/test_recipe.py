"""The learning rate and the stages, epoch by epoch."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator.training.recipe import EMBEDDED, Recipe, Stage

TINY = Recipe(stages=(Stage(32, 1, 0.5, 0.2), Stage(40, 2, 0.7, 0.0)), batch=4, warm_up_epochs=1)


def test_one_cosine_with_warm_up() -> None:
    """The rate rises to its peak, then only falls, to zero at the end of the shared descent."""
    rates = [EMBEDDED.rate(step / 10) for step in range(EMBEDDED.shared_epochs * 10 + 1)]
    peak = EMBEDDED.warm_up_epochs * 10
    assert rates[peak] == max(rates) == EMBEDDED.learning_rate
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[-1] == pytest.approx(0, abs=1e-12)


def test_a_stage_may_have_a_descent_of_its_own() -> None:
    """After the shared one each such stage falls from its own rate to zero."""
    stages = (Stage(32, 3, 0.5, 0), Stage(32, 2, 0.5, 0, 0.04), Stage(32, 4, 0.5, 0, 0.02))
    recipe = replace(TINY, stages=stages)
    assert recipe.shared_epochs == 3
    found = [recipe.rate(progress) for progress in (3, 3.0001, 4, 5, 5.0001, 7, 9)]
    assert found == pytest.approx([0, 0.04, 0.02, 0, 0.02, 0.01, 0], abs=1e-6)


def test_stages_follow_each_other() -> None:
    """Every epoch belongs to one stage, in order."""
    pixels = [TINY.stage_of(epoch).pixels for epoch in range(TINY.epochs)]
    assert pixels == [32, 40, 40]
    with pytest.raises(IndexError):
        TINY.stage_of(TINY.epochs)
