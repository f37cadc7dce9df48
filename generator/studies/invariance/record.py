"""What the study leaves: `invariance.json`, `invariance.safetensors`, and a strip for each image.

A strip, `<number>.webp` counted from 1, has four tiles: the image as it is, moved, scaled and
turned as `strip_steps` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from generator.atlas.schema import GUTTER, Record
from generator.files import write_whole

SCHEMA: Literal[1] = 1
RECORD, ARRAYS = "invariance.json", "invariance.safetensors"
Kind = Literal["shift", "scale", "rotation"]
KINDS: tuple[Kind, ...] = ("shift", "scale", "rotation")
STRIP_TURN = 45  # degrees of the last tile; those before have the largest shift and scale
TILES = 4


class Step(Record):
    """One change of an image."""

    kind: Kind
    # Whole pixels downwards; a factor around the middle; degrees counter-clockwise.
    value: float

    @property
    def is_none(self) -> bool:
        """Say whether it leaves an image as it is."""
        return self.value == (1.0 if self.kind == "scale" else 0.0)


class Vector(Record):
    """Numbers that an image is compared with itself by."""

    kind: Literal["pixels", "layer", "scores"]
    layer: str = ""


class Shown(Record):
    """An image that the page shows."""

    place: int  # among the images of the arrays
    answer: str  # class that the probabilities are of; "" without classes
    right: bool  # whether it is the most probable one of the image as it is


class Invariance(Record):
    """`invariance.json`. v: vectors, t: steps, n: images."""

    schema_version: Literal[1] = SCHEMA
    steps: tuple[Step, ...]  # [t] kind by kind, each in rising order
    vectors: tuple[Vector, ...]  # [v] pixels, first layer, last layer, scores, as there are
    rows: tuple[int, ...]  # [n] of the images in their set
    captions: tuple[str, ...]  # [n]
    all_images: bool  # whether these are all that there are
    no_classes: str  # why there are no probabilities, as part of a sentence; "" where there are
    own_answers: bool  # probabilities are of the network's own answer, as no label means a class
    shown: tuple[Shown, ...]
    may_show: bool  # whether the image set has a licence
    tile: tuple[int, int]  # width and height of a tile in the strips, picture pixels


@dataclass(frozen=True)
class Arrays:
    """What was measured of each image."""

    distance: npt.NDArray[np.float32]  # [n, v, t] Euclidean, from the image as it is
    norm: npt.NDArray[np.float32]  # [n, v] length of its own vector
    other: npt.NDArray[np.float32]  # [n, v] distance to the next image, of the last to the first
    probability: npt.NDArray[np.float32]  # [n, t] of its class; NaN where it has none
    answer: npt.NDArray[np.int32]  # [n, t] most probable class; −1 without classes
    target: npt.NDArray[np.int32]  # [n] the class of `probability`; −1 where there is none
    done: npt.NDArray[np.bool_]  # [n]

    @classmethod
    def empty(cls, images: int, vectors: int, steps: int) -> Arrays:
        """Return those of images of which nothing is known yet."""
        nan, f = np.nan, np.float32
        return cls(
            distance=np.full((images, vectors, steps), nan, f),
            norm=np.full((images, vectors), nan, f),
            other=np.full((images, vectors), nan, f),
            probability=np.full((images, steps), nan, f),
            answer=np.full((images, steps), -1, np.int32),
            target=np.full(images, -1, np.int32),
            done=np.zeros(images, np.bool_),
        )

    def write(self, path: Path) -> None:
        """Write all in one step. Raises OutputError."""
        whole = {name: np.ascontiguousarray(array) for name, array in vars(self).items()}
        write_whole(path, save(whole))


def read(path: Path, images: int, vectors: int, steps: int) -> Arrays | None:
    """Return what was written; None where there is nothing, or what does not fit."""
    try:
        known = load_file(path)
    except (FileNotFoundError, SafetensorError):
        return None
    wanted = vars(Arrays.empty(images, vectors, steps))
    shapes = [{name: each.shape for name, each in found.items()} for found in (known, wanted)]
    return Arrays(**known) if shapes[0] == shapes[1] else None


def strip_steps(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return what is done to the tiles of a strip behind the first."""
    some = (step for step in steps if step.kind != "rotation" or step.value <= STRIP_TURN)
    last = {step.kind: step for step in some}
    return tuple(last[kind] for kind in KINDS)


def strip_name(number: int) -> str:
    """Return where the strip of an image lies in the study, counted from 1."""
    return f"{number}.webp"


def strip_size(tile: tuple[int, int]) -> tuple[int, int]:
    """Return width and height of a strip, picture pixels."""
    return TILES * (tile[0] + GUTTER) - GUTTER, tile[1]
