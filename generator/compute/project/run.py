"""The pictures of every filter, group by group; what a stopped run has drawn stays drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from generator.atlas.schema import IMAGE_TILE, PLACES, LayerArrays
from generator.atlas.store import AtlasWriter, picture_name
from generator.compute.project.contact_sheets import (
    ActivationDiffers,
    occupied,
    portray,
    reconstruct_places,
)
from generator.compute.project.crops import Pixels, resize, to_pixels
from generator.compute.run.processes import Processes
from generator.compute.run.workspace import Workspace
from generator.errors import AtlasError, ImagesError
from generator.images.captions import display_path
from generator.images.decode import PictureError
from generator.images.sets.image_set import ImageSet
from generator.images.stream import normalise
from generator.network.watched import WatchedLayer, WatchedNetwork
from generator.progress import Progress

FILTERS_AT_ONCE = 32  # filters whose pictures are made together


def draw(
    network: WatchedNetwork,
    arrays: Sequence[LayerArrays],
    images: ImageSet,
    workspace: Workspace,
    writer: AtlasWriter,
    progress: Progress,
    processes: Processes,
) -> int:
    """Write the pictures of this process's share of the filters; return how many places it drew.

    Groups of filters that the workspace knows to be drawn are left as they are.
    """
    drawn = done = 0
    groups = processes.share(_groups(network))
    total = sum(last - first for _, first, last in groups)
    for number, first, last in groups:
        layer, mine = network.layers[number], arrays[number]
        if workspace.load_scales(layer.name, first) is None:
            made = _portray_group(network, layer, mine, images, first, last, writer)
            workspace.save_scales(layer.name, first, *made)
            drawn += int((mine.image[first:last] >= 0).sum())
        done += last - first
        progress("reconstruct", done, total)
    return drawn


def write_arrays(
    network: WatchedNetwork,
    arrays: Sequence[LayerArrays],
    workspace: Workspace,
    writer: AtlasWriter,
) -> None:
    """Write the arrays of all layers, with the scales of all groups, whoever has drawn them.

    Raises AtlasError where a group is missing.
    """
    for number, first, last in _groups(network):
        layer = network.layers[number]
        scales = workspace.load_scales(layer.name, first)
        if scales is None:
            raise AtlasError(
                f"{writer.folder}: the pictures of {layer.name}, filters {first} to {last - 1}, "
                "are not there any more; run the command again"
            )
        arrays[number].scale[first:last] = scales
    for layer, mine in zip(network.layers, arrays, strict=True):
        writer.write_arrays(layer.name, mine)


def _groups(network: WatchedNetwork) -> list[tuple[int, int, int]]:
    """Return what is drawn together: number of the layer, first filter, the one after the last."""
    return [
        (number, first, min(first + FILTERS_AT_ONCE, layer.filters))
        for number, layer in enumerate(network.layers)
        for first in range(0, layer.filters, FILTERS_AT_ONCE)
    ]


def _portray_group(
    network: WatchedNetwork,
    layer: WatchedLayer,
    arrays: LayerArrays,
    images: ImageSet,
    first: int,
    last: int,
    writer: AtlasWriter,
) -> tuple[npt.NDArray[np.float32], dict[str, str]]:
    """Make and write the pictures of the filters first … last − 1.

    Returns their scales [n, 9], and the sha256 of each picture by its path inside the atlas.
    """
    places = occupied(arrays, first, last)
    rows = sorted({int(row) for row in places.rows})
    with ThreadPoolExecutor() as pool:
        decoded = dict(
            zip(rows, pool.map(lambda row: _input(network, images, row), rows), strict=True)
        )
        try:
            signals = reconstruct_places(network, layer, places, decoded.__getitem__)
        except ActivationDiffers as problem:
            raise AtlasError(
                f"{layer.name}, filter {problem.filter}, image "
                f"{display_path(images.path(problem.row))}: the activation is "
                f"{problem.recomputed:.6g} now, the search recorded {problem.recorded:.6g}; "
                "the image or the network changed meanwhile; start anew with --anew"
            ) from problem
        wholes = dict(
            zip(rows, pool.map(lambda row: _whole(network, decoded[row]), rows), strict=True)
        )
        portraits = pool.map(
            lambda number: portray(
                network, layer, number, places, signals, decoded.__getitem__, wholes.__getitem__
            ),
            range(first, last),
        )
        scales = np.zeros((last - first, PLACES), np.float32)
        written: dict[str, str] = {}
        for portrait, nine in portraits:
            for kind, data in portrait.sheets.items():
                writer.write_picture(layer.name, portrait.filter, kind, data)
                name = picture_name(layer.name, portrait.filter, kind)
                written[name] = hashlib.sha256(data).hexdigest()
            scales[portrait.filter - first] = nine
    return scales, written


def _input(network: WatchedNetwork, images: ImageSet, row: int) -> Tensor:
    """Return what the network saw of an image: [3, size, size], normalised, on the CPU."""
    try:
        pixels = images.read(row, network.input_size)
    except PictureError as problem:
        raise ImagesError(
            f"{display_path(images.path(row))}: was readable during the search and is not now "
            f"({problem}); put it back, or start without it, with --anew"
        ) from problem
    return normalise(torch.from_numpy(pixels)[None], network.mean, network.std)[0]


def _whole(network: WatchedNetwork, image: Tensor) -> Pixels:
    """Return an image as the small picture that shows where a patch was cut."""
    mean, std = np.asarray(network.mean, np.float32), np.asarray(network.std, np.float32)
    return resize(to_pixels(image.numpy(), mean, std), IMAGE_TILE)
