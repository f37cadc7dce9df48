"""Labelled photographs in memory: the part held out, the size of each, and its variations."""

from __future__ import annotations

import hashlib
import io
import math
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageFilter
from torch import Tensor
from torch.utils.data import Dataset

from generator.errors import ConfigError, ImagesError

Picture = npt.NDArray[np.uint8]  # [h, w, 3]
Report = Callable[[str], None]

EXTENSIONS = (".jpg", ".jpeg", ".png")
STORED_SIDE = 256  # pixels: pictures are kept with their shorter side at most this long
SAME_CLASS = {"motorcycle": "Motorbikes"}  # two sets have different names for it
LUMINANCE = (0.299, 0.587, 0.114)  # of red, green and blue, ITU-R BT.601
FILTERS = (
    Image.Resampling.BOX,
    Image.Resampling.BILINEAR,
    Image.Resampling.HAMMING,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
)


@dataclass(frozen=True)
class Split:
    """Decoded pictures of one part of the data."""

    pictures: list[Picture]
    labels: list[int]  # one for each picture


def class_of(path: Path) -> str:
    """Return the name of the class whose folder a picture lies in."""
    return SAME_CLASS.get(path.parent.name, path.parent.name)


def is_held_out(path: Path) -> bool:
    """Say whether this file belongs to the tenth that is never trained on.

    The SHA-256 of `class/file` is then in the lowest tenth of its range, so names alone decide.
    """
    digest = hashlib.sha256(f"{path.parent.name}/{path.name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < 2**64 // 10


def list_examples(folders: list[Path], report: Report) -> list[Path]:
    """List `<folder>/<class>/<file>` of all folders, by folder and name.

    Reports each class that several folders have: their pictures train one class. Raises ConfigError
    where a folder does not exist, ImagesError where there is no class or one without a picture.
    """
    found: list[Path] = []
    homes: dict[str, list[str]] = {}
    for folder in folders:
        if not folder.is_dir():
            raise ConfigError(f"--data {folder}: is no folder; name one with a folder per class")
        for home in sorted(path for path in folder.glob("*") if path.is_dir()):
            files = sorted(path for path in home.iterdir() if path.suffix.lower() in EXTENSIONS)
            if not files:
                raise ImagesError(f"{home}: the class has no picture; add some or remove it")
            found += files
            homes.setdefault(class_of(files[0]), []).append(f"{folder.name}/{home.name}")
    if not found:
        names = ", ".join(str(folder) for folder in folders)
        raise ImagesError(f"{names}: no pictures in folders named after their classes")
    for name, places in homes.items():
        if len(places) > 1:
            report(f"{' and '.join(places)}: one class, {name}")
    return found


def load(path: Path) -> Picture | None:
    """Decode one file, shorter side at most `STORED_SIDE`; None where it cannot be read."""
    try:
        with Image.open(path) as image:
            picture = image.convert("RGB")
    except (OSError, SyntaxError, ValueError):
        return None
    shorter = min(picture.size)
    if shorter > STORED_SIDE:
        factor = STORED_SIDE / shorter
        size = (round(picture.width * factor), round(picture.height * factor))
        picture = picture.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(picture)


def decode(
    paths: list[Path], smallest: int, report: Report, square: int | None = None
) -> list[tuple[Path, Picture]]:
    """Decode files, in the order given; `square` keeps the centre square alone, at that side.

    Leaves out, and reports, pictures that cannot be read and those whose shorter side is under
    `smallest` pixels.
    """

    def read(path: Path) -> Picture | None:
        picture = load(path)
        if picture is None or square is None:
            return picture
        return np.asarray(centre_crop(picture, square))

    with ThreadPoolExecutor() as pool:
        decoded = list(pool.map(read, paths))
    pairs = []
    for path, picture in zip(paths, decoded, strict=True):
        if picture is None:
            report(f"{path}: cannot be read; left out")
        elif (shorter := min(picture.shape[:2])) < smallest:
            report(f"{path}: {shorter} pixels, and training begins at {smallest}; left out")
        else:
            pairs.append((path, picture))
    return pairs


def load_all(
    paths: list[Path], smallest: int, report: Report, square: int | None = None
) -> tuple[Split, Split, list[str]]:
    """Decode all files; return the training part, the part held out, and the classes in order.

    Raises ImagesError where no picture of a class can be trained on.
    """
    pairs = decode(paths, smallest, report, square)
    usable = {class_of(path) for path, _ in pairs if not is_held_out(path)}
    for path in paths:
        if class_of(path) not in usable:
            raise ImagesError(
                f"{path.parent}: none of its pictures can be trained on; add readable ones "
                f"of at least {smallest} pixels, or remove the folder"
            )
    classes = sorted(usable)
    numbers = {name: number for number, name in enumerate(classes)}

    def part(held_out: bool) -> Split:
        chosen = [(path, picture) for path, picture in pairs if is_held_out(path) == held_out]
        labels = [numbers[class_of(path)] for path, _ in chosen]
        return Split([picture for _, picture in chosen], labels)

    return part(False), part(True), classes


def shuffled(split: Split, seed: int) -> Split:
    """Return the same pictures with their labels dealt out anew; each class keeps its number."""
    return Split(split.pictures, random.Random(seed).sample(split.labels, len(split.labels)))


def batches(
    pictures: list[Picture], sides: tuple[int, ...], batch: int, seed: int
) -> list[list[tuple[int, int]]]:
    """Deal an epoch's pictures into shuffled batches of (index, side in pixels).

    `sides` rise to the stage's own. Each picture is trained at the largest that its shorter side
    allows, so that none is enlarged; a batch has one side. Pictures that fill no batch wait for the
    next epoch.
    """
    draw = random.Random(seed)
    by_side: dict[int, list[tuple[int, int]]] = {}
    for index, picture in enumerate(pictures):
        side = max(side for side in sides if side <= min(picture.shape[:2]))
        by_side.setdefault(side, []).append((index, side))
    dealt = []
    for group in by_side.values():
        draw.shuffle(group)
        dealt += [group[i : i + batch] for i in range(0, len(group) - batch + 1, batch)]
    draw.shuffle(dealt)
    return dealt


class Unchanged(Dataset[tuple[Tensor, int]]):
    """The training pictures, squares of one side: (index, side) → uint8 [3, side, side], label."""

    def __init__(self, split: Split) -> None:
        self.split = split

    def __getitem__(self, key: tuple[int, int]) -> tuple[Tensor, int]:
        index, _ = key
        return planes(Image.fromarray(self.split.pictures[index])), self.split.labels[index]


class Augmented(Dataset[tuple[Tensor, int]]):
    """Variations of the training pictures: (index, side) → uint8 [3, side, side] and the label.

    The draw depends on (seed, epoch, index) alone, so that a resumed run sees the same pictures.
    """

    def __init__(self, split: Split, smallest_crop: float, seed: int, epoch: int) -> None:
        self.split, self.smallest_crop, self.seed, self.epoch = split, smallest_crop, seed, epoch

    def __getitem__(self, key: tuple[int, int]) -> tuple[Tensor, int]:
        index, side = key
        draw = random.Random(f"{self.seed} {self.epoch} {index}")
        picture = Image.fromarray(self.split.pictures[index])
        box = random_box(draw, picture.size, side, self.smallest_crop)
        crop = picture.resize((side, side), draw.choice(FILTERS), box=box)
        if draw.random() < 0.5:
            crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        return planes(retaken(draw, crop)), self.split.labels[index]


def planes(picture: Image.Image) -> Tensor:
    """RGB picture → uint8 [3, h, w]."""
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)


