"""Makes the study adversarial by hand, with every case that a real one may hold."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

from PIL import Image

from generator.atlas.store import Atlas
from generator.atlas.studies import finish
from generator.files import write_whole
from generator.studies.adversarial.record import (
    PARTS,
    RECORD,
    Adversarial,
    Against,
    Answer,
    Layer,
    Moved,
    Shown,
    picture_name,
)

STUDY = "adversarial"
IMAGES = 20
SILENT = "layer4"  # a layer that answers to none of the images
HOSTILE = "<b>bold</b> & {{ thing }}"  # a class and a caption
SHOWN = (
    Shown(
        row=3,
        caption=HOSTILE,
        budget=0.5,
        before=Answer(name="lotus", probability=0.97),
        after=Answer(name=HOSTILE, probability=0.003),
        changed=True,
    ),
    Shown(
        row=7,
        caption="one that withstands",
        budget=8,
        before=Answer(name="stop sign", probability=1),
        after=Answer(name="stop sign", probability=0.5),
        changed=False,
    ),
)


def write_adversarial(
    folder: Path, *, missing: str = "", against: Against = "labels", licensed: bool = True
) -> None:
    """Write the study into an atlas; with `missing`, only why there is none."""
    place = folder / "studies" / STUDY
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    if not missing:
        made = record(Atlas.open(folder), against, licensed=licensed)
        write_whole(place / RECORD, made.model_dump_json().encode())
        for shown in made.shown:
            for shade, part in enumerate(PARTS):
                write_whole(place / picture_name(shown.row, part), _picture(80 * shade))
    finish(place, STUDY, 1, {}, missing)


def record(atlas: Atlas, against: Against, *, licensed: bool) -> Adversarial:
    """Return a record in which later filters of later layers move more, and filter 0 not at all."""
    layers = []
    for depth, layer in enumerate(atlas.manifest.layers, start=1):
        silent = layer.name == SILENT
        moved = [0.0 if silent else depth * number / 10 for number in range(layer.filters)]
        layers.append(
            Layer(
                name=layer.name,
                attack=Moved(whole=None if silent else depth / 20, filters=tuple(moved)),
                noise=Moved(
                    whole=None if silent else 0.01, filters=tuple(each / 5 for each in moved)
                ),
            )
        )
    return Adversarial(
        budgets=(0.5, 1, 2, 4, 8),
        steps=7,
        stride=0.357,
        looked_at=30,
        labelled=0 if against == "own" else 28,
        right=25 if against == "labels" else 0,
        against=against,
        images=IMAGES,
        noise=(20, 20, 20, 19, 18),
        step=(18, 15, 11, 9, 7),
        projected=(17, 12, 5, 2, 1),
        targeted=(20, 20, 18, 9, 3),
        whole_at=2,
        whole=6,
        layers=tuple(layers),
        licensed=licensed,
        shown=SHOWN if licensed else (),
    )


def _picture(shade: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (224, 224), (shade, shade, shade)).save(stream, "WEBP", lossless=True)
    return stream.getvalue()
