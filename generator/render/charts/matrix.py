"""A matrix of values 0…1 as a table whose cells are shaded: a picture that reads as numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

STEPS = 10  # of shading


@dataclass(frozen=True)
class Cell:
    """One value in words, and how dark its field is, 0 to `STEPS`."""

    text: str
    shade: int


@dataclass(frozen=True)
class Matrix:
    """What a template draws."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]  # name, and a cell for each column


def matrix(
    title: str,
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[float | None]],
    words: Callable[[float | None], str],
) -> Matrix:
    """Return the matrix of values [rows, columns]; one that is not known is not shaded."""
    return Matrix(
        title,
        tuple(columns),
        tuple(
            (name, tuple(Cell(words(value), _shade(value)) for value in line))
            for name, line in zip(rows, values, strict=True)
        ),
    )


def _shade(value: float | None) -> int:
    return 0 if value is None or math.isnan(value) else min(max(round(STEPS * value), 0), STEPS)
