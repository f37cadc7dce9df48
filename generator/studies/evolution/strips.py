"""The strips of filters: the strongest patch and its reconstruction, moment by moment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from generator.atlas.schema import GUTTER, SMALL_TILE
from generator.compute.project import crops
from generator.compute.project.contact_sheets import (
    ActivationDiffers,
    Places,
    reconstruct_places,
)
from generator.compute.project.run import Inputs
from generator.compute.records import boxes
from generator.compute.search.state import SearchState
from generator.errors import AtlasError
from generator.images.captions import display_path
from generator.names import Size
from generator.network.watched import WatchedLayer, WatchedNetwork
from generator.studies.evolution.record import strip_size
from generator.studies.evolution.search import strongest

Column = tuple[crops.Pixels, crops.Pixels] | None  # patch, reconstruction; None where it is grey


def tile_of(layer: WatchedLayer, size: Size) -> int:
    """Return the side of a patch in the strips of a layer, picture pixels."""
    shown = crops.patch_side(layer.field.size, size)
    return crops.tile_side(shown) if shown <= crops.LOSSLESS_UP_TO else min(shown, SMALL_TILE)


def strips(
    networks: Sequence[WatchedNetwork],
    found: Sequence[SearchState],
    layer: int,
    filters: range,
    images: Inputs,
) -> list[bytes]:
    """Return the encoded strips of some filters of a layer.

    Raises AtlasError where an activation that the search has found does not come out again.
    """
    watched, size = networks[0].layers[layer], networks[0].input_size
    tile = tile_of(watched, size)
    columns = [
        columns_of(network, state, layer, filters, images, tile)
        for network, state in zip(networks, found, strict=True)
    ]
    small = crops.patch_side(watched.field.size, size) <= crops.LOSSLESS_UP_TO
    quality = None if small else crops.SMALL_QUALITY
    return [crops.webp(strip(each, tile), quality) for each in zip(*columns, strict=True)]


def columns_of(
    network: WatchedNetwork,
    found: SearchState,
    layer: int,
    filters: range,
    images: Inputs,
    tile: int,
) -> list[Column]:
    """Return what one moment shows of some filters."""
    watched = network.layers[layer]
    places = first_places(watched, network.input_size, found, layer, filters)
    try:
        signals = reconstruct_places(network, watched, places, images.input)
    except ActivationDiffers as problem:
        raise AtlasError(
            f"{watched.name} of {network.name}, filter {problem.filter}, image "
            f"{display_path(images.images.path(problem.row))}: the activation is "
            f"{problem.recomputed:.6g} now, the search recorded {problem.recorded:.6g}; "
            "the image or the network changed meanwhile; run it again"
        ) from problem
    mean, std = (np.asarray(each, np.float32) for each in (network.mean, network.std))
    columns: list[Column] = [None] * len(filters)
    for filter_, row, box, signal in zip(
        places.filters.tolist(), places.rows.tolist(), places.boxes, signals, strict=True
    ):
        patch = crops.to_pixels(crops.crop(images.input(row).numpy(), box), mean, std)
        shown = signal if signal.shape[1] <= tile else crops.resampled(signal, tile)
        columns[filters.index(filter_)] = patch, crops.signed_picture(shown)[0]
    return columns


def first_places(
    layer: WatchedLayer, size: Size, found: SearchState, number: int, filters: range
) -> Places:
    """Return the strongest place of those of the filters that have one."""
    row, unit, activation = (part.numpy() for part in strongest(found, number))
    chosen: npt.NDArray[np.int64] = np.array([each for each in filters if row[each] >= 0], np.int64)
    units = unit[chosen]
    return Places(
        filters=chosen,
        places=np.zeros_like(chosen),
        rows=row[chosen],
        units=units,
        boxes=boxes(layer.field, size, units.astype(np.int32)),
        activations=activation[chosen],
    )


def strip(columns: Sequence[Column], tile: int) -> crops.Pixels:
    """Lay out a strip: patches above, reconstructions below, a column for each moment."""
    width, height = strip_size(tile, len(columns))
    picture = np.full((height, width, 3), crops.GREY, np.uint8)
    for number, column in enumerate(columns):
        left = number * (tile + GUTTER)
        for row, shown in enumerate(column or ()):
            top = row * (tile + GUTTER)
            picture[top : top + tile, left : left + tile] = crops.resize(shown, tile)
    return picture
