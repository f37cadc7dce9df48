"""What people and the machine are asked of each filter, from the answers to all images."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from generator.atlas.schema import PLACES, LayerArrays
from generator.network.watched import WatchedLayer, WatchedNetwork
from generator.studies.quiz.answers import Answers
from generator.studies.quiz.machine import Test
from generator.studies.quiz.pairs import Order, Rows, order_of, pairs, question
from generator.studies.quiz.patches import Patches, boxes_of
from generator.studies.quiz.record import Query, Question


@dataclass(frozen=True)
class Asking:
    """A filter of which there is something to ask."""

    number: int
    question: Question
    shown: Patches  # the two of the question, from left to right
    test: Test


@dataclass(frozen=True)
class Images:
    """The images that were looked at. n of them."""

    row: Rows  # [n] of each in the whole set
    content: Rows  # [n] hash of the pixels


@dataclass(frozen=True)
class Layer:
    """A layer, and how the gallery shows its patches."""

    network: WatchedNetwork
    layer: WatchedLayer
    side: int  # of a patch, input pixels

    def patches(self, rows: Rows, units: Rows) -> Patches:
        """Return the patches around units [m, 2] of images [m] of the whole set."""
        return Patches(rows, boxes_of(self.network, self.layer, units, self.side))


def askings(
    layer: Layer, images: Images, answers: Answers, arrays: LayerArrays
) -> Iterator[Asking]:
    """Yield what is asked of a layer's filters; `arrays` are those of its nine in the atlas."""
    for number in range(len(arrays.image)):
        filled = arrays.image[number] >= 0
        if filled.any():
            rows, units = arrays.image[number, filled], arrays.unit[number, filled]
            ninth = float(arrays.activation[number, filled].min())
            own = np.flatnonzero(np.isin(images.row, rows))
            order = order_of(answers.activation[:, number], images.content, ninth, own)
            yield from _asking(layer, images, answers, number, layer.patches(rows, units), order)


def untrained_askings(layer: Layer, images: Images, answers: Answers) -> Iterator[Asking]:
    """Yield the same of filters of an untrained network, whose nine are found among these images.

    Filters are numbered as their answers are.
    """
    for place in range(answers.activation.shape[1]):
        activation = answers.activation[:, place]
        whole = order_of(activation, images.content, np.inf, np.zeros(0, np.int64))
        nine = whole.rows[:PLACES]
        if len(nine):
            order = order_of(activation, images.content, float(activation[nine[-1]]), nine)
            shown = _patches(layer, images, answers, place, nine)
            yield from _asking(layer, images, answers, place, shown, order)


def _asking(
    layer: Layer, images: Images, answers: Answers, place: int, nine: Patches, order: Order
) -> Iterator[Asking]:
    """Yield what is asked of the filter at a place of the answers, if anything can be."""
    found = question(order)
    if found is None:
        return
    high_first = is_high_first(layer.layer.name, place)
    high, low = (
        Query(
            row=int(images.row[order.rows[at]]),
            rank=at + 1,
            activation=float(f"{answers.activation[order.rows[at], place]:.6g}"),
        )
        for at in found
    )
    two = order.rows[[*(found if high_first else found[::-1])]]
    several = order.rows[np.concatenate(pairs(order))]
    yield Asking(
        number=place,
        question=Question(high=high, low=low, high_first=high_first),
        shown=_patches(layer, images, answers, place, two),
        test=Test(nine, _patches(layer, images, answers, place, several)),
    )


def _patches(layer: Layer, images: Images, answers: Answers, place: int, rows: Rows) -> Patches:
    units = np.stack(np.divmod(answers.unit[rows, place], layer.layer.grid[1]), 1)
    return layer.patches(images.row[rows], units.astype(np.int64))


def is_high_first(layer: str, number: int) -> bool:
    """Say whether the strong image of a filter's question stands left, as by a coin."""
    return hashlib.sha256(f"{layer}/{number}".encode()).digest()[0] % 2 == 0
