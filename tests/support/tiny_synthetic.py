"""Makes a study of made pictures by hand, of the tiny atlas's shapes."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

from generator.atlas.studies import finish

STUDY = "synthetic"
STEPS = 64
SILENT = 3  # number of the filter of each layer for which no picture was found


def write_synthetic(folder: Path, layers: list[tuple[str, int, int]], *, missing: str = "") -> None:
    """Write the study into an atlas for layers of name, filters and field.

    With `missing`, only why there is none. Filter n answers 2 · (n + 1) to its picture.
    """
    place = folder / "studies" / STUDY
    place.mkdir(parents=True)
    records = []
    for name, filters, side in layers if not missing else ():
        (place / name).mkdir()
        activation = [0.0 if n == SILENT else 2.0 * (n + 1) for n in range(filters)]
        for number in range(filters):
            picture = np.full((side, side, 3), 20 * number, np.uint8)
            stream = io.BytesIO()
            Image.fromarray(picture).save(stream, "WEBP", lossless=True)
            (place / name / f"{number}.webp").write_bytes(stream.getvalue())
        records.append(
            {
                "name": name,
                "side": side,
                "shift": min(4, side // 8),
                "activation": activation,
                "shifted": [value / 2 for value in activation],
            }
        )
    if not missing:
        record = {"schema_version": 1, "steps": STEPS, "seed": 1, "layers": records}
        (place / "synthetic.json").write_text(json.dumps(record))
    finish(place, STUDY, 1, {}, missing)
