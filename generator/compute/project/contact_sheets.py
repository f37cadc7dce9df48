"""The contact sheets of filters: nine patches, nine reconstructions, nine images."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from generator.atlas.schema import IMAGE_TILE, PLACES, SMALL_TILE, LayerArrays, PictureKind
from generator.compute.project import crops
from generator.compute.project.boxes import boxes
from generator.compute.project.reconstruct import gradients, reconstruct
from generator.compute.run.threads import IN_TURN, side_by_side
from generator.names import Size
from generator.network.cone.geometry import PixelField
from generator.network.watched import KEPT, WatchedLayer, WatchedNetwork

TOLERANCE = 1e-4  # relative: recorded against recomputed activation
ROUNDING = 1e-5  # of the largest activation beside it: the error of float32 sums that cancel
LARGEST_BATCH = 64


@dataclass(eq=False)
class ActivationDiffers(Exception):
    """The activation of a place could not be reproduced."""

    filter: int
    row: int  # of the image
    recorded: float
    recomputed: float


@dataclass(frozen=True)
class Places:
    """The occupied places of some filters, flat: n of them."""

    filters: npt.NDArray[np.int64]  # [n]
    places: npt.NDArray[np.int64]  # [n] 0…8
    rows: npt.NDArray[np.int64]  # [n] image rows
    units: npt.NDArray[np.int64]  # [n, 2]
    boxes: npt.NDArray[np.int32]  # [n, 4]
    activations: npt.NDArray[np.float32]  # [n]

    @property
    def side(self) -> int:
        """Return the side of all boxes, pixels; 0 without any."""
        return int(self.boxes[0, 2] - self.boxes[0, 0]) if len(self.boxes) else 0

    def some(self, which: npt.NDArray[np.int64]) -> Places:
        """Return those places [m] of them, in this order."""
        return Places(**{name: values[which] for name, values in vars(self).items()})


def occupied(arrays: LayerArrays, first: int, last: int) -> Places:
    """Return the occupied places of the filters first … last − 1, filter by filter."""
    filters, places = np.nonzero(arrays.image[first:last] >= 0)
    filters = filters + first
    return Places(
        filters=filters,
        places=places,
        rows=arrays.image[filters, places],
        units=arrays.unit[filters, places].astype(np.int64),
        boxes=arrays.box[filters, places],
        activations=arrays.activation[filters, places],
    )


def as_shown(places: Places, field: PixelField, input_size: Size, side: int) -> Places:
    """Return places with the boxes of patches of this side, pixels, instead of whole fields."""
    if side >= crops.patch_side(field.size, input_size):
        return places
    return replace(places, boxes=boxes(field, input_size, places.units, side))


def reconstruct_places(
    network: WatchedNetwork,
    layer: WatchedLayer,
    places: Places,
    images: Callable[[int], Tensor],
    value: float | None = None,
) -> npt.NDArray[np.float32]:
    """Return the reconstruction [n, 3, side, side] of each place, cropped to its box.

    The boxes have one side.

    `images(row)` gives the normalised input [3, h, w]. Raises ActivationDiffers where the recorded
    activation does not come out again; with a `value`, to which units are set, none is compared.
    """
    cone = network.cone(layer)
    result = np.zeros((len(places.rows), 3, places.side, places.side), np.float32)
    largest = float(places.activations.max(initial=0))
    size = 1 if cone is None else min(LARGEST_BATCH, max(1, KEPT // cone.largest))  # units at once

    def work(start: int) -> tuple[Tensor, Tensor, list[tuple[int, int]]]:
        members = slice(start, start + size)
        units = torch.from_numpy(places.units[members])
        filters = torch.from_numpy(places.filters[members]).to(network.device)
        whole = torch.stack([images(int(row)) for row in places.rows[members]])
        if cone is None:
            units = units.to(network.device)
            found = gradients(network, layer, _sent(whole, network), units, filters, value)
            return (*found, [(0, 0)] * len(units))
        pixels = _sent(cone.pixels(whole, units), network)
        found = reconstruct(cone, pixels, units, filters, network.rule, value)
        return (*found, cone.corners(units))

    starts = range(0, len(places.rows), size)
    with nullcontext(IN_TURN) if cone is None else side_by_side(network.device) as threads:
        for start, (activation, signal, corners) in zip(
            starts, threads.map(work, starts), strict=True
        ):
            if value is None:
                _require_recorded(places, start, activation.cpu().numpy(), largest)
            for index, (part, corner) in enumerate(zip(signal.cpu().numpy(), corners, strict=True)):
                box = places.boxes[start + index] - np.array([*corner, *corner])
                result[start + index] = crops.crop(part, box)
    return result


def _sent(images: Tensor, network: WatchedNetwork) -> Tensor:
    return images.to(network.device).contiguous(memory_format=torch.channels_last)


def _require_recorded(
    places: Places, start: int, activation: npt.NDArray[np.float32], largest: float
) -> None:
    recorded = places.activations[start : start + len(activation)]
    wrong = ~np.isclose(activation, recorded, rtol=TOLERANCE, atol=ROUNDING * largest)
    if wrong.any():
        first = int(np.argmax(wrong))
        filter_, row = int(places.filters[start + first]), int(places.rows[start + first])
        raise ActivationDiffers(filter_, row, float(recorded[first]), float(activation[first]))


def contact_sheets(
    network: WatchedNetwork,
    shown: int,
    filter_: int,
    places: Places,
    signals: npt.NDArray[np.float32],
    images: Callable[[int], Tensor],
    wholes: Callable[[int], crops.Pixels],
) -> tuple[dict[PictureKind, bytes], npt.NDArray[np.float32]]:
    """Compose and encode the contact sheets of one filter; return them and its scales [9].

    `signals` [n, 3, shown, shown] are the reconstructions of `places`, whose boxes have the side
    `shown`; `images(row)` as above, `wholes(row)` gives the same as a picture of `IMAGE_TILE`
    pixels.
    """
    mean, std = np.asarray(network.mean, np.float32), np.asarray(network.std, np.float32)
    side = crops.tile_side(shown)
    has_small = shown >= crops.SMALL_FROM
    patches: list[crops.Pixels | None] = [None] * PLACES
    projections, small_projections, pictured = patches.copy(), patches.copy(), patches.copy()
    scales = np.zeros(PLACES, np.float32)
    for index in np.nonzero(places.filters == filter_)[0]:
        place, row = int(places.places[index]), int(places.rows[index])
        patch = crops.crop(images(row).numpy(), places.boxes[index])
        patches[place] = crops.to_pixels(patch, mean, std)
        projections[place], scales[place] = crops.signed_tile(signals[index], side)
        pictured[place] = wholes(row)
        if has_small:
            signal = crops.resampled(signals[index], SMALL_TILE)
            small_projections[place], _ = crops.signed_picture(signal)

    quality = None if shown <= crops.LOSSLESS_UP_TO else crops.QUALITY
    sheets: list[tuple[PictureKind, list[crops.Pixels | None], int, int | None]] = [
        ("patches", patches, side, quality),
        ("reconstructions", projections, side, quality),
        ("images", pictured, IMAGE_TILE, crops.WHOLE_QUALITY),
    ]
    if has_small:
        sheets += [
            ("patches.small", patches, SMALL_TILE, crops.SMALL_QUALITY),
            ("reconstructions.small", small_projections, SMALL_TILE, crops.SMALL_QUALITY),
        ]
    encoded = {
        kind: crops.webp(crops.contact_sheet(tiles, size), quality)
        for kind, tiles, size, quality in sheets
    }
    return encoded, scales
