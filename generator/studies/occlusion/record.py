"""What the study leaves: `occlusion.json`, and for each image `<row>.safetensors` with its maps.

Pictures lie beside them: `scale.webp`, the colours of the maps from low to high, and for each image
`<row>/<picture>.webp`, all of the input's size.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from generator.atlas.schema import Record
from generator.errors import AtlasError
from generator.files import write_whole

Floats = npt.NDArray[np.float32]
Positions = npt.NDArray[np.bool_]

SCHEMA: Literal[1] = 1
RECORD = "occlusion.json"
SCALE = "scale"
PICTURES = ("image", "map", "reconstruction", "probability", "answers")

# Of the map of answers: the right class, six others, and all that remain. They differ in lightness
# as well as in hue, for eyes that see fewer colours.
COLOURS = (
    *("#d8d6ce", "#0b4f8a", "#e39a12", "#2f9e77", "#c26a9b", "#74bde8", "#b84a12"),
    "#3a3a38",
)

# Which class counts as right: that of the label; the network's own answer on the whole image, as no
# label means a class; the same, as it is right about none of those whose label does.
Right = Literal["label", "no label", "none right"]


class Image(Record):
    """One image, and what the network makes of it without the square."""

    row: int  # in the image set
    label: str
    caption: str
    right: int  # the right class
    probability: float  # of that class
    filter: int  # of the last layer, whose map has the highest activation
    unit: tuple[int, int]  # row, column of that activation
    activation: float
    total: float  # sum of the map
    box: tuple[int, int, int, int]  # the unit's receptive field: top, left, bottom, right
    scale: float  # the value of the reconstruction that is shown as full white or black


class Occlusion(Record):
    """`occlusion.json`."""

    schema_version: Literal[1] = SCHEMA
    layer: str  # the last one
    looked_at: int  # images among which these are chosen
    all_images: bool  # whether these are all that there are
    counts: Right
    fitting: int  # images of which the answer is right and sure, and the peak off the middle
    classes: dict[int, str]  # names of those that are the answer somewhere, for people
    images: tuple[Image, ...]


@dataclass(frozen=True)
class Maps:
    """What the network answers with the square at each position, [rows, columns]."""

    total: Floats  # sum of the strongest map
    probability: Floats  # of the right class
    answer: npt.NDArray[np.int64]  # most probable class


def picture(folder: Path, *names: str) -> Path:
    """Return where a picture lies."""
    return folder.joinpath(*names).with_suffix(".webp")


def write_maps(folder: Path, row: int, maps: Maps) -> None:
    """Write the maps of an image, in one step."""
    arrays = {name: np.ascontiguousarray(array) for name, array in vars(maps).items()}
    write_whole(_maps(folder, row), save(arrays))


def read_maps(folder: Path, row: int) -> Maps:
    """Return the maps of an image. Raises AtlasError."""
    found = read_some(folder, row)
    if found is None:
        raise AtlasError(f"{_maps(folder, row)}: not there; run `filter-gallery compute` again")
    return found


def read_some(folder: Path, row: int) -> Maps | None:
    """Return the maps of an image; None where a run that was stopped had not come so far."""
    try:
        found = load_file(_maps(folder, row))
    except (FileNotFoundError, SafetensorError):
        return None
    return Maps(**found)


def by_frequency(maps: Maps, right: int) -> list[int]:
    """Return the classes that are the answer somewhere, the right one first, whether it is or not.

    Then the most frequent; ties by number.
    """
    classes, counts = np.unique(maps.answer, return_counts=True)
    others = sorted((-n, each) for each, n in zip(classes.tolist(), counts.tolist(), strict=True))
    return [right, *(each for _, each in others if each != right)]


def _maps(folder: Path, row: int) -> Path:
    return folder / f"{row}.safetensors"
