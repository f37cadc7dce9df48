"""What the study leaves: `quiz.json`, and for each filter with a question `<layer>/<number>.webp`.

A picture has two tiles of TILE pixels with GUTTER between: the patches of two query images, each
around the unit of the filter that responds most in that image, as the patches of the nine are.
"""

from __future__ import annotations

from typing import Literal

from generator.atlas.schema import Record

SCHEMA: Literal[1] = 1
RECORD = "quiz.json"
TILE = 160  # side of a query's tile, picture pixels


class Query(Record):
    """One of the two images of a question, which the reader has not seen."""

    row: int  # the image, as elsewhere: its index in the image set
    rank: int  # 1 is the strongest of the images that activate the filter at all
    activation: float


class Question(Record):
    """The question which of two images activates the filter more."""

    high: Query
    low: Query
    high_first: bool  # whether the left tile is the high one; by a seed, so neither side is better


class Score(Record):
    """Of a machine that takes the same test, with several pairs of queries."""

    by_code: float  # share of pairs right, 0…1, by the embedded network's layer-3 code
    by_pixels: float  # by the pixels themselves
    pairs: int


class Layer(Record):
    """The filters of a layer, in order of number."""

    name: str
    questions: tuple[Question | None, ...]  # [f]; None: no two images beside its nine
    scores: tuple[Score | None, ...]  # [f]; None likewise
    untrained_code: tuple[float, ...]  # the same of untrained filters; () where weights are random
    untrained_pixels: tuple[float, ...]


class Quiz(Record):
    """`quiz.json`."""

    schema_version: Literal[1] = SCHEMA
    images: int  # that were looked at
    all_images: bool  # whether these are all that there are
    tile: int
    layers: tuple[Layer, ...]


def picture_name(layer: str, number: int) -> str:
    """Return where the picture of a filter's question lies in the study's folder."""
    return f"{layer}/{number}.webp"
