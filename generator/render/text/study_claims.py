"""Claims on studies: a number that a study of this atlas has found.

    study = "control"
    fact = "median correlation"             # as the study's view names it
    layer = "layer5"                        # left out where the number is no layer's
    within = [0.3, 0.4]

The text says so in a passage that names the study (`:::control`), or on the study's own page. A
claim is checked where such a passage is shown, and skipped with it where it is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import get_args

from pydantic import Field

from generator.names import StudyName
from generator.render.text.claims import HINT, Interval
from generator.render.text.front_matter import Keys, Table, Words, suggestion

Values = Mapping[tuple[str, str], float]  # (fact, layer) → number; layer "" where it is no layer's


@dataclass(frozen=True)
class Numbers:
    """What texts can claim of a study."""

    values: Values = field(default_factory=lambda: MappingProxyType({}))
    photographs: bool = False  # whether they depend on the image set


class _StudyKeys(Keys):
    study: Words
    fact: Words
    layer: Words = ""
    within: list[float] = Field(
        min_length=2, max_length=2, description="two numbers, [low, high], low first"
    )


@dataclass(frozen=True)
class StudyClaim:
    """A number of a study lies in an interval."""

    line: int
    study: str
    fact: str
    layer: str  # "" where the number is no layer's
    says: Interval

    @property
    def subject(self) -> str:
        """Return "control: median correlation of layer5"."""
        return f"{self.study}: {self.fact}{' of ' if self.layer else ''}{self.layer}"


def read_study_claims(front: Table) -> tuple[StudyClaim, ...]:
    """Return a text's claims on studies; ContentError with the line of one not well formed."""
    return tuple(_claim(table) for table in front.tables("claims") if "study" in table.values)


def _claim(table: Table) -> StudyClaim:
    keys = table.read(_StudyKeys, HINT)
    if keys.study not in get_args(StudyName):
        unknown = f"unknown study {keys.study}{suggestion(keys.study, get_args(StudyName))}"
        raise table.error(unknown, "study")
    low, high = keys.within
    if not low <= high:
        raise table.error(f"within goes from {low:g} down to {high:g}; put the low first", "within")
    return StudyClaim(table.line, keys.study, keys.fact, keys.layer, Interval(low, high))


def contradiction(claim: StudyClaim, numbers: Numbers) -> str:
    """Say what a study says instead of a claim; "" if it says the same."""
    value = numbers.values.get((claim.fact, claim.layer))
    if value is None:
        known = sorted({fact for fact, layer in numbers.values if layer == claim.layer})
        return f"{claim.subject}: not known{suggestion(claim.fact, known)}"
    rounded = float(f"{value:.6g}")
    if rounded in claim.says:
        return ""
    return f"{claim.subject} is {rounded:g}, the claim says {claim.says}"
