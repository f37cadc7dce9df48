"""The map as pictures: thumbnails at several sizes, each in the cell of its image."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image

from generator.compute.project.crops import GREY, Pixels, webp
from generator.studies.map.record import SMALLEST, TILE, WHOLE, Grid, tiles

QUALITY = 70  # of WebP


def encoded(grid: Grid, pictures: Pixels) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """Yield the pictures of a map: their names in the study, and what they hold.

    `pictures` [n, s, s, 3] are in the order of the grid's places.
    """
    at = np.full(grid.rows * grid.columns, -1)
    at[[place.cell for place in grid.places]] = np.arange(len(grid.places))
    board = at.reshape(grid.rows, grid.columns)
    for names in tiles(grid):
        side, part = SMALLEST, board
        if names != (WHOLE,):
            side = int(names[0])
            across = TILE // side
            row, column = (int(each) * across for each in names[1].split("-"))
            part = board[row : row + across, column : column + across]
        yield names, webp(drawn(pictures, part, side), QUALITY)


def drawn(pictures: Pixels, board: npt.NDArray[np.int64], side: int) -> Pixels:
    """Lay pictures [n, s, s, 3] out as a board [rows, columns] says; grey where it says −1."""
    rows, columns = board.shape
    whole = np.full((rows, side, columns, side, 3), GREY, np.uint8)
    for (row, column), number in np.ndenumerate(board):
        if number >= 0:
            small = Image.fromarray(pictures[number]).resize((side, side), Image.Resampling.BOX)
            whole[row, :, column] = np.asarray(small)
    return whole.reshape(rows * side, columns * side, 3)
