"""What the study leaves: `classes.json`, `classes.safetensors`, and a picture for a class.

The picture, `<class>.webp`, is a contact sheet of whole images, as the core has them, in three
rows: of the class and named right, of the class and named otherwise, others named as this class.
Each row has the surest images first. A class without any of them has no picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save

from generator.atlas.schema import Record
from generator.errors import AtlasError
from generator.files import write_whole

Doubles = npt.NDArray[np.float64]


SCHEMA: Literal[1] = 1
RECORD = "classes.json"
ARRAYS = "classes.safetensors"
MOST_PAGES = 1_000  # classes with a page, and with a picture
BESIDE = 3  # images of a row, and classes that one is confused with
ANSWERS = 3  # most probable classes that are kept of an image

# Over which images the mean is taken: those of the class, all that were looked at, or those that
# the network takes for it; "none" where there is none of these.
Basis = Literal["own", "all", "taken", "none"]


class Shown(Record):
    """One image of a class's picture."""

    row: int  # in the whole image set
    caption: str
    label: str
    answer: int  # the most probable class
    probability: float  # of that answer


class OneClass(Record):
    """What is known of a class, but for its filters."""

    name: str  # as the network has it
    images: int  # whose labels mean it
    right: int  # of them, those for which it is the most probable class
    basis: Basis
    weighed: int  # images of that basis
    score: float | None  # the mean over them; None without any
    bias: float | None  # … what of it is no filter's; None where the head is not linear
    surest_right: tuple[Shown, ...]
    surest_wrong: tuple[Shown, ...]
    surest_taken: tuple[Shown, ...]
    taken_for: tuple[tuple[int, int], ...]  # class, images of this one that were taken for it
    taken_from: tuple[tuple[int, int], ...]  # class, images of that one that were taken for this


class Classes(Record):
    """`classes.json`."""

    schema_version: Literal[1] = SCHEMA
    layer: str  # whose filters are weighed
    exact: bool  # whether a score is the sum of what filters add, and a bias
    images: int  # that were looked at
    all_images: bool  # whether these are all that there are
    labelled: int  # of them, those whose label means a class
    right: int  # of these, those whose class is the most probable one
    among_five: int  # … or among the five most probable
    without_class: tuple[str, ...]  # labels that mean no class
    classes: tuple[OneClass, ...]  # by number


@dataclass(frozen=True)
class Arrays:
    """`classes.safetensors`. k: classes; m: maps of the layer; n: images that were looked at."""

    added: npt.NDArray[np.float32]  # [k, m] what a filter adds on the mean; NaN for basis "none"
    row: npt.NDArray[np.int64]  # [n] in the whole image set, rising
    answer: npt.NDArray[np.int32]  # [n, 3] classes, the most probable first; fewer of fewer classes
    probability: npt.NDArray[np.float32]  # [n, 3] theirs
    meant: npt.NDArray[np.int32]  # [n] class that the label means; −1 for none


def with_page(classes: Sequence[OneClass]) -> list[int]:
    """Return the numbers of the classes that get a page: of very many those with most images."""
    most = sorted(range(len(classes)), key=lambda number: (-classes[number].images, number))
    return sorted(most[:MOST_PAGES])


def picture(folder: Path, number: int) -> Path:
    """Return where the picture of a class lies."""
    return folder / f"{number}.webp"


def write_arrays(folder: Path, arrays: Arrays) -> None:
    """Write the arrays, in one step."""
    found = {name: np.ascontiguousarray(array) for name, array in vars(arrays).items()}
    write_whole(folder / ARRAYS, save(found))


def read_arrays(folder: Path) -> Arrays:
    """Read the arrays; AtlasError where this version cannot."""
    try:
        return Arrays(**load_file(folder / ARRAYS))
    except (OSError, TypeError) as problem:
        raise AtlasError(
            f"{folder / ARRAYS}: not what this version reads; run `filter-gallery compute` again, "
            "which mends it"
        ) from problem
