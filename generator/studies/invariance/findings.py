"""What the record says of all images together: medians, and the numbers that texts can claim."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from generator.studies.invariance.record import KINDS, Arrays, Invariance, Kind, Vector

Floats = npt.NDArray[np.floating]
Known = tuple[float | None, ...]
TENTH = 10  # images that one of the most symmetric tenth stands for
TURN: Kind = "rotation"
QUARTER, HALF = 90.0, 180.0
ALWAYS = 0.9  # of the turns
WORDS: dict[Kind, str] = {"shift": "shift", "scale": "scale", "rotation": "turn"}


@dataclass(frozen=True)
class Findings:
    """The study's arrays, read by kind of step."""

    record: Invariance
    arrays: Arrays

    @property
    def plain(self) -> int:
        """Return the first step that leaves images as they are."""
        return next(number for number, step in enumerate(self.record.steps) if step.is_none)

    def steps(self, kind: Kind) -> list[int]:
        """Return the numbers of the steps of a kind."""
        return [number for number, step in enumerate(self.record.steps) if step.kind == kind]

    def values(self, kind: Kind) -> list[float]:
        """Return what the steps of a kind are, in their order."""
        return [self.record.steps[number].value for number in self.steps(kind)]

    def first(self, kind: Kind) -> list[int]:
        """Return the smallest steps, in both directions; none where all leave images as they are.

        A turn has the same size in both directions.
        """
        return self._nearest(kind, min)

    def last(self, kind: Kind) -> list[int]:
        """Return the largest steps; of turns, those by a quarter."""
        if kind == TURN:
            return self._of_size(kind, QUARTER)
        return self._nearest(kind, max)

    def size(self, number: int) -> float:
        """Return how large a step is: pixels, the factor less one, degrees up to 180."""
        step = self.record.steps[number]
        if step.kind == TURN:
            return min(step.value, 360 - step.value)
        return abs(step.value - (1 if step.kind == "scale" else 0))

    def distances(self, vector: int, number: int) -> Known:
        """Return the distance of each image at a step."""
        return _known(self.arrays.distance[:, vector, number])

    def apart(self, vector: int) -> float | None:
        """Return how far two different images are apart, the median; None where all are alike."""
        if len(self.record.rows) < 2:
            return None
        found = median(self.arrays.other[:, vector])
        return found or None

    def distance(self, vector: int, steps: Sequence[int]) -> float | None:
        """Return the median distance of images at some steps, their mean."""
        if not steps:
            return None
        found = [median(self.arrays.distance[:, vector, number]) for number in steps]
        known = [each for each in found if each is not None]
        return sum(known) / len(known) if len(known) == len(found) else None

    def relative(self, vector: int, steps: Sequence[int]) -> float | None:
        """Return the same as a part of the distance of two different images."""
        return _part(self.distance(vector, steps), self.apart(vector))

    def first_of_last(self, vector: int, kind: Kind) -> float | None:
        """Return the distance at the first steps as a part of that at the last ones."""
        first, last = self.first(kind), self.last(kind)
        return _part(self.distance(vector, first), self.distance(vector, last))

    def correlation(self, vector: int, kind: Kind) -> float | None:
        """Return Pearson's, of the median distance with the size of the step."""
        sizes = [self.size(number) for number in self.steps(kind)]
        found = [self.distance(vector, [number]) for number in self.steps(kind)]
        known = [each for each in found if each is not None]
        if len(known) < len(found) or len({*sizes}) < 2 or max(known) == min(known):
            return None
        return float(np.corrcoef(sizes, known)[0, 1])

    def same_answer(self, steps: Sequence[int]) -> float | None:
        """Return the share of images that keep their most probable class, over some steps."""
        if self.record.no_classes or not steps:
            return None
        return float(self._same[:, list(steps)].mean())

    def probability(self, steps: Sequence[int]) -> float | None:
        """Return the median probability at some steps, the mean of these."""
        found = [median(self.arrays.probability[:, number]) for number in steps]
        known = [each for each in found if each is not None]
        return sum(known) / len(known) if known and len(known) == len(found) else None

    def turned(self) -> tuple[float, float] | None:
        """Return the probability over all turns, of the most symmetric tenth and of the others.

        An image has the mean over the turns, a group its median. Most symmetric are those whose
        pixels change least, measured by the length of their own vector.
        """
        turns = [number for number in self.steps(TURN) if not self.record.steps[number].is_none]
        pixels = self.arrays.distance[:, 0, turns].mean(1)
        with np.errstate(divide="ignore", invalid="ignore"):
            change = pixels / self.arrays.norm[:, 0]
        means = self.arrays.probability[:, turns].mean(1)
        known = np.flatnonzero(np.isfinite(change) & np.isfinite(means))
        order = known[np.argsort(change[known], kind="stable")]
        tenth = len(order) // TENTH
        if not tenth:
            return None
        return float(np.median(means[order[:tenth]])), float(np.median(means[order[tenth:]]))

    def kept(self) -> list[float]:
        """Return for each image at which share of the turns its most probable class stays."""
        if self.record.no_classes:
            return []
        turns = [number for number in self.steps(TURN) if not self.record.steps[number].is_none]
        return [float(share) for share in self._same[:, turns].mean(1)]

    def kept_always(self) -> list[int]:
        """Return the images whose answer stays at nine in ten of the turns, or more."""
        return [number for number, share in enumerate(self.kept()) if share >= ALWAYS]

    def kept_by_quarters(self) -> list[int]:
        """Return those whose answer stays at each quarter turn, and at no angle half-way between.

        An image that is no square loses its ends there, like at any other angle.
        """
        if self.record.no_classes:
            return []
        angles = {self.record.steps[number].value: number for number in self.steps(TURN)}
        quarters, between = (
            self._same[:, [angles[start + QUARTER * quarter] for quarter in range(4)]]
            for start in (0.0, QUARTER / 2)
        )
        return [int(each) for each in np.flatnonzero(quarters.all(1) & ~between.any(1))]

    @property
    def _same(self) -> npt.NDArray[np.bool_]:
        """Whether the most probable class [n, t] is that of the image as it is."""
        answer = self.arrays.answer
        return np.asarray(answer == answer[:, [self.plain]])

    def numbers(self) -> Iterator[tuple[tuple[str, str], float]]:
        """Yield all that texts can claim: fact and layer, "" where it is no layer's."""
        for key, value in self._facts():
            if value is not None and math.isfinite(value):
                yield key, value

    def _facts(self) -> Iterator[tuple[tuple[str, str], float | None]]:
        for kind in KINDS:
            word, first, last = WORDS[kind], self.first(kind), self.last(kind)
            for at, vector in enumerate(self.record.vectors):
                of, layer = _whose(vector)
                yield (f"distance at the first {word}{of}", layer), self.relative(at, first)
                yield (f"distance at the last {word}{of}", layer), self.relative(at, last)
                yield (f"first of last {word}{of}", layer), self.first_of_last(at, kind)
                yield (f"correlation with {word}{of}", layer), self.correlation(at, kind)
            for name, steps in (("first", first), ("last", last)):
                yield (f"same answer at the {name} {word}", ""), self.same_answer(steps)
                yield (f"probability at the {name} {word}", ""), self.probability(steps)
        half = self._of_size(TURN, HALF)
        for at, vector in enumerate(self.record.vectors):
            of, layer = _whose(vector)
            yield (f"distance at half a turn{of}", layer), self.relative(at, half)
        yield ("same answer at half a turn", ""), self.same_answer(half)
        yield ("probability at half a turn", ""), self.probability(half)
        yield ("probability", ""), self.probability([self.plain])
        symmetric, others = self.turned() or (None, None)
        yield ("probability over all turns, most symmetric", ""), symmetric
        yield ("probability over all turns, others", ""), others
        for caption, share in zip(self.record.captions, self.kept(), strict=False):
            yield (f"turns that keep the answer of {caption}", ""), share
        if not self.record.no_classes:
            images = len(self.record.rows)
            yield ("images that all turns keep", ""), len(self.kept_always()) / images
            yield (
                ("images that quarter turns alone keep", ""),
                len(self.kept_by_quarters()) / images,
            )

    def _nearest(self, kind: Kind, which: Callable[[list[float]], float]) -> list[int]:
        sizes = [size for number in self.steps(kind) if (size := self.size(number))]
        return self._of_size(kind, which(sizes)) if sizes else []

    def _of_size(self, kind: Kind, size: float) -> list[int]:
        return [each for each in self.steps(kind) if math.isclose(self.size(each), size)]


def median(values: Floats) -> float | None:
    """Return the median of what is known; None where nothing is."""
    return quartiles(values[:, None])[1][0]


def quartiles(values: Floats) -> tuple[Known, Known, Known]:
    """Return the quarter, the half and three quarters of [n, t] for each t."""
    known = np.where(np.isfinite(values), values, np.nan).astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a column without a number
        low, middle, high = np.nanpercentile(known, [25, 50, 75], axis=0)
    return _known(low), _known(middle), _known(high)


def _known(values: Floats) -> Known:
    return tuple(float(value) if math.isfinite(value) else None for value in values)


def _part(value: float | None, whole: float | None) -> float | None:
    return value / whole if value is not None and whole else None


def _whose(vector: Vector) -> tuple[str, str]:
    """Return how a fact's name ends, and the layer that it is of."""
    return ("", vector.layer) if vector.layer else (f" of the {vector.kind}", "")
