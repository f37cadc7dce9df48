"""Makes a study of random weights by hand, with every case that a real one may hold."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from generator.atlas.schema import PLACES, sheet_side
from generator.atlas.store import Atlas
from generator.atlas.studies import finish
from generator.studies.control import record

STUDY = "control"
ALIKE = ("layer3", 0)  # a filter of which the control shows as much
SAME = ("layer3", 3)  # one with nothing to compare


def write_control(
    folder: Path, *, draw: Callable[[int, np.random.Generator], bytes], missing: str = ""
) -> None:
    """Write the study into an atlas; with `missing`, only why there is none."""
    atlas, place, rng = Atlas.open(folder), folder / "studies" / STUDY, np.random.default_rng(1)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for level, layer in enumerate(() if missing else atlas.manifest.layers):
        empty = atlas.arrays(layer.name).image < 0
        found = rng.uniform(level / 10 - 0.1, level / 10, (layer.filters, PLACES))
        if layer.name == ALIKE[0]:
            found[ALIKE[1]] = 0.625
            found[SAME[1]] = np.nan
        correlation = np.where(empty, np.nan, found).astype(np.float32)
        scale = np.where(empty, 0, 0.5).astype(np.float32)
        own_random = (correlation / 2 + 0.25).astype(np.float32)
        record.write(place, layer.name, record.Compared(correlation, own_random, scale))
        for number in np.nonzero(~empty.all(1))[0].tolist():
            picture = record.picture(place, layer.name, number)
            picture.parent.mkdir(exist_ok=True)
            picture.write_bytes(draw(sheet_side(layer.tile, layer.gutter), rng))
    finish(place, STUDY, 2, {}, missing)
