"""Pictures to begin with: the drawings, and images of the gallery where their licence lets."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from generator.images.decode import PictureError
from generator.images.sets.image_set import ImageSet
from generator.images.stream import OPAQUE, normalise
from generator.network.watched import WatchedNetwork
from generator.studies.live.drawings import draw_all
from generator.studies.live.record import Picture

IMAGES = 6  # of the set
QUALITY = 85  # of WebP


@dataclass(frozen=True)
class Sample:
    """An encoded picture of the input's size."""

    name: str
    words: str
    kind: Literal["drawing", "image"]
    credit: str
    type: Literal["image/png", "image/webp"]
    content: bytes

    def record(self, top: dict[str, tuple[tuple[int, float], ...]]) -> Picture:
        """Return the record of the picture with what it activates, by layer."""
        return Picture(
            name=self.name,
            words=self.words,
            kind=self.kind,
            credit=self.credit,
            type=self.type,
            data=base64.b64encode(self.content).decode(),
            top=top,
        )

    def input(self, network: WatchedNetwork) -> Tensor:
        """Return what a network sees of the decoded picture: [1, 3, h, w], on its device."""
        with Image.open(io.BytesIO(self.content)) as picture:
            pixels = torch.from_numpy(np.array(picture.convert("RGBA")))
        seen = normalise(pixels.permute(2, 0, 1)[None], network.mean, network.std)
        return seen.to(network.device)


def samples(network: WatchedNetwork, images: ImageSet) -> list[Sample]:
    """Return the drawings, and images of the set where it may be shown."""
    drawn = [
        Sample(name, words, "drawing", "", "image/png", _encoded(picture, "PNG", optimize=True))
        for name, words, picture in draw_all(network.input_size)
    ]
    return [*drawn, *_of_set(network, images)]


def shown(images: ImageSet) -> str:
    """Return how to credit the images of a set that may be shown; "" where none may."""
    credit = images.credits()
    return credit.how_to_credit if credit and credit.licence else ""


def _of_set(network: WatchedNetwork, images: ImageSet) -> Iterator[Sample]:
    """Yield readable images of the set that lie evenly spaced in its order."""
    credit = shown(images)
    if not credit:
        return
    rows = {(2 * place + 1) * len(images) // (2 * IMAGES) for place in range(IMAGES)}
    for number, row in enumerate(sorted(rows), start=1):
        try:
            pixels = images.read(row, network.input_size)
        except PictureError:
            continue
        picture = Image.fromarray(_on_mean(pixels, network.mean))
        content = _encoded(picture, "WEBP", quality=QUALITY, method=4)
        words = images.caption(row)
        yield Sample(f"image{number}", words, "image", credit, "image/webp", content)


def _on_mean(pixels: np.ndarray, mean: tuple[float, float, float]) -> np.ndarray:
    """Lay a picture [4, h, w] on the mean colour, as the network sees it: [h, w, 3]."""
    opacity = pixels[3:].astype(np.float32) / OPAQUE
    ground = np.array(mean, np.float32)[:, None, None] * 255
    laid = pixels[:3] * opacity + ground * (1 - opacity)
    return np.rint(laid).clip(0, 255).astype(np.uint8).transpose(1, 2, 0).copy()


def _encoded(picture: Image.Image, kind: str, **options: int | bool) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
