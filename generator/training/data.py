"""Labelled photographs in memory, split and augmented."""

from __future__ import annotations

import hashlib
import math
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from generator.errors import ImagesError

STORED_SIDE = 256  # pixels: pictures are kept with their shorter side at most this long


@dataclass(frozen=True)
class Example:
    """One labelled file of an image set."""

    path: Path
    set_name: str
    label: int
    held_out: bool


def list_examples(folders: list[Path]) -> tuple[list[Example], list[str]]:
    """List `<folder>/<class>/<file>` of all folders, and the class names in order.

    A tenth is held out: the files for which the SHA-256 of `class/file` falls into the lowest
    tenth of its range. That choice depends on nothing but the names.
    """
    found = [
        (folder.name, path)
        for folder in folders
        for path in sorted(folder.glob("*/*"))
        if path.suffix.lower() in (".jpg", ".jpeg", ".png")
    ]
    if not found:
        names = ", ".join(str(folder) for folder in folders)
        raise ImagesError(f"{names}: no pictures in folders named after their classes")
    classes = sorted({path.parent.name for _, path in found})
    numbers = {name: number for number, name in enumerate(classes)}
    examples = [
        Example(path, set_name, numbers[path.parent.name], is_held_out(path))
        for set_name, path in found
    ]
    return examples, classes


def is_held_out(path: Path) -> bool:
    """Tell whether this file belongs to the tenth that is never trained on."""
    digest = hashlib.sha256(f"{path.parent.name}/{path.name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < 2**64 // 10


def load(path: Path) -> np.ndarray:
    """Decode one file to uint8 [h, w, 3], shorter side at most `STORED_SIDE`.

    Raises ImagesError, naming the file, where it cannot be read.
    """
    try:
        with Image.open(path) as image:
            picture = image.convert("RGB")
    except (OSError, SyntaxError, ValueError) as problem:
        raise ImagesError(f"{path}: cannot be read ({problem}); mend or remove it") from problem
    shorter = min(picture.size)
    if shorter > STORED_SIDE:
        factor = STORED_SIDE / shorter
        size = (round(picture.width * factor), round(picture.height * factor))
        picture = picture.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(picture)


def load_all(examples: list[Example]) -> list[np.ndarray]:
    """Decode all files, in the order given."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(load, (example.path for example in examples)))


class Augmented(Dataset[tuple[Tensor, int]]):
    """Random crops and flips of the training pictures: uint8 [3, pixels, pixels] and the label.

    The draw depends on (seed, epoch, index) alone, so that a resumed run sees the same pictures.
    """

    def __init__(
        self,
        pictures: list[np.ndarray],
        labels: list[int],
        pixels: int,
        smallest_crop: float,
        seed: int,
        epoch: int,
    ) -> None:
        self.pictures, self.labels, self.pixels = pictures, labels, pixels
        self.smallest_crop, self.seed, self.epoch = smallest_crop, seed, epoch

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        draw = random.Random(f"{self.seed} {self.epoch} {index}")
        picture = Image.fromarray(self.pictures[index])
        box = random_box(draw, picture.width, picture.height, self.smallest_crop)
        crop = picture.resize((self.pixels, self.pixels), Image.Resampling.BILINEAR, box=box)
        array = np.asarray(crop)
        if draw.random() < 0.5:
            array = array[:, ::-1]
        return torch.from_numpy(array.copy()).permute(2, 0, 1), self.labels[index]


def random_box(
    draw: random.Random, width: int, height: int, smallest: float
) -> tuple[float, float, float, float]:
    """Draw left, top, right, bottom: a share `smallest`…1 of the area, sides 3:4 to 4:3."""
    for _ in range(10):
        area = width * height * draw.uniform(smallest, 1)
        ratio = math.exp(draw.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = math.sqrt(area * ratio), math.sqrt(area / ratio)
        if w <= width and h <= height:
            left, top = draw.uniform(0, width - w), draw.uniform(0, height - h)
            return left, top, left + w, top + h
    side = min(width, height)
    left, top = draw.uniform(0, width - side), draw.uniform(0, height - side)
    return left, top, left + side, top + side


class Centred(Dataset[tuple[Tensor, int]]):
    """Centre crops for evaluation: uint8 [3, pixels, pixels] and the label."""

    def __init__(self, pictures: list[np.ndarray], labels: list[int], pixels: int) -> None:
        self.pictures, self.labels, self.pixels = pictures, labels, pixels

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        picture = Image.fromarray(self.pictures[index])
        side = min(picture.size)
        left, top = (picture.width - side) / 2, (picture.height - side) / 2
        crop = picture.resize(
            (self.pixels, self.pixels),
            Image.Resampling.BILINEAR,
            box=(left, top, left + side, top + side),
        )
        return torch.from_numpy(np.array(crop)).permute(2, 0, 1), self.labels[index]
