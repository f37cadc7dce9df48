"""The map as pictures: every thumbnail in its cell, at every size."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from generator.studies.map.record import SIDES, SMALLEST, TILE, WHOLE, Grid, Place
from generator.studies.map.tiles import encoded

ROWS, COLUMNS = 5, 18  # two tiles of the middle sizes, several of the largest


def grid(cells: list[int]) -> Grid:
    """Return a map with images in some cells."""
    return Grid(
        rows=ROWS,
        columns=COLUMNS,
        perplexity=1,
        places=tuple(
            Place(row=n, cell=cell, label="", caption="", strong=()) for n, cell in enumerate(cells)
        ),
        filters=(),
        neighbours=1,
        kept_plane=0,
        kept_grid=0,
    )


def test_every_picture_lies_in_its_cell() -> None:
    """In the whole map and in the tiles of each size; an empty cell is grey."""
    cells = [0, 17, 18, 40, 71, 89]
    colours = [
        (200, 30, 30),
        (30, 200, 30),
        (30, 30, 200),
        (200, 200, 30),
        (30, 200, 200),
        (9,) * 3,
    ]
    pictures = np.array(colours, np.uint8)[:, None, None].repeat(128, 1).repeat(128, 2)
    found = dict(encoded(grid(cells), pictures))
    sizes = {SMALLEST: 10**6, **dict.fromkeys(SIDES, TILE)}
    names_of = set[tuple[str, ...]]()
    for cell in range(ROWS * COLUMNS):
        wanted = dict(zip(cells, colours, strict=True)).get(cell, (128,) * 3)
        row, column = divmod(cell, COLUMNS)
        for side, tile in sizes.items():
            across = tile // side
            names: tuple[str, ...] = (str(side), f"{row // across}-{column // across}")
            if side == SMALLEST:
                names = (WHOLE,)
            names_of.add(names)
            shown = np.asarray(Image.open(io.BytesIO(found[names])).convert("RGB")).astype(int)
            middle = [int((at % across + 0.5) * side) for at in (row, column)]
            assert np.abs(shown[middle[0], middle[1]] - wanted).max() < 12, (cell, side)
            assert max(shown.shape) <= (COLUMNS * SMALLEST if side == SMALLEST else TILE)
    assert set(found) == names_of
    assert list(found) == list(dict(encoded(grid(cells), pictures)))
