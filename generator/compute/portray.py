"""The pictures of one filter after another: nine patches, nine reconstructions, nine images.

Works on a group of filters at a time, so that memory does not grow with filters or images.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from generator.atlas.schema import IMAGE_TILE, PLACES, LayerArrays, PictureKind
from generator.compute import crops
from generator.compute.reconstruct import group_by_crop, reconstruct
from generator.network.probed import ProbedLayer, ProbedNetwork

TOLERANCE = 1e-4  # relative: recorded against recomputed activation
LARGEST_BATCH = 64


class ActivationDiffers(Exception):
    """A place whose activation could not be reproduced."""

    def __init__(self, filter_: int, row: int, recorded: float, recomputed: float) -> None:
        super().__init__(f"filter {filter_}, image {row}: {recorded} recorded, {recomputed} now")
        self.filter, self.row = filter_, row
        self.recorded, self.recomputed = recorded, recomputed


@dataclass(frozen=True)
class Places:
    """The occupied places of some filters, flat: n of them."""

    filters: npt.NDArray[np.int64]  # [n]
    places: npt.NDArray[np.int64]  # [n] 0…8
    rows: npt.NDArray[np.int64]  # [n] image rows
    units: npt.NDArray[np.int64]  # [n, 2]
    boxes: npt.NDArray[np.int32]  # [n, 4]
    activations: npt.NDArray[np.float32]  # [n]


@dataclass(frozen=True)
class Portrait:
    """The encoded contact sheets of one filter, by kind."""

    filter: int
    sheets: dict[PictureKind, bytes]


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


def reconstruct_places(
    network: ProbedNetwork, layer: ProbedLayer, places: Places, images: Callable[[int], Tensor]
) -> npt.NDArray[np.float32]:
    """Return the reconstruction [n, 3, field, field] of each place, cut to its receptive field.

    `images(row)` gives the normalised input [3, h, w]. Raises ActivationDiffers where the crop
    does not give the recorded activation again.
    """
    side = layer.field.size
    result = np.zeros((len(places.rows), 3, side, side), np.float32)
    for group in group_by_crop(layer, torch.from_numpy(places.units), network.input_size):
        for start in range(0, len(group.members), LARGEST_BATCH):
            members = list(group.members[start : start + LARGEST_BATCH])
            corners = group.corners[start : start + LARGEST_BATCH]
            inputs = [
                images(int(places.rows[m]))[:, top : top + group.height, left : left + group.width]
                for m, (top, left) in zip(members, corners, strict=True)
            ]
            batch = torch.stack(inputs).to(network.device, memory_format=torch.channels_last)
            filters = torch.from_numpy(places.filters[members]).to(network.device)
            activation, signal = reconstruct(network.model, layer, batch, filters, group.unit)
            _check(places, members, activation.cpu().numpy())
            for m, corner, part in zip(members, corners, signal.cpu().numpy(), strict=True):
                box = places.boxes[m] - np.array([*corner, *corner])
                result[m] = crops.cut(part, box)
    return result


def _check(places: Places, members: list[int], activation: npt.NDArray[np.float32]) -> None:
    recorded = places.activations[members]
    wrong = ~np.isclose(activation, recorded, rtol=TOLERANCE, atol=0)
    if wrong.any():
        worst = int(np.nonzero(wrong)[0][0])
        member = members[worst]
        raise ActivationDiffers(
            int(places.filters[member]),
            int(places.rows[member]),
            float(recorded[worst]),
            float(activation[worst]),
        )


def portray(
    network: ProbedNetwork,
    layer: ProbedLayer,
    filter_: int,
    places: Places,
    signals: npt.NDArray[np.float32],
    images: Callable[[int], Tensor],
) -> tuple[Portrait, npt.NDArray[np.float32]]:
    """Compose and encode the sheets of one filter; return them and its scales [9].

    `signals` [n, 3, field, field] are the reconstructions of `places`; `images(row)` as above.
    """
    mean, std = np.asarray(network.mean, np.float32), np.asarray(network.std, np.float32)
    side = crops.tile_side(layer.field.size)
    patches: list[crops.Pixels | None] = [None] * PLACES
    projections: list[crops.Pixels | None] = [None] * PLACES
    wholes: list[crops.Pixels | None] = [None] * PLACES
    scales = np.zeros(PLACES, np.float32)
    for index in np.nonzero(places.filters == filter_)[0]:
        place = int(places.places[index])
        image = images(int(places.rows[index])).numpy()
        patches[place] = crops.to_pixels(crops.cut(image, places.boxes[index]), mean, std)
        projections[place], scales[place] = crops.signed_picture(signals[index])
        wholes[place] = crops.to_pixels(image, mean, std)
    patch_sheet = crops.contact_sheet(patches, side)
    signal_sheet = crops.contact_sheet(projections, side)
    quality = None if layer.field.size <= crops.LOSSLESS_UP_TO else crops.QUALITY
    whole_sheet = crops.contact_sheet(wholes, IMAGE_TILE)
    sheets: dict[PictureKind, bytes] = {
        "patches": crops.webp(patch_sheet, quality),
        "reconstructions": crops.webp(signal_sheet, quality),
        "images": crops.webp(whole_sheet, crops.WHOLE_QUALITY),
    }
    if layer.field.size >= crops.SMALL_FROM:
        sheets["patches.small"] = crops.webp(crops.small(patch_sheet), crops.SMALL_QUALITY)
        sheets["reconstructions.small"] = crops.webp(crops.small(signal_sheet), crops.SMALL_QUALITY)
    return Portrait(filter_, sheets), scales
