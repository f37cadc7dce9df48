"""The pictures of every filter, group by group."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from generator.atlas.schema import IMAGE_TILE, PLACES, LayerArrays, PictureKind
from generator.compute.project.contact_sheets import (
    ActivationDiffers,
    contact_sheets,
    occupied,
    reconstruct_places,
)
from generator.compute.project.crops import Pixels, resize, to_pixels
from generator.errors import AtlasError, ImagesError
from generator.images.captions import display_path
from generator.images.decode import PictureError
from generator.images.sets.image_set import ImageSet
from generator.images.stream import normalise
from generator.network.watched import WatchedLayer, WatchedNetwork

FILTERS_AT_ONCE = 32


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


def draw(
    network: WatchedNetwork, arrays: LayerArrays, images: ImageSet, group: Group
) -> tuple[npt.NDArray[np.float32], dict[tuple[int, PictureKind], bytes]]:
    """Return the scales [last − first, 9] of a group and its pictures, by filter and kind.

    `arrays` are those of its layer. Raises AtlasError where a recorded activation does not come out
    again, and ImagesError where an image cannot be read any more.
    """
    layer = group.layer
    places = occupied(arrays, group.first, group.last)
    rows = sorted({int(row) for row in places.rows})
    scales = np.zeros((group.last - group.first, PLACES), np.float32)
    pictures: dict[tuple[int, PictureKind], bytes] = {}
    with ThreadPoolExecutor() as pool:
        seen = pool.map(lambda row: _input(network, images, row), rows)
        inputs = dict(zip(rows, seen, strict=True))
        try:
            signals = reconstruct_places(network, layer, places, inputs.__getitem__)
        except ActivationDiffers as problem:
            raise AtlasError(
                f"{layer.name}, filter {problem.filter}, image "
                f"{display_path(images.path(problem.row))}: the activation is "
                f"{problem.recomputed:.6g} now, the search recorded {problem.recorded:.6g}; "
                "the image or the network changed meanwhile; start anew with --anew"
            ) from problem
        small = pool.map(lambda row: _whole(network, inputs[row]), rows)
        wholes = dict(zip(rows, small, strict=True))

        def sheets_of(filter_: int) -> tuple[dict[PictureKind, bytes], npt.NDArray[np.float32]]:
            return contact_sheets(
                network, layer, filter_, places, signals, inputs.__getitem__, wholes.__getitem__
            )

        filters = range(group.first, group.last)
        for filter_, (sheets, nine) in zip(filters, pool.map(sheets_of, filters), strict=True):
            scales[filter_ - group.first] = nine
            pictures |= {(filter_, kind): sheet for kind, sheet in sheets.items()}
    return scales, pictures


def _input(network: WatchedNetwork, images: ImageSet, row: int) -> Tensor:
    """Return an image as the network saw it: [3, size, size], normalised, on the CPU."""
    try:
        pixels = images.read(row, network.input_size)
    except PictureError as problem:
        raise ImagesError(
            f"{display_path(images.path(row))}: was readable during the search and is not now "
            f"({problem}); put it back, or start without it, with --anew"
        ) from problem
    return normalise(torch.from_numpy(pixels)[None], network.mean, network.std)[0]


def _whole(network: WatchedNetwork, image: Tensor) -> Pixels:
    """Return an image as the small picture that shows where a patch was cropped."""
    mean, std = np.asarray(network.mean, np.float32), np.asarray(network.std, np.float32)
    return resize(to_pixels(image.numpy(), mean, std), IMAGE_TILE)
