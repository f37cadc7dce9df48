"""The strips of filters: the strongest patch and its reconstruction, moment by moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from torch import Tensor

from generator.atlas.schema import GUTTER, SMALL_TILE
from generator.compute.project import crops
from generator.compute.project.boxes import boxes
from generator.compute.project.contact_sheets import (
    ActivationDiffers,
    Places,
    as_shown,
    reconstruct_places,
)
from generator.compute.project.run import Inputs
from generator.compute.run.threads import side_by_side
from generator.compute.search.state import SearchState
from generator.errors import AtlasError
from generator.images.captions import display_path
from generator.names import Size
from generator.network.watched import WatchedLayer, WatchedNetwork
from generator.studies.evolution.places import strongest
from generator.studies.evolution.record import strip_size

Signals = npt.NDArray[np.float32]
Column = tuple[crops.Pixels, crops.Pixels] | None  # patch, reconstruction; None where it is grey


def tile_of(side: int) -> int:
    """Return the side in the strips, in picture pixels, of a patch of `side` input pixels."""
    return crops.tile_side(side) if side <= crops.LOSSLESS_UP_TO else min(side, SMALL_TILE)


def strips(
    networks: Sequence[WatchedNetwork],
    found: Sequence[SearchState],
    layer: int,
    filters: range,
    images: Inputs,
    side: int,
) -> list[bytes]:
    """Return the encoded strips of some filters of a layer, whose patches have a `side` in pixels.

    Raises AtlasError where an activation that the search has found does not come out again.
    """
    network = networks[-1]
    watched, size = network.layers[layer], network.input_size
    tile = tile_of(side)
    quality = None if side <= crops.LOSSLESS_UP_TO else crops.SMALL_QUALITY
    chosen = [
        as_shown(first_places(watched, size, state, layer, filters), watched.field, size, side)
        for state in found
    ]
    rows = sorted({row for places in chosen for row in places.rows.tolist()})
    with side_by_side(network.device) as threads:
        inputs = dict(zip(rows, threads.map(images.input, rows), strict=True))
    signals = [
        _signals(moment, layer, places, inputs.__getitem__, images)
        for moment, places in zip(networks, chosen, strict=True)
    ]
    mean, std = (np.asarray(each, np.float32) for each in (network.mean, network.std))

    def column(filter_: int, places: Places, signals: Signals) -> Column:
        for index in np.flatnonzero(places.filters == filter_):
            image = inputs[int(places.rows[index])].numpy()
            patch = crops.to_pixels(crops.crop(image, places.boxes[index]), mean, std)
            return patch, crops.signed_tile(signals[index], tile)[0]
        return None

    def encoded(filter_: int) -> bytes:
        columns = [column(filter_, *each) for each in zip(chosen, signals, strict=True)]
        return crops.webp(strip(columns, tile), quality)

    with side_by_side(network.device) as threads:
        return list(threads.map(encoded, filters))


def _signals(
    network: WatchedNetwork,
    layer: int,
    places: Places,
    inputs: Callable[[int], Tensor],
    images: Inputs,
) -> Signals:
    """Return the reconstructions [n, 3, side, side] of places by the weights of one moment."""
    watched = network.layers[layer]
    try:
        return reconstruct_places(network, watched, places, inputs)
    except ActivationDiffers as problem:
        raise AtlasError(
            f"{watched.name} of {network.name}, filter {problem.filter}, image "
            f"{display_path(images.images.path(problem.row))}: the activation is "
            f"{problem.recomputed:.6g} now, the search recorded {problem.recorded:.6g}; "
            "the image or the network changed meanwhile; run it again"
        ) from problem


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
