"""The study itself: every place reconstructed again with random weights, and compared.

Once all weights are random; once only those behind the layer before, up to which they are trained.
Sources: Adebayo and others, Sanity Checks for Saliency Maps, NeurIPS 2018; Nie and others, ICML
2018. Image, unit and rule are the same. Switches and gates come from the random network's own pass
over the image. What a unit of it answers says nothing, and may be zero: its value is set to 1, and
as a reconstruction is linear in that value, a positive one changes the scale alone.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from generator.atlas.schema import PLACES, RANDOM_WEIGHTS, LayerArrays
from generator.compute.project import crops
from generator.compute.project.contact_sheets import (
    ActivationDiffers,
    as_shown,
    occupied,
    reconstruct_places,
)
from generator.compute.project.run import Group, Inputs, groups_of
from generator.errors import AtlasError
from generator.files import write_whole
from generator.images.captions import display_path
from generator.names import Size
from generator.progress import Progress
from generator.studies.control import record
from generator.studies.control.record import Compared
from generator.studies.subject import Subject

VALUE = 1.0  # of every unit of the random network


def made_from(subject: Subject) -> dict[str, Any]:
    """Return all that the study's files depend on, as JSON has it."""
    return {"core": subject.core, "random": subject.random.source}


def measure(subject: Subject, folder: Path, progress: Progress) -> str:
    """Write the study's files into a folder; else return in a line why there are none."""
    network = subject.network
    if network.source.startswith(RANDOM_WEIGHTS):
        return "the network's own weights are random numbers, so that there is nothing to compare"
    arrays = {layer.name: subject.arrays(layer.name) for layer in network.layers}
    if not any((each.image >= 0).any() for each in arrays.values()):
        return "no image activates any filter, so that there is nothing to compare"
    images = Inputs(network, subject.images)
    done, total = 0, sum(layer.filters for layer in network.layers)
    for group in groups_of(network):
        name = group.layer.name
        before = record.read_some(folder, name)
        if before.filters < group.last:  # else it was compared before a run was stopped
            found, sheets = _compare(subject, arrays[name], images, group)
            for number, sheet in sheets.items():
                write_whole(record.picture(folder, name, number), sheet)
            record.write(folder, name, before.and_then(found))
        done += group.last - group.first
        progress("control", done, total)
    return ""


def _compare(
    subject: Subject, arrays: LayerArrays, images: Inputs, group: Group
) -> tuple[Compared, dict[int, bytes]]:
    """Return what is known of a group's filters, and contact sheets of those with a place."""
    network, layer = subject.network, group.layer
    places = occupied(arrays, group.first, group.last)
    places = as_shown(places, layer.field, network.input_size, subject.patch(layer.name))
    filters = range(group.first, group.last)
    scale = np.zeros((len(filters), PLACES), np.float32)
    correlation = np.full_like(scale, np.nan)
    own_random = correlation.copy()
    partly = network.with_weights_above(subject.random, group.number)
    with ThreadPoolExecutor() as pool:
        rows = sorted({int(row) for row in places.rows})
        inputs = dict(zip(rows, pool.map(images.input, rows), strict=True))
        try:
            trained = reconstruct_places(network, layer, places, inputs.__getitem__)
        except ActivationDiffers as problem:
            raise AtlasError(
                f"{layer.name}, filter {problem.filter}, image "
                f"{display_path(subject.images.path(problem.row))}: the activation is "
                f"{problem.recomputed:.6g} now, the search recorded {problem.recorded:.6g}; "
                "start anew with --anew"
            ) from problem
        random = reconstruct_places(subject.random, layer, places, inputs.__getitem__, VALUE)
        own = (
            None
            if partly is None
            else reconstruct_places(partly, layer, places, inputs.__getitem__, VALUE)
        )
        side = crops.tile_side(trained.shape[2])

        def sheet_of(filter_: int) -> bytes:
            tiles: list[crops.Pixels | None] = [None] * PLACES
            for index in np.nonzero(places.filters == filter_)[0]:
                place = filter_ - group.first, int(places.places[index])
                inside = _inside(places.boxes[index].tolist(), network.input_size)
                mine = trained[index][:, *inside]
                correlation[place] = pearson(mine, random[index][:, *inside])
                if own is not None:
                    own_random[place] = pearson(mine, own[index][:, *inside])
                tiles[place[1]], scale[place] = crops.signed_tile(random[index], side)
            quality = None if trained.shape[2] <= crops.LOSSLESS_UP_TO else crops.QUALITY
            return crops.webp(crops.contact_sheet(tiles, side), quality)

        living = np.unique(places.filters).tolist()
        sheets = dict(zip(living, pool.map(sheet_of, living), strict=True))
    return Compared(correlation, own_random, scale), sheets


def _inside(box: list[int], size: Size) -> tuple[slice, slice]:
    """Return the rows and columns of a place's box that lie in the image."""
    top, left, bottom, right = box
    return (
        slice(max(-top, 0), min(bottom, size.height) - top),
        slice(max(-left, 0), min(right, size.width) - left),
    )


def pearson(first: crops.Floats, second: crops.Floats) -> float:
    """Return the correlation of two signals of one shape; NaN where one is the same everywhere."""
    if first.min() == first.max() or second.min() == second.max():
        return float("nan")
    a, b = (signal.astype(np.float64) - signal.mean(dtype=np.float64) for signal in (first, second))
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))
