"""Makes a tiny, valid atlas with every awkward thing a real one may hold. No torch, no photographs.

Five layers with the receptive fields of the embedded network and a few filters each. In every layer
filter 1 is dead and filter 2 has four places. Pictures are coloured squares.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import get_args

import numpy as np
from PIL import Image

from generator.atlas.bins import BINS, inner_edges
from generator.atlas.measures import MeasuresKind
from generator.atlas.schema import (
    GUTTER,
    IMAGE_TILE,
    PLACES,
    SMALL_TILE,
    Credit,
    ImageRecord,
    ImageSetRecord,
    KernelSheet,
    LayerArrays,
    LayerRecord,
    Manifest,
    NetworkRecord,
    SkippedFile,
    sheet_side,
)
from generator.atlas.store import AtlasWriter, picture_kinds
from generator.names import Rule, Size
from tests.support.tiny_adversarial import write_adversarial
from tests.support.tiny_classes import write_classes
from tests.support.tiny_control import write_control
from tests.support.tiny_evolution import write_evolution
from tests.support.tiny_invariance import write_invariance
from tests.support.tiny_live import write_live
from tests.support.tiny_map import write_map
from tests.support.tiny_measures import RECORD, tiny_measures, tiny_responses
from tests.support.tiny_occlusion import write_occlusion
from tests.support.tiny_quiz import write_quiz
from tests.support.tiny_random_labels import write_random_labels
from tests.support.tiny_synthetic import write_synthetic

WEIGHTS = "0123456789abcdef" * 4
INPUT_SIZE = 224
IMAGES = 14
DEAD, PARTLY = 1, 2  # numbers of the filters with no place, and with four
PARTLY_FILLED = 4
# name, filters, grid, receptive field, stride, offset, tile
LayerPlan = tuple[str, int, int, int, int, int, int]
Draw = Callable[[int, np.random.Generator], bytes]
LAYERS: tuple[LayerPlan, ...] = (
    ("layer1", 4, 110, 7, 2, -1, 7),
    ("layer2", 5, 26, 27, 8, -3, 27),
    ("layer3", 6, 13, 75, 16, -27, 32),
    ("layer4", 5, 13, 107, 16, -43, 32),
    ("layer5", 4, 13, 139, 16, -59, 32),
)
KERNELS = (
    KernelSheet(name="untrained", words="random weights", width=31, height=31),
    KernelSheet(name="trained", words="after training", width=31, height=31),
)
CAPTIONS = (
    'a "quoted" & plain caption',
    "<script>alert(1)</script>",
    "two\nlines\tand a tab",
    "long " * 40,
    "broken \ufffd byte",
    "</title><img src=x onerror=alert(1)>",
    "{{ page.frame }} {% raw %}",
)
LABELS = ("lotus", "stop sign", "<b>bold</b>", "")
NETWORK = NetworkRecord(
    name="tiny",
    source="made by the tests",
    weights_sha256=WEIGHTS,
    input_size=Size.square(INPUT_SIZE),
    mean=(0.5, 0.5, 0.5),
    std=(0.25, 0.25, 0.25),
    classes=("lotus", "stop sign"),
    trained_on="",
)
CREDIT = Credit(
    title="Drawn squares",
    authors="The tests",
    licence="CC0 1.0",
    source="tests/support/tiny_atlas.py",
    how_to_credit="Squares drawn by the tests, CC0 1.0.",
)


def make_atlas(
    folder: Path,
    *,
    credit: Credit | None = CREDIT,
    weights: str = WEIGHTS,
    seed: int = 0,
    layers: tuple[LayerPlan, ...] = LAYERS,
    labels: tuple[str, ...] = LABELS,
    draw: Draw | None = None,
    rule: Rule = "deconvnet",
    stimuli: bool = True,
    network: NetworkRecord = NETWORK,
    duplicates: int = 0,
    one_per_label: bool = False,
    live: str | None = None,
    effective: Mapping[str, int] = {},
    control: str | None = None,
    evolution: str | None = None,
    made: str | None = None,
    classes: str | None = None,
    occlusion: str | None = None,
    invariance: str | None = None,
    adversarial: str | None = None,
    random_labels: str | None = None,
    quiz: str | None = None,
    image_map: str | None = None,
) -> Path:
    """Write a finished atlas into `folder` and return it; the same arguments, the same bytes.

    The images take turns with the `labels`. `draw` makes the bytes of a contact sheet from its side
    in pixels; without it they are squares of one colour. `live` says why the live study has no
    page; with "" it has one, with None it never ran. So do the other studies by their names,
    `made` of the synthetic one and `image_map` of the map. `effective` has the effective fields of
    layers whose patches show no more than that.
    """
    draw = draw or _square
    rng = np.random.default_rng(seed)
    writer = AtlasWriter(folder)
    records = []
    for at, (name, filters, grid, field, stride, offset, tile) in enumerate(layers):
        numbered = name.startswith("layer")
        record = LayerRecord(
            name=name,
            title=name.replace("layer", "Layer "),
            module=f"features.relu{name[-1]}" if numbered else f"body.{name}",
            filters=filters,
            grid=(grid, grid),
            receptive_field=field,
            effective_field=effective.get(name, field),
            patch=effective.get(name, min(field, INPUT_SIZE)),
            stride=stride,
            offset=offset,
            tile=tile,
            gutter=1,
            thumbnails=tile > 27,
            stimuli=RECORD if stimuli else None,
            kernels=KERNELS if at == 0 else (),
        )
        records.append(record)
        writer.write_arrays(name, _arrays(record, rng, labelled=any(labels)))
        for sheet in record.kernels:
            writer.write_kernels(name, sheet.name, _square(sheet.width, rng))
        for kind_at, subject in enumerate(get_args(MeasuresKind) if stimuli else ()):
            measures = tiny_measures(filters, DEAD, rng)
            responses = tiny_responses(measures, seed, at, kind_at)
            writer.write_measures(name, subject, RECORD, measures, responses)
        for number in range(filters):
            for kind in picture_kinds(record):
                side = sheet_side(tile, 1)
                if kind == "images":
                    side = sheet_side(IMAGE_TILE, GUTTER)
                elif kind.endswith("small"):
                    side = sheet_side(SMALL_TILE, GUTTER)
                writer.write_picture(name, number, kind, draw(side, rng))
    writer.write_images([_image(row, labels) for row in range(IMAGES)])
    images = ImageSetRecord(
        root_name="squares",
        count=IMAGES,
        duplicates=duplicates,
        one_per_label=one_per_label,
        fingerprint="f" * 64,
        labels=tuple(sorted(set(labels) - {""})),
        skipped=(SkippedFile(path="bad/<none>.jpg", reason="truncated"),),
        credits=credit,
    )
    manifest = Manifest(
        network=network.model_copy(update={"weights_sha256": weights}),
        images=images,
        layers=tuple(records),
        rule=rule,
        settings={"top": PLACES},
        files={},
    )
    writer.finish(manifest)
    shapes = [(name, filters, field) for name, filters, _, field, *_ in layers]
    for missing, write in (
        (live, partial(write_live, folder)),
        (control, partial(write_control, folder, draw=draw)),
        (evolution, partial(write_evolution, folder)),
        (made, partial(write_synthetic, folder, shapes)),
        (classes, partial(write_classes, folder)),
        (occlusion, partial(write_occlusion, folder)),
        (invariance, partial(write_invariance, folder)),
        (adversarial, partial(write_adversarial, folder)),
        (random_labels, partial(write_random_labels, folder)),
        (quiz, partial(write_quiz, folder)),
        (image_map, partial(write_map, folder)),
    ):
        if missing is not None:
            write(missing=missing)
    return folder


def _arrays(record: LayerRecord, rng: np.random.Generator, *, labelled: bool) -> LayerArrays:
    filters, grid = record.filters, record.grid[0]
    activation = np.full((filters, PLACES), np.nan, np.float32)
    image = np.full((filters, PLACES), -1, np.int64)
    unit = np.zeros((filters, PLACES, 2), np.int32)
    box = np.zeros((filters, PLACES, 4), np.int32)
    scale = np.zeros((filters, PLACES), np.float32)
    histogram = np.zeros((filters, BINS), np.int64)
    for number in range(filters):
        filled = {DEAD: 0, PARTLY: PARTLY_FILLED}.get(number, PLACES)
        activation[number, :filled] = np.sort(rng.gamma(3, 4, filled))[::-1]
        image[number, :filled] = rng.permutation(IMAGES)[:filled]
        units = rng.integers(0, grid, (filled, 2))
        units[:1] = 0  # the strongest patch is clipped at the top left
        units[1:2] = grid // 2  # the second is not
        corner = record.offset + units * record.stride
        unit[number, :filled] = units
        box[number, :filled] = np.hstack([corner, corner + record.receptive_field])
        scale[number, :filled] = 0.1
        shown = np.searchsorted(inner_edges(), activation[number, :filled], side="right")
        np.add.at(histogram[number], shown, 1)
        if filled == PLACES:  # the other images answer more weakly
            histogram[number, shown.min() - 9] += IMAGES - PLACES
    living = histogram.any(1) & labelled
    return LayerArrays(
        activation,
        image,
        unit,
        box,
        scale,
        histogram,
        label_purity=np.where(living, 0.5, np.nan).astype(np.float32),
        label_entropy=np.where(living, 1.5, np.nan).astype(np.float32),
        label=np.where(living, 0, -1).astype(np.int32),
    )


def _image(row: int, labels: tuple[str, ...]) -> ImageRecord:
    label = labels[row % len(labels)]
    return ImageRecord(
        row=row,
        path=f"{label or 'root'}/it's image {row}.jpg",
        label=label,
        caption=CAPTIONS[row % len(CAPTIONS)],
        width=300,
        height=200,
        licence="CC0 1.0",
    )


def _square(side: int, rng: np.random.Generator) -> bytes:
    stream = io.BytesIO()
    colour = tuple(int(part) for part in rng.integers(0, 256, 3))
    Image.new("RGB", (side, side), colour).save(stream, "WEBP", lossless=True)
    return stream.getvalue()
