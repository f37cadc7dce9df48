"""The study once more: image by image, filter by filter, with loops and other means."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from generator.images.sets.image_set import ImageSet
from generator.network.watched import WatchedNetwork, hooked
from generator.network.zoo.zfnet import EMBEDDED_WEIGHTS

Pixels = npt.NDArray[np.uint8]
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Seen(NamedTuple):
    """What a filter answers to an image."""

    row: int
    activation: float
    unit: tuple[int, int]


@dataclass
class Slow:
    """A network of small fields on a set of opaque pictures, of which some are looked at."""

    network: WatchedNetwork
    images: ImageSet
    looked_at: list[int]

    def __post_init__(self) -> None:
        size = self.network.input_size
        self.pixels = [self.images.read(row, size)[:3] for row in range(len(self.images))]
        self.maps = [self._maps(pixels) for pixels in self.pixels]

    def _maps(self, pixels: Pixels) -> list[Tensor]:
        mean, std = (
            torch.tensor(each)[:, None, None] for each in (self.network.mean, self.network.std)
        )
        image = (torch.from_numpy(pixels) / 255 - mean) / std
        with torch.no_grad(), hooked(self.network.model, self.network.layers) as run:
            return [maps[0] for maps in run(image[None])]

    def order(self, layer: int, filter_: int, rows: list[int]) -> list[Seen]:
        """Return what activates a filter, the strongest first, the same pixels once."""
        found = dict[bytes, Seen]()
        for row in rows:
            values = self.maps[row][layer][filter_]
            top = float(values.max())
            if top > 0:
                at = values.tolist()
                unit = next(
                    (r, c) for r, line in enumerate(at) for c, v in enumerate(line) if v == top
                )
                found.setdefault(self.pixels[row].tobytes(), Seen(row, top, unit))
        return sorted(found.values(), key=lambda seen: (-seen.activation, seen.row))

    def patch(self, layer: int, seen: Seen) -> Pixels:
        """Cut what the unit sees, pixel by pixel, the mean colour outside."""
        field = self.network.layers[layer].field
        mean = np.rint(np.array(self.network.mean) * 255).astype(np.uint8)
        top, left = (field.interval(at)[0] for at in seen.unit)
        patch = np.empty((field.size, field.size, 3), np.uint8)
        for r in range(field.size):
            for c in range(field.size):
                y, x = top + r, left + c
                inside = 0 <= y < self.network.input_size[0] and 0 <= x < self.network.input_size[1]
                patch[r, c] = self.pixels[seen.row][:, y, x] if inside else mean
        return patch


def question(order: list[Seen], left: list[Seen]) -> tuple[int, int] | None:
    """Return the ranks of the strong and of the weak image."""
    if not left:
        return None
    ranks = [order.index(seen) + 1 for seen in left]
    weakest = order[-max(1, len(order) // 10) :]
    low = order.index(weakest[0]) + 1
    return (ranks[0], low) if low in ranks[1:] else None


def pairs(order: list[Seen], left: list[Seen]) -> list[tuple[Seen, Seen]]:
    """Return the pairs that a machine is shown."""
    many = min(10, len(left) // 2)
    weak = [seen for seen in left[many:] if order.index(seen) >= len(order) // 2]
    chosen = [weak[ceil((place * len(weak) - many + 1) / many)] for place in range(many)]
    return [(strong, other) for strong in left[:many] for other in chosen]


def code(patch: Pixels) -> npt.NDArray[np.float64]:
    """Return the means of layer 3's maps, by the weights of the file in double precision."""
    picture = Image.fromarray(patch).resize((64, 64), Image.Resampling.BICUBIC)
    value = (torch.from_numpy(np.array(picture)).double() / 255 - torch.tensor(MEAN)) / (
        torch.tensor(STD)
    )
    value = value.permute(2, 0, 1)[None]
    weights = stored()
    for number, (stride, padding) in enumerate(((2, 1), (2, 0), (1, 1)), 1):
        kernel, bias = (weights[f"features.conv{number}.{name}"] for name in ("weight", "bias"))
        value = F.conv2d(value, kernel, bias, stride, padding).clamp(min=0)
        if number < 3:
            value = F.max_pool2d(value, 3, 2, 1)
    return value[0].mean((1, 2)).numpy()


@cache
def stored() -> dict[str, Tensor]:
    """Return the tensors of the embedded network's file in double precision."""
    return {name: each.double() for name, each in load_file(EMBEDDED_WEIGHTS).items()}


def cosine(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Return the cosine of two vectors."""
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


def correlation(one: Pixels, other: Pixels) -> float:
    """Return the correlation of the pixels of two patches at 16 × 16."""
    small = [
        np.asarray(Image.fromarray(each).resize((16, 16), Image.Resampling.BICUBIC), float).ravel()
        for each in (one, other)
    ]
    return float(np.corrcoef(small[0], small[1])[0, 1])


def scores(
    slow: Slow, layer: int, nine: list[Seen], asked: list[tuple[Seen, Seen]]
) -> tuple[float, float]:
    """Return the shares of pairs right by code and by pixels."""
    shown = [slow.patch(layer, seen) for seen in nine]
    codes = [code(patch) for patch in shown]
    by_code = dict[int, float]()
    by_pixels = dict[int, float]()
    for seen in {seen.row: seen for pair in asked for seen in pair}.values():
        patch = slow.patch(layer, seen)
        mine = code(patch)
        by_code[seen.row] = sum(cosine(mine, each) for each in codes) / len(codes)
        by_pixels[seen.row] = sum(correlation(patch, each) for each in shown) / len(shown)
    right = [
        sum(alike[high.row] > alike[low.row] for high, low in asked) / len(asked)
        for alike in (by_code, by_pixels)
    ]
    return right[0], right[1]
