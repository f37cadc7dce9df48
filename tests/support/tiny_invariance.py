"""Makes the study invariance by hand, with every case that a real one may hold."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from generator.atlas.store import Atlas
from generator.atlas.studies import finish
from generator.files import write_whole
from generator.studies.invariance.record import (
    ARRAYS,
    RECORD,
    Arrays,
    Invariance,
    Shown,
    Step,
    Vector,
    strip_name,
    strip_size,
)

STUDY = "invariance"
TILE = (18, 12)
STEPS = (
    *(Step(kind="shift", value=value) for value in range(-60, 61, 10)),
    *(Step(kind="scale", value=value / 10) for value in range(10, 19)),
    *(Step(kind="rotation", value=value) for value in range(0, 360, 15)),
)
BROKEN = 3  # an image whose values are no numbers
STEADY, QUARTERS = 1, 2  # images that all turns keep, and quarter turns alone


def write_invariance(
    folder: Path,
    *,
    missing: str = "",
    no_classes: str = "",
    own_answers: bool = False,
    may_show: bool = True,
    most: int = 100,
) -> Invariance | None:
    """Write the study into an atlas; with `missing`, only why there is none.

    Of up to `most` images of the atlas, of which one has values that are no numbers.
    """
    place = folder / "studies" / STUDY
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    record = None
    if not missing:
        images = list(Atlas.open(folder).images().values())[:most]
        layers = Atlas.open(folder).manifest.layers
        names = dict.fromkeys((layers[0].name, layers[-1].name))
        vectors = (
            Vector(kind="pixels"),
            *(Vector(kind="layer", layer=name) for name in names),
            *([] if no_classes else [Vector(kind="scores")]),
        )
        arrays = _arrays(len(images), len(vectors), classes=not no_classes)
        shown = [] if not may_show else range(min(5, len(images)))
        record = Invariance(
            steps=STEPS,
            vectors=vectors,
            rows=tuple(image.row for image in images),
            captions=tuple(image.caption for image in images),
            all_images=most >= len(images),
            no_classes=no_classes,
            own_answers=own_answers,
            shown=tuple(
                Shown(place=each, answer="" if no_classes else "<i>lotus</i>", right=each != 4)
                for each in shown
            ),
            may_show=may_show,
            tile=TILE,
        )
        arrays.write(place / ARRAYS)
        for number in range(1, len(record.shown) + 1):
            write_whole(place / strip_name(number), _strip())
        write_whole(place / RECORD, record.model_dump_json().encode())
    finish(place, STUDY, 1, {}, missing)
    return record


def _arrays(images: int, vectors: int, *, classes: bool) -> Arrays:
    """Distances grow as roots of the step in the first layer, evenly behind it."""
    found = Arrays.empty(images, vectors, len(STEPS))
    sizes = np.array([_size(step) for step in STEPS])
    factors = np.linspace(1, 2, images)
    for number in range(vectors):
        grown = 100 * (np.sqrt(sizes) if number < 2 else sizes)
        found.distance[:, number] = factors[:, None] * grown
    found.norm[:] = 200
    found.other[:] = 250
    found.done[:] = True
    if classes:
        found.target[:] = 0
        found.answer[:] = np.where(sizes < 0.5, 0, 1)
        found.answer[STEADY : STEADY + 1] = 0
        if images > QUARTERS:
            angles = [step.value if step.kind == "rotation" else 45 for step in STEPS]
            found.answer[QUARTERS] = [int(angle % 90 != 0) for angle in angles]
            found.answer[QUARTERS, [step.is_none for step in STEPS]] = 0
        found.probability[:] = np.linspace(0.9, 1, images)[:, None] * (1 - 0.9 * sizes)
    if images > BROKEN:
        found.distance[BROKEN, 2:] = np.inf
        found.other[BROKEN, 2:] = np.nan
        found.probability[BROKEN] = np.nan
        found.target[BROKEN] = -1
    return found


def _size(step: Step) -> float:
    """Return how large a step is, as a part of the largest."""
    if step.kind == "shift":
        return abs(step.value) / 60
    if step.kind == "scale":
        return (step.value - 1) / 0.8
    return min(step.value, 360 - step.value) / 180


def _strip() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", strip_size(TILE), (90, 120, 60)).save(stream, "WEBP", lossless=True)
    return stream.getvalue()
