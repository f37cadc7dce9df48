"""Makes the study classes by hand, with every case that a real one may hold."""

from __future__ import annotations

import io
import shutil
from collections import Counter
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from generator.atlas.schema import GUTTER, IMAGE_TILE, ImageRecord, sheet_side
from generator.atlas.store import Atlas
from generator.atlas.studies import finish
from generator.studies.classes import record

STUDY = "classes"
HOSTILE = "</title><script>alert(1)</script>"
# The first three are labels of the tiny atlas; no image is of the others.
NAMES = ("lotus", "Stop_Sign", "<b>bold</b>", HOSTILE, "silent")
SILENT = 4  # a class that no filter adds anything to


def write_classes(
    folder: Path,
    *,
    missing: str = "",
    names: tuple[str, ...] = NAMES,
    exact: bool = True,
    labelled: bool = True,
) -> None:
    """Write the study into an atlas; with `missing`, only why there is none.

    Not `labelled`, no label means a class. The answers are drawn at random.
    """
    atlas, place = Atlas.open(folder), folder / "studies" / STUDY
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    if not missing:
        _write(place, atlas, names, exact=exact, labelled=labelled)
    finish(place, STUDY, 1, {}, missing)


def _write(
    place: Path, atlas: Atlas, names: tuple[str, ...], *, exact: bool, labelled: bool
) -> None:
    rng, layer = np.random.default_rng(4), atlas.manifest.layers[-1]
    images = [image for _, image in sorted(atlas.images().items())]
    plain = {name.lower().replace("_", " "): number for number, name in enumerate(names)}
    meant = [plain.get(image.label, -1) if labelled else -1 for image in images]
    top = min(record.ANSWERS, len(names))
    # The last class is nobody's answer.
    answer = np.array([rng.permutation(max(len(names) - 1, 1))[:top] for _ in images])
    probability = -np.sort(-rng.uniform(0.001, 0.999, (len(images), top)))
    added = rng.normal(size=(len(names), layer.filters)).round(3)
    if len(names) > SILENT:
        added[SILENT] = 0 if exact else np.nan
    classes = []
    for number, name in enumerate(names):
        own = [at for at, each in enumerate(meant) if each == number]
        named = [at for at in range(len(images)) if answer[at, 0] == number]
        wrong = [at for at in own if at not in named]
        taken = [at for at in named if at not in own]
        basis, weighed = _basis(exact, len(own), len(taken), len(images))
        total = float(added[number].sum())
        groups = [
            tuple(_shown(images[at], at, answer, probability) for at in _surest(each, probability))
            for each in ([at for at in own if at in named], wrong, taken)
        ]
        if any(groups):
            record.picture(place, number).write_bytes(_sheet(rng))
        classes.append(
            record.OneClass(
                name=name,
                images=len(own),
                right=len(own) - len(wrong),
                basis=basis,
                weighed=weighed,
                score=total + 0.5 if weighed else None,
                bias=0.5 if exact else None,
                surest_right=groups[0],
                surest_wrong=groups[1],
                surest_taken=groups[2],
                taken_for=_commonest([int(answer[at, 0]) for at in wrong]),
                taken_from=_commonest([meant[at] for at in taken if meant[at] >= 0]),
            )
        )
    known = [at for at, each in enumerate(meant) if each >= 0]
    whole = record.Classes(
        layer=layer.name,
        exact=exact,
        images=len(images),
        all_images=False,
        labelled=len(known),
        right=sum(each.right for each in classes),
        among_five=len(known),
        without_class=tuple(
            sorted({i.label for i, n in zip(images, meant, strict=True) if n < 0} - {""})
        ),
        classes=tuple(classes),
    )
    (place / record.RECORD).write_text(whole.model_dump_json(), encoding="utf-8")
    arrays = record.Arrays(
        added=added.astype(np.float32),
        row=np.array([image.row for image in images]),
        answer=answer.astype(np.int32),
        probability=probability.astype(np.float32),
        meant=np.array(meant, np.int32),
    )
    record.write_arrays(place, arrays)


def _basis(
    exact: bool,
    own: int,
    taken: int,
    images: int,
) -> tuple[record.Basis, int]:
    if own:
        return "own", own
    other: Literal["all", "taken", "none"] = "all" if exact else "taken" if taken else "none"
    return other, images if exact else taken


def _surest(places: list[int], probability: np.ndarray) -> list[int]:
    return sorted(places, key=lambda at: -probability[at, 0])[: record.BESIDE]


def _shown(
    image: ImageRecord, at: int, answer: np.ndarray, probability: np.ndarray
) -> record.Shown:
    return record.Shown(
        row=image.row,
        caption=image.caption,
        label=image.label,
        answer=int(answer[at, 0]),
        probability=float(probability[at, 0]),
    )


def _commonest(numbers: list[int]) -> tuple[tuple[int, int], ...]:
    found = sorted(Counter(numbers).items(), key=lambda item: (-item[1], item[0]))
    return tuple(found[: record.BESIDE])


def _sheet(rng: np.random.Generator) -> bytes:
    stream, side = io.BytesIO(), sheet_side(IMAGE_TILE, GUTTER)
    colour = tuple(int(part) for part in rng.integers(0, 256, 3))
    Image.new("RGB", (side, side), colour).save(stream, "WEBP", lossless=True)
    return stream.getvalue()
