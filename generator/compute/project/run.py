"""The pictures of every filter, group by group."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from generator.atlas.schema import IMAGE_TILE, PLACES, LayerArrays, PictureKind
from generator.compute.project.contact_sheets import (
    ActivationDiffers,
    Places,
    as_shown,
    contact_sheets,
    occupied,
    reconstruct_places,
)
from generator.compute.project.crops import Pixels, crop, resize, to_pixels
from generator.compute.project.effective_field import Signals, effective_field, sampled
from generator.errors import AtlasError, ImagesError
from generator.images.captions import display_path
from generator.images.decode import PictureError
from generator.images.sets.image_set import ImageSet
from generator.images.stream import normalise
from generator.network.watched import WatchedLayer, WatchedNetwork

FILTERS_AT_ONCE = 32
IMAGES_KEPT = 128 << 20  # bytes


@dataclass(frozen=True)
class Group:
    """Some filters of a layer, whose pictures are made together to bound memory."""

    number: int  # of the layer
    layer: WatchedLayer
    first: int
    last: int  # the one after the last


def groups_of(network: WatchedNetwork) -> list[Group]:
    """Return the filters of all layers in groups."""
    return [
        Group(number, layer, first, min(first + FILTERS_AT_ONCE, layer.filters))
        for number, layer in enumerate(network.layers)
        for first in range(0, layer.filters, FILTERS_AT_ONCE)
    ]


def measure_field(
    network: WatchedNetwork, layer: WatchedLayer, arrays: LayerArrays, images: Inputs
) -> int:
    """Return the side of the effective field of a layer, pixels; 0 where none can be measured.

    Raises as `draw` does.
    """
    places = sampled(layer, arrays, network.input_size)
    with ThreadPoolExecutor() as pool:
        inputs = _inputs(images, places, pool)
    return effective_field(places, lambda some: _reconstruct(network, layer, some, images, inputs))


def draw(
    network: WatchedNetwork, arrays: LayerArrays, images: Inputs, group: Group, shown: int
) -> tuple[npt.NDArray[np.float32], dict[tuple[int, PictureKind], bytes]]:
    """Return the scales [last − first, 9] of a group and its pictures, by filter and kind.

    `arrays` are those of its layer, `shown` the side of its patches in pixels. Raises AtlasError
    where a recorded activation does not come out again, and ImagesError where an image cannot be
    read any more.
    """
    layer = group.layer
    places = as_shown(
        occupied(arrays, group.first, group.last), layer.field, network.input_size, shown
    )
    scales = np.zeros((group.last - group.first, PLACES), np.float32)
    pictures: dict[tuple[int, PictureKind], bytes] = {}
    with ThreadPoolExecutor() as pool:
        inputs = _inputs(images, places, pool)
        signals = _reconstruct(network, layer, places, images, inputs)
        wholes = dict(zip(inputs, pool.map(images.small, inputs), strict=True))

        def sheets_of(filter_: int) -> tuple[dict[PictureKind, bytes], npt.NDArray[np.float32]]:
            return contact_sheets(
                network, shown, filter_, places, signals, inputs.__getitem__, wholes.__getitem__
            )

        filters = range(group.first, group.last)
        for filter_, (sheets, nine) in zip(filters, pool.map(sheets_of, filters), strict=True):
            scales[filter_ - group.first] = nine
            pictures |= {(filter_, kind): sheet for kind, sheet in sheets.items()}
    return scales, pictures


def _inputs(images: Inputs, places: Places, pool: ThreadPoolExecutor) -> dict[int, Tensor]:
    """Return the images of places by row."""
    rows = sorted({int(row) for row in places.rows})
    return dict(zip(rows, pool.map(images.input, rows), strict=True))


def _reconstruct(
    network: WatchedNetwork,
    layer: WatchedLayer,
    places: Places,
    images: Inputs,
    inputs: dict[int, Tensor],
) -> Signals:
    try:
        return reconstruct_places(network, layer, places, inputs.__getitem__)
    except ActivationDiffers as problem:
        raise AtlasError(
            f"{layer.name}, filter {problem.filter}, image "
            f"{display_path(images.images.path(problem.row))}: the activation is "
            f"{problem.recomputed:.6g} now, the search recorded {problem.recorded:.6g}; "
            "the image or the network changed meanwhile; start anew with --anew"
        ) from problem


class Inputs:
    """The images of a set as a network sees them; those read last are kept: `IMAGES_KEPT` bytes."""

    def __init__(self, network: WatchedNetwork, images: ImageSet) -> None:
        self._network, self.images = network, images
        each = 3 * (math.prod(network.input_size) + IMAGE_TILE**2)  # bytes, in both forms
        most = max(1, IMAGES_KEPT // each)
        self._pixels, self.small = lru_cache(most)(self._read), lru_cache(most)(self._small)

    def input(self, row: int) -> Tensor:
        """Return an image as the network saw it: [3, h, w], normalised, on the CPU."""
        return normalise(self._pixels(row), self._network.mean, self._network.std)[0]

    def _read(self, row: int) -> Tensor:
        try:
            return torch.from_numpy(self.images.read(row, self._network.input_size))[None]  # uint8
        except PictureError as problem:
            raise ImagesError(
                f"{display_path(self.images.path(row))}: was readable during the search and is not "
                f"now ({problem}); put it back, or start without it, with --anew"
            ) from problem

    def _small(self, row: int) -> Pixels:
        """Return an image as the small picture that shows where a patch was cropped."""
        network = self._network
        mean, std = np.asarray(network.mean, np.float32), np.asarray(network.std, np.float32)
        image = crop(self.input(row).numpy(), network.input_size.around)
        return resize(to_pixels(image, mean, std), IMAGE_TILE)
