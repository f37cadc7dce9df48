"""What the study leaves: `map.json`, and the map in tiles, `<side>/<row>-<column>.webp`.

The map is there at several sizes: thumbnails of 16, 32, 64 and 128 pixels. The smallest is one
picture, `map.webp`; of the others each is cut into tiles of `TILE` pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from generator.atlas.schema import Record

SCHEMA: Literal[1] = 1
RECORD, WHOLE = "map.json", "map"
FEWEST = 12  # images of a map, and with a label that are counted; each has eleven others
SMALLEST = 16  # side of a thumbnail in the picture of the whole map
SIDES = (32, 64, 128)  # of thumbnails in tiles
LARGEST = SIDES[-1]
TILE = 512  # side of a tile, pixels, but for the last ones of a row and of a column


class Strong(Record):
    """A filter of the last layer that an image activates strongly."""

    filter: int
    part: float  # of the filter's strongest activation in the atlas


class Place(Record):
    """An image of the map."""

    row: int  # in the image set
    cell: int  # on the grid, row by row
    label: str
    caption: str
    strong: tuple[Strong, ...]  # up to three, the strongest first


class Same(Record):
    """The mean share of an image's nearest neighbours with its label, by one kind of code."""

    layer: str  # "" for the pixels
    share: float | None  # None where hardly two codes differ
    untrained: float | None  # with random weights; None for pixels, too


class Labels(Record):
    """What the labels of neighbours say. Images without a label are left out."""

    images: int
    labels: int  # how many different ones
    neighbours: int  # of an image, that are looked at
    same: tuple[Same, ...]  # pixels, then layer by layer
    chance: float


class Shades(Record):
    """How much a filter of the last layer answers to each image, by the mean of its map."""

    filter: int
    strongest: float  # mean, which is level 255
    levels: tuple[int, ...]  # [n] in the order of places


class Grid(Record):
    """The map."""

    rows: int
    columns: int
    perplexity: float
    places: tuple[Place, ...]  # [n] in order of cell
    filters: tuple[Shades, ...]  # those that are most often among the three strongest
    # Mean share of so many nearest neighbours by code that are among as many on t-SNE's plane; on
    # the grid.
    neighbours: int
    kept_plane: float
    kept_grid: float


class Map(Record):
    """`map.json`."""

    schema_version: Literal[1] = SCHEMA
    layers: tuple[tuple[str, int], ...]  # names and filters
    images: int  # that were looked at and can be read
    all_images: bool  # whether the set has no more
    labels: Labels | None  # None where there is nothing to count
    grid: Grid | None  # None where the images may not be shown


def tiles(grid: Grid) -> Iterator[tuple[str, ...]]:
    """Yield the names of the pictures of a map."""
    yield (WHOLE,)
    for side in SIDES:
        across = TILE // side
        for row in range(-(-grid.rows // across)):
            for column in range(-(-grid.columns // across)):
                yield str(side), f"{row}-{column}"


def picture(folder: Path, *names: str) -> Path:
    """Return where a picture lies."""
    return folder.joinpath(*names).with_suffix(".webp")
