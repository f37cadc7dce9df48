"""Makes a quiz by hand, for an atlas of `tiny_atlas` or any other."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from generator.atlas.schema import GUTTER, PLACES, LayerArrays
from generator.atlas.store import Atlas
from generator.atlas.studies import finish
from generator.files import write_whole
from generator.studies.quiz.record import (
    RECORD,
    TILE,
    Layer,
    Query,
    Question,
    Quiz,
    Score,
    picture_name,
)

STUDY = "quiz"
UNTRAINED = (0.25, 0.5, 0.75)
SILENT = "layer4"  # nothing can be asked of its filters


def write_quiz(
    folder: Path, *, missing: str = "", untrained: bool = True, seed: int = 0
) -> Quiz | None:
    """Write the study into an atlas; with `missing`, only why there is none.

    Filters with nine images have a question, but for those of `SILENT`. Of the others the scores
    are 1 for the first, and a tenth less for each further one; by pixels less.
    """
    atlas, place = Atlas.open(folder), folder / "studies" / STUDY
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    quiz = None
    if not missing:
        quiz = Quiz(
            images=14,
            all_images=True,
            tile=TILE,
            layers=tuple(
                _layer(layer.name, atlas.arrays(layer.name), untrained=untrained)
                for layer in atlas.manifest.layers
            ),
        )
        write_whole(place / RECORD, quiz.model_dump_json().encode())
        rng = np.random.default_rng(seed)
        for layer in quiz.layers:
            for number, question in enumerate(layer.questions):
                if question:
                    write_whole(place / picture_name(layer.name, number), _picture(rng))
    finish(place, STUDY, 1, {"seed": seed}, missing)
    return quiz


def _layer(name: str, arrays: LayerArrays, *, untrained: bool) -> Layer:
    asked = [
        number
        for number, images in enumerate(arrays.image)
        if (images >= 0).sum() == PLACES and name != SILENT
    ]
    weakest = arrays.activation[:, -1].tolist()
    questions = {
        number: Question(
            high=Query(row=2 * number, rank=10, activation=round(0.9 * weakest[number], 4)),
            low=Query(row=2 * number + 1, rank=14, activation=round(0.1 * weakest[number], 4)),
            high_first=number % 2 == 0,
        )
        for number in asked
    }
    scores = {
        number: Score(by_code=1 - place / 10, by_pixels=0.5 - place / 25, pairs=4)
        for place, number in enumerate(asked)
    }
    filters = range(len(arrays.image))
    some = UNTRAINED if untrained and asked else ()
    return Layer(
        name=name,
        questions=tuple(map(questions.get, filters)),
        scores=tuple(map(scores.get, filters)),
        untrained_code=some,
        untrained_pixels=tuple(part / 2 for part in some),
    )


def _picture(rng: np.random.Generator) -> bytes:
    sheet = np.full((TILE, 2 * TILE + GUTTER, 3), 128, np.uint8)
    sheet[:, :TILE], sheet[:, -TILE:] = rng.integers(0, 256, (2, 3))
    stream = io.BytesIO()
    Image.fromarray(sheet).save(stream, "WEBP", lossless=True)
    return stream.getvalue()
