"""Which images are occluded, by rule: right, sure, of several classes, the peak off the middle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

IMAGES = 6
SURE = 0.8  # probability of the right class from which the network is sure


@dataclass(frozen=True)
class Candidate:
    """An image of which the answer is right, and its strongest activation in the last layer."""

    row: int
    right: int  # class
    probability: float
    filter: int
    unit: tuple[int, int]
    activation: float
    total: float  # sum of its map
    off: bool  # whether the unit lies outside the middle third of the map's rows or columns

    @property
    def fits(self) -> bool:
        """Say whether all of the rule holds."""
        return self.off and self.probability >= SURE

    @property
    def rank(self) -> tuple[bool, bool]:
        """Return what puts it behind others: the peak in the middle, then doubt."""
        return not self.off, self.probability < SURE


def off_middle(unit: tuple[int, int], grid: tuple[int, int]) -> bool:
    """Say whether a unit lies outside the middle third of the rows or of the columns."""
    return any(abs(2 * at + 1 - of) * 3 > of for at, of in zip(unit, grid, strict=True))


def chosen(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return at most six, in order of row.

    No class comes a second time before each has come once. Those that fit come first, then the
    others by rank. Of more than are needed, sure ones are taken at even distances, others by
    probability.
    """
    seen = set[int]()
    ranked = list[tuple[bool, tuple[bool, bool], Candidate]]()
    for each in sorted(candidates, key=lambda c: (c.rank, _by_doubt(c), c.row)):
        ranked.append((each.right in seen, each.rank, each))
        seen.add(each.right)
    found = list[Candidate]()
    for _, tier in groupby(sorted(ranked, key=lambda r: r[:2]), key=lambda r: r[:2]):
        alike = [each for *_, each in tier]
        need = min(IMAGES - len(found), len(alike))
        if alike[0].probability >= SURE:
            alike.sort(key=lambda c: c.row)
            alike = [alike[place * len(alike) // need] for place in range(need)]
        found += alike[:need]
    return sorted(found, key=lambda c: c.row)


def _by_doubt(candidate: Candidate) -> float:
    return 0.0 if candidate.probability >= SURE else -candidate.probability
