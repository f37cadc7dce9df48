"""Makes a study of evolution by hand, for an atlas of `tiny_atlas` or any other."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from generator.atlas.store import Atlas
from generator.atlas.studies import finish
from generator.files import write_whole
from generator.studies.evolution.record import (
    RECORD,
    Evolution,
    Layer,
    strip_name,
    strip_size,
)

TITLES = ("epoch 1", "epoch 2", "epoch 21")
TILE = 12


def write_evolution(
    folder: Path, *, titles: tuple[str, ...] = TITLES, missing: str = "", seed: int = 0
) -> Evolution | None:
    """Write the study into an atlas; with `missing`, only why there is none.

    Shares and correlations grow with the snapshots, and are smaller in each further layer.
    """
    place = folder / "studies" / "evolution"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    record = None if missing else _record(Atlas.open(folder), titles)
    if record is not None:
        write_whole(place / RECORD, record.model_dump_json().encode())
        rng = np.random.default_rng(seed)
        for layer in record.layers:
            for number in range(len(layer.final)):
                write_whole(place / strip_name(layer.name, number), _strip(rng, len(titles) + 1))
    finish(place, "evolution", 1, {"seed": seed}, missing)
    return record


def _record(atlas: Atlas, titles: tuple[str, ...]) -> Evolution:
    layers = []
    for depth, layer in enumerate(atlas.manifest.layers, start=1):
        final = (atlas.arrays(layer.name).image >= 0).sum(1).tolist()
        grown = [(number + 1) / (len(titles) + depth) for number in range(len(titles))]
        layers.append(
            Layer(
                name=layer.name,
                tile=TILE,
                final=final,
                there=tuple(tuple(int(part * each) for each in final) for part in grown),
                correlation=tuple(
                    tuple(round(part, 4) if each else None for each in final) for part in grown
                ),
            )
        )
    return Evolution(
        snapshots=titles,
        images=14,
        all_images=True,
        stimuli=373,
        of_stimuli=4089,
        layers=tuple(layers),
    )


def _strip(rng: np.random.Generator, moments: int) -> bytes:
    width, height = strip_size(TILE, moments)
    stream = io.BytesIO()
    colour = tuple(int(part) for part in rng.integers(0, 256, 3))
    Image.new("RGB", (width, height), colour).save(stream, "WEBP", lossless=True)
    return stream.getvalue()
