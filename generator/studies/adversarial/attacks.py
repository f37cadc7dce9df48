"""Changes of an image that no pixel value goes beyond, made to take an answer away or to bring one.

Sources: Szegedy and others, arXiv:1312.6199; the single step is that of Goodfellow, Shlens and
Szegedy, arXiv:1412.6572; the projected gradient that of Madry and others, arXiv:1706.06083.

Images here are [b, 3, h, w] of values 0…255, which need not be whole. A budget is the most by which
a value may change, in the same levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from generator.studies.classifier import Classifier

LEVELS = 255
STEPS = 7  # of the projected gradient
FAR = 2.5  # budgets that all its steps together could go


@dataclass(frozen=True)
class Levels:
    """A classifier of images whose values are levels."""

    classifier: Classifier

    def normalised(self, images: Tensor) -> Tensor:
        """Return images as the network takes them."""
        network = self.classifier.network
        mean, std = (
            torch.tensor(each, device=images.device)[:, None, None]
            for each in (network.mean, network.std)
        )
        return (images / LEVELS - mean) / std

    def scores(self, images: Tensor) -> Tensor:
        """Return the scores [b, classes]."""
        return self.classifier.scores(self.normalised(images))

    def answers(self, images: Tensor) -> Tensor:
        """Return the number [b] of the class with the highest score, of several the first."""
        with torch.no_grad():
            return self.scores(images).argmax(1)


@dataclass(frozen=True)
class Aim:
    """What is wanted: that answers are these classes, or that they are not."""

    classes: Tensor  # [b]
    wanted: bool

    def of(self, rows: Tensor) -> Aim:
        """Return the aim for some of the images."""
        return Aim(self.classes[rows], self.wanted)

    def reached(self, answers: Tensor) -> Tensor:
        """Say for each answer [b] whether it is what is wanted."""
        return (answers == self.classes) == self.wanted

    def way(self, images: Tensor, scores: Tensor) -> Tensor:
        """Return the signs [b, 3, h, w] of the gradient, at images, of what is wanted.

        It is that of the cross-entropy: this is log(1 + 1/odds) of a class, so that both gradients
        differ by a positive factor, which vanishes where a network is sure. That of the odds does
        not.
        """
        (gradient,) = torch.autograd.grad(log_odds(scores, self.classes).sum(), images)
        signs = gradient.nan_to_num(0).sign()
        return signs if self.wanted else -signs


def log_odds(scores: Tensor, classes: Tensor) -> Tensor:
    """Return the logarithm [b] of a class's probability over that of all others together."""
    chosen = classes[:, None]
    others = scores.scatter(1, chosen, -torch.inf)
    return scores.gather(1, chosen)[:, 0] - others.logsumexp(1)


def by_signs(images: Tensor, signs: Tensor, budget: float | Tensor) -> Tensor:
    """Return images with every value changed by the budget, with these signs [b, 3, h, w]."""
    return (images + budget * signs).clamp(0, LEVELS)


def single_step(levels: Levels, images: Tensor, aim: Aim) -> Tensor:
    """Return the signs [b, 3, h, w] of the one step that is taken, whatever the budget."""
    at = images.clone().requires_grad_()
    return aim.way(at, levels.scores(at))


def projected_gradient(
    levels: Levels, images: Tensor, aim: Aim, budget: float, *, whole: bool = False
) -> tuple[Tensor, Tensor]:
    """Return images after some steps of the gradient's sign, and whether each reached the aim.

    A step that leaves the budget is brought back to it. An image that has reached the aim is left
    as it is. Where values are to be `whole`, only rounded ones are looked at, and returned.
    """
    exact, shown = images.clone(), images.round() if whole else images.clone()
    left = torch.arange(len(images), device=images.device)
    for step in range(STEPS + 1):
        here, at = aim.of(left), shown[left].requires_grad_(step < STEPS)
        scores = levels.scores(at)
        further = ~here.reached(scores.argmax(1))
        if step == STEPS or not further.any():
            left = left[further]
            break
        way = here.way(at, scores)[further]
        left = left[further]
        start = images[left]
        moved = exact[left] + FAR * budget / STEPS * way
        exact[left] = moved.clamp(start - budget, start + budget).clamp(0, LEVELS)
        shown[left] = exact[left].round() if whole else exact[left]
    reached = torch.ones(len(images), dtype=torch.bool, device=images.device)
    reached[left] = False
    return shown, reached


def rising(
    levels: Levels, images: Tensor, aim: Aim, budgets: Sequence[float]
) -> tuple[Tensor, Tensor]:
    """Try budgets, rising, on those images that withstood the projected gradient before.

    Returns the images as the first budget that reached the aim changed them, else as the last did,
    and how many budgets [b] each withstood.
    """
    changed = images.clone()
    withstood = torch.zeros(len(images), dtype=torch.long, device=images.device)
    left = torch.arange(len(images), device=images.device)
    for budget in budgets:
        if not len(left):
            break
        changed[left], reached = projected_gradient(levels, images[left], aim.of(left), budget)
        left = left[~reached]
        withstood[left] += 1
    return changed, withstood
