"""Makes the study map by hand, with every case that a real one may hold."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from generator.atlas.store import Atlas
from generator.atlas.studies import finish
from generator.files import write_whole
from generator.studies.map.record import (
    RECORD,
    SMALLEST,
    TILE,
    WHOLE,
    Grid,
    Labels,
    Map,
    Place,
    Same,
    Shades,
    Strong,
    picture,
    tiles,
)

STUDY = "map"
SIDE = 4  # rows and columns
EMPTY = (5, 15)  # cells without an image
FILTERS = (0, 2)  # that it can be lit by


def write_map(folder: Path, *, missing: str = "", licensed: bool = True) -> Map | None:
    """Write the study into an atlas; with `missing`, only why there is none.

    A map of the 14 images of the atlas in the order of their rows.
    """
    place = folder / "studies" / STUDY
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    record = None
    if not missing:
        atlas = Atlas.open(folder)
        layers = [(layer.name, layer.filters) for layer in atlas.manifest.layers]
        grid = _grid(atlas) if licensed else None
        record = Map(
            layers=tuple(layers),
            images=14,
            all_images=True,
            labels=_labels(layers, atlas.manifest.images.labels),
            grid=grid,
        )
        write_whole(place / RECORD, record.model_dump_json().encode())
        for names in tiles(grid) if grid else ():
            side = SMALLEST if names == (WHOLE,) else min(TILE, SIDE * int(names[0]))
            write_whole(picture(place, *names), _square(SIDE * side if side < 20 else side))
    finish(place, STUDY, 1, {}, missing)
    return record


def _grid(atlas: Atlas) -> Grid:
    cells = [cell for cell in range(SIDE * SIDE) if cell not in EMPTY]
    places = tuple(
        Place(
            row=row,
            cell=cell,
            label=image.label,
            caption=image.caption,
            strong=(Strong(filter=0, part=1.0), Strong(filter=2, part=0.456))[: row % 3],
        )
        for cell, (row, image) in zip(cells, sorted(atlas.images().items()), strict=True)
    )
    return Grid(
        rows=SIDE,
        columns=SIDE,
        perplexity=13 / 3,
        places=places,
        filters=tuple(
            Shades(filter=number, strongest=1.5, levels=tuple(np.linspace(0, 255, 14).astype(int)))
            for number in FILTERS
        ),
        neighbours=10,
        kept_plane=0.75,
        kept_grid=0.5,
    )


def _labels(layers: list[tuple[str, int]], labels: tuple[str, ...]) -> Labels | None:
    """Neighbours share labels more from layer to layer; of the second little is known."""
    if len(labels) < 2:
        return None
    same = [Same(layer="", share=0.25, untrained=None)]
    for number, (name, _) in enumerate(layers):
        known = number != 1
        share, untrained = 0.3 + number / 10, 0.2 + number / 100
        same.append(
            Same(
                layer=name,
                share=share if known else None,
                untrained=untrained if known else None,
            )
        )
    return Labels(images=12, labels=len(labels), neighbours=10, same=tuple(same), chance=0.125)


def _square(side: int) -> bytes:
    stream = io.BytesIO()
    shades = np.linspace(0, 255, side).astype(np.uint8)
    picture = np.broadcast_to(shades[:, None, None], (side, side, 3))
    Image.fromarray(np.ascontiguousarray(picture)).save(stream, "WEBP", lossless=True)
    return stream.getvalue()
