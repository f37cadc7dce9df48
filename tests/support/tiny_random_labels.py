"""Makes a study of random labels by hand, for an atlas of `tiny_atlas` or any other."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

from PIL import Image

from generator.atlas.schema import LayerRecord, sheet_side
from generator.atlas.store import Atlas
from generator.atlas.studies import finish
from generator.files import write_whole
from generator.studies.random_labels.record import (
    KERNELS,
    RECORD,
    SHEETS,
    Epoch,
    Layer,
    Learning,
    Pair,
    RandomLabels,
    sheet_name,
)

FAMILIES = ("line", "edge", "rings")


def write_random_labels(folder: Path, *, missing: str = "") -> RandomLabels | None:
    """Write the study into an atlas; with `missing`, only why there is none.

    The last layer has no pair: all its filters are silent in the twin.
    """
    place = folder / "studies" / "random_labels"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    record = None
    if not missing:
        layers = Atlas.open(folder).manifest.layers
        record = _record(layers)
        write_whole(place / RECORD, record.model_dump_json().encode())
        write_whole(place / f"{KERNELS}.webp", _picture(31))
        for layer in layers[:-1]:
            for kind in SHEETS:
                picture = _picture(sheet_side(layer.tile, layer.gutter))
                write_whole(place / f"{sheet_name(layer.name, kind)}.webp", picture)
    finish(place, "random_labels", 1, {}, missing)
    return record


def _record(layers: tuple[LayerRecord, ...]) -> RandomLabels:
    last = len(layers) - 1
    matrix = tuple(
        tuple(
            None if last in (row, column) else 0.5 / (1 + abs(row - column))
            for column in range(last + 1)
        )
        for row in range(last + 1)
    )
    return RandomLabels(
        learning=Learning(
            pixels=64,
            pictures=18_000,
            held_out=2_000,
            chance=0.02,
            random=tuple(Epoch(training=n / 6, held_out=0.02) for n in range(1, 7)),
            true=tuple(Epoch(training=n / 3, held_out=n / 6) for n in range(1, 4)),
        ),
        stimuli=1_000,
        images=40,
        all_images=True,
        families=FAMILIES,
        layers=tuple(
            Layer(
                name=layer.name,
                filters=layer.filters,
                silent=(1, layer.filters if at == last else 0, 1),
                selectivity=(0.6, None if at == last else 0.5, 0.25),
                families=((2, 1, 0), (0, 0, 0) if at == last else (1, 2, 0), (0, 1, 2)),
                nearest_random=None if at == last else 0.7,
                nearest_untrained=0.4,
                pair=None if at == last else Pair(true=0, random=2, correlation=0.91),
            )
            for at, layer in enumerate(layers)
        ),
        cka_true_random=matrix,
        cka_true_untrained=matrix,
        cka_random_untrained=matrix,
        kernels=(31, 31),
    )


def _picture(side: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side), (90, 120, 150)).save(file, "WEBP")
    return file.getvalue()
