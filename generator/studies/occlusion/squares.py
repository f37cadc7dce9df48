"""Where the grey square stands: centres over the whole input, the square clipped at its border."""

from __future__ import annotations

import math

from generator.names import Size

PART = 4  # the square's side is this part of the input's shorter one
STRIDE = 8  # pixels between two centres; no more than the side, so that every pixel is covered …
STEPS = 28  # … and more where the shorter side would have more than so many steps

Square = tuple[int, int, int, int]  # top, left, bottom, right in input pixels, half-open


def side_of(size: Size) -> int:
    """Return the side of the square, pixels."""
    return max(1, min(size) // PART)


def stride_of(size: Size) -> int:
    """Return how far two centres lie apart at most, pixels."""
    return max(min(STRIDE, side_of(size)), math.ceil(min(size) / STEPS))


def grid_of(size: Size) -> tuple[int, int]:
    """Return how many rows and columns of positions there are."""
    stride = stride_of(size)
    return -(-size.height // stride), -(-size.width // stride)


def squares(size: Size) -> list[Square]:
    """Return the squares of all positions, row by row.

    The input is cut into the cells of the grid; a square stands over the middle of each.
    """
    rows, columns = grid_of(size)
    side = side_of(size)
    down = [_interval(row, rows, size.height, side) for row in range(rows)]
    across = [_interval(column, columns, size.width, side) for column in range(columns)]
    return [(top, left, bottom, right) for top, bottom in down for left, right in across]


def _interval(cell: int, cells: int, length: int, side: int) -> tuple[int, int]:
    start = (2 * cell + 1) * length // (2 * cells) - side // 2
    return max(start, 0), min(start + side, length)