def random_box(
    draw: random.Random, size: tuple[int, int], side: int, smallest: float
) -> tuple[float, float, float, float]:
    """Draw left, top, right, bottom of a crop of a picture of `size` (width, height).

    It covers a share `smallest`…1 of the area, its sides are 3:4 to 4:3 and at least `side` pixels
    long, so that resampling to `side` never enlarges. Where a picture is too narrow for that, a
    square as large as `side` or larger is drawn.
    """
    width, height = size
    for _ in range(10):
        area = width * height * draw.uniform(smallest, 1)
        ratio = math.exp(draw.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = math.sqrt(area * ratio), math.sqrt(area / ratio)
        if side <= w <= width and side <= h <= height:
            break
    else:
        w = h = draw.uniform(side, min(width, height))
    left, top = draw.uniform(0, width - w), draw.uniform(0, height - h)
    return left, top, left + w, top + h


def retaken(draw: random.Random, picture: Image.Image) -> Image.Image:
    """Return the picture as another camera or program might have made it.

    Blurred or sharpened a little, other light and colours, grey now and then, saved as JPEG.
    """
    chance = draw.random()
    if chance < 0.2:
        picture = picture.filter(ImageFilter.GaussianBlur(draw.uniform(0.3, 1.2)))
    elif chance < 0.4:
        picture = picture.filter(ImageFilter.UnsharpMask(1, draw.randint(30, 120), 0))
    saturation = 0.0 if draw.random() < 0.05 else draw.uniform(0.6, 1.4)
    picture = recoloured(picture, draw.uniform(0.7, 1.3), draw.uniform(0.7, 1.3), saturation)
    if draw.random() < 0.4:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=draw.randint(40, 95))
        picture = Image.open(file)
    return picture


def recoloured(
    picture: Image.Image, brightness: float, contrast: float, saturation: float
) -> Image.Image:
    """Change brightness, contrast and saturation of an RGB picture; 1 leaves each as it is.

    They scale the values, their distance from mid grey, and that from their luminance.
    """
    rows: list[float] = []
    for channel in range(3):
        mixed = [(1 - saturation) * weight for weight in LUMINANCE]
        mixed[channel] += saturation
        rows += [brightness * contrast * weight for weight in mixed]
        rows.append(brightness * (1 - contrast) * 127.5)
    return picture.convert("RGB", tuple(rows))


def centre_crop(picture: Picture, side: int) -> Image.Image:
    """Crop to the centre square and reduce it to `side` pixels; a smaller one stays as it is."""
    image = Image.fromarray(picture)
    square = min(image.size)
    left, top = (image.width - square) // 2, (image.height - square) // 2
    box = (left, top, left + square, top + square)
    if square <= side:
        return image.crop(box)
    return image.resize((side, side), Image.Resampling.BILINEAR, box=box)
