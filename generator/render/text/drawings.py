"""Claims on drawings: which filters of a layer answer most to a picture that a study has drawn.

    drawing = "bar-45"                      drawing = "bar-45"
    layer = "layer1"                        layer = "layer1"
    of_ten = 7                              of_ten = 10
    fact = "orientation"                    unlike = "bar+45"
    within = [120, 150]

Of the ten filters that answer most, at least `of_ten` are as said of a fact from stimuli (`within`
for a number, `is` for a name), are among the ten of the drawing `like`, or not among those of the
drawing `unlike`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field

from generator.render.text.claims import HINT, Fact, FactKeys, Interval, fact_of
from generator.render.text.front_matter import Keys, Table, Words, suggestion

TEN = 10
# Drawing → layer → numbers of filters, that which answers most first.
Answers = Mapping[str, Mapping[str, Sequence[int]]]


class _DrawingKeys(Keys):
    drawing: Words
    layer: Words
    of_ten: int = Field(ge=1, le=TEN, description="a whole number from 1 to 10")


class _FactKeys(_DrawingKeys, FactKeys):
    pass


class _OtherKeys(_DrawingKeys):
    like: Words = ""
    unlike: Words = ""


@dataclass(frozen=True)
class DrawingClaim:
    """Of the ten filters that answer most to a drawing, at least so many are as said."""

    line: int
    drawing: str
    layer: str
    of_ten: int
    fact: Fact | None = None  # and what it `says`; None where the claim names another drawing
    says: Interval | str = ""
    other: str = ""
    alike: bool = False  # whether the filters are among those of the other drawing, or not


def read_drawing_claims(front: Table) -> tuple[DrawingClaim, ...]:
    """Return a text's claims on drawings; ContentError with the line of one not well formed."""
    return tuple(_claim(table) for table in front.tables("claims") if "drawing" in table.values)


def _claim(table: Table) -> DrawingClaim:
    if sum(key in table.values for key in ("fact", "like", "unlike")) != 1:
        raise table.error("a claim on a drawing has one of fact, like and unlike")
    if "fact" not in table.values:
        ten = table.read(_OtherKeys, HINT)
        place = (table.line, ten.drawing, ten.layer, ten.of_ten)
        return DrawingClaim(*place, other=ten.like or ten.unlike, alike="like" in table.values)
    keys = table.read(_FactKeys, HINT)
    fact, says = fact_of(table, keys)
    if fact.photographs:
        raise table.error(f"{fact.name} rests on photographs; claim a fact from stimuli", "fact")
    return DrawingClaim(table.line, keys.drawing, keys.layer, keys.of_ten, fact, says)


def unknown_drawings(claim: DrawingClaim, answers: Answers) -> Iterator[str]:
    """Yield a message for each drawing of a claim that nothing is known of."""
    for name in filter(None, (claim.drawing, claim.other)):
        if name not in answers:
            yield f"there is no drawing {name}{suggestion(name, answers)}"
        elif claim.layer not in answers[name]:
            yield f"the answers of {claim.layer} to the drawing {name} are not known"
