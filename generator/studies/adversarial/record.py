"""What the study leaves: `adversarial.json`, and three pictures for each image that is shown.

`<row>/image.webp`, `<row>/change.webp` and `<row>/changed.webp`: the image as the network gets it,
the change enlarged so that the budget spans the range, and the image with it.
"""

from __future__ import annotations

from typing import Literal

from generator.atlas.schema import Record

SCHEMA: Literal[1] = 1
RECORD = "adversarial.json"
PARTS = ("image", "change", "changed")

# What takes the place of the right class: nothing; the network's own answer, as no label means a
# class, or as no answer was right.
Against = Literal["labels", "own", "none right"]


class Answer(Record):
    """The most probable class."""

    name: str  # for people
    probability: float


class Shown(Record):
    """One of the images that are shown."""

    row: int
    caption: str
    budget: float  # at which the answer changed, else the largest
    before: Answer
    after: Answer
    changed: bool  # whether the answer did


class Moved(Record):
    """What a change moved of a layer: medians over the images; None where it was silent before.

    `filters` has the means over the images of how far the largest activation of a filter moved.
    """

    whole: float | None  # norm of the difference of its maps over their own norm
    filters: tuple[float, ...]


class Layer(Record):
    """One layer."""

    name: str
    attack: Moved
    noise: Moved


class Adversarial(Record):
    """`adversarial.json`. b: budgets."""

    schema_version: Literal[1] = SCHEMA
    budgets: tuple[float, ...]
    steps: int  # of the projected gradient
    stride: float  # of one of these, in budgets
    looked_at: int  # images whose answer was asked for
    labelled: int  # of them, those whose label means a class
    right: int  # of these, those that were answered right
    against: Against
    images: int  # that were changed
    noise: tuple[int, ...]  # [b] images that keep their answer
    step: tuple[int, ...]
    projected: tuple[int, ...]
    targeted: tuple[int, ...]  # that are not taken for the class chosen
    whole_at: float  # a budget with whole levels only
    whole: int  # images that keep their answer there
    layers: tuple[Layer, ...]
    licensed: bool  # whether images may be shown
    shown: tuple[Shown, ...]


def picture_name(row: int, part: str) -> str:
    """Return where a picture lies in the study."""
    return f"{row}/{part}.webp"
