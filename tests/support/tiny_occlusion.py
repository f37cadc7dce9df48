"""Makes the study occlusion by hand, with every case that a real one may hold."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from generator.atlas.schema import Manifest
from generator.atlas.store import Atlas
from generator.atlas.studies import finish
from generator.files import write_whole
from generator.studies.occlusion import record
from generator.studies.occlusion.squares import grid_of

STUDY = "occlusion"
# Rows of the image set. The first has an answer for each class somewhere; of the second the answer
# stays, and both maps are the same everywhere; of the third it stays nowhere, and nothing falls.
MANY, SAME, LOST = 0, 3, 5
CLASSES = {
    0: "lotus",
    1: "<b>stop</b> sign & more",
    **{number: f"class {number}" for number in range(2, 12)},
}


def write_occlusion(
    folder: Path, *, missing: str = "", counts: record.Right = "label"
) -> record.Occlusion | None:
    """Write the study into an atlas; with `missing`, only why there is none."""
    place = folder / "studies" / STUDY
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    found = None
    if not missing:
        atlas = Atlas.open(folder)
        captions = {row: image.caption for row, image in atlas.images().items()}
        found = _record(atlas.manifest, captions, counts)
        write_whole(place / record.RECORD, found.model_dump_json().encode())
        size = atlas.manifest.network.input_size
        for image in found.images:
            record.write_maps(place, image.row, _maps(image.row, grid_of(size)))
            for number, name in enumerate(record.PICTURES):
                picture = _square(size.width, size.height, 40 * number)
                write_whole(record.picture(place, str(image.row), name), picture)
        write_whole(record.picture(place, record.SCALE), _square(256, 1, 90))
    finish(place, STUDY, 1, {}, missing)
    return found


def _record(manifest: Manifest, captions: dict[int, str], counts: record.Right) -> record.Occlusion:
    images = [
        record.Image(
            row=row,
            label="lotus",
            caption=captions[row],
            right=right,
            probability=probability,
            filter=filter_,
            unit=(0, 12),
            activation=7.25,
            total=100.0,
            box=(-59, 133, 80, 272),
            scale=0.0125,
        )
        for row, right, probability, filter_ in (
            (MANY, 1, 0.875, 0),
            (SAME, 0, 0.5, 2),
            (LOST, 2, 0.25, 0),
        )
    ]
    return record.Occlusion(
        layer=manifest.layers[-1].name,
        looked_at=14,
        all_images=True,
        counts=counts,
        fitting=1,
        classes=CLASSES,
        images=tuple(images),
    )


def _maps(row: int, shape: tuple[int, int]) -> record.Maps:
    """Return maps [rows, columns] of one of the images."""
    total = np.full(shape, 80, np.float32)
    probability = np.full(shape, 0.5, np.float32)
    answer = np.zeros(shape, np.int64)
    if row == MANY:
        answer[:] = 1
        for number in CLASSES:
            answer[20, number] = number
        probability[20, 3], total[3, 20] = 0.125, 25
        total[20, 3] = 50
    if row == LOST:
        total[:], total[0, 0], total[-1, -1] = 110, 120, 100
    return record.Maps(total, probability, answer)


def _square(width: int, height: int, grey: int) -> bytes:
    stream = io.BytesIO()
    Pillow.new("RGB", (width, height), (grey, grey, grey)).save(stream, "WEBP", lossless=True)
    return stream.getvalue()
