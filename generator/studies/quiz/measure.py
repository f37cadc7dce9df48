"""The study itself: two images that a reader has not seen, and a machine that takes the test.

The test is that of Borowski and others, Exemplary natural images explain CNN activations better
than state-of-the-art feature visualization, ICLR 2021: given what the gallery shows of a filter,
which of two images activates it more?
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from generator.atlas.schema import RANDOM_WEIGHTS
from generator.compute.project.run import Inputs
from generator.compute.run.threads import side_by_side
from generator.files import hash_file, write_whole, writing
from generator.images.sets.chosen import evenly_chosen
from generator.images.sets.image_set import ImageSet
from generator.network.watched import WatchedLayer
from generator.network.zoo.zfnet import EMBEDDED_WEIGHTS
from generator.progress import Progress
from generator.studies.quiz import record
from generator.studies.quiz.answers import Asked, Found, answers
from generator.studies.quiz.asking import Asking, Images, Layer, askings, untrained_askings
from generator.studies.quiz.machine import take
from generator.studies.quiz.patches import Patches, cut
from generator.studies.quiz.pictures import picture
from generator.studies.subject import Subject

MOST_IMAGES = 2_000
UNTRAINED = 32  # filters of each layer of the untrained network, at most
WORK = "work"  # folder of what is gone when all is done
TOO_FEW = (
    "no filter is activated by two images beside its nine, so that nobody can be asked which of "
    "two activates it more"
)


def made_from(subject: Subject) -> dict[str, Any]:
    """Return all that the study's files depend on, as JSON has it."""
    judge = hash_file(EMBEDDED_WEIGHTS) if EMBEDDED_WEIGHTS.is_file() else ""
    return {"core": subject.core, "random": subject.random.source, "judge": judge}


def measure(subject: Subject, folder: Path, progress: Progress) -> str:
    """Write the study's files into a folder; else return in a line why there are none."""
    network = subject.network
    images = evenly_chosen(subject.images, MOST_IMAGES)
    asked = [Asked.some(network)]
    if not network.source.startswith(RANDOM_WEIGHTS):
        asked.append(Asked.some(subject.random, UNTRAINED))
    work = folder / WORK
    found = answers(asked, images, subject.settings, work / "answers.safetensors", progress)
    trained, untrained = _askings(subject, images, found)
    if not any(trained):
        return TOO_FEW
    inputs = Inputs(network, subject.images)
    _write_pictures(subject, trained, inputs, folder, progress)
    every = [asking.test for layer in (*trained, *untrained) for asking in layer]
    scores = iter(take(every, network, inputs, partial(progress, "quiz: machine")))
    own, others = (
        [[next(scores) for _ in layer] for layer in several] for several in (trained, untrained)
    )
    quiz = record.Quiz(
        images=int(found.readable.sum()),
        all_images=images is subject.images,
        tile=record.TILE,
        layers=tuple(map(_layer, network.layers, trained, own, others)),
    )
    write_whole(folder / record.RECORD, quiz.model_dump_json().encode())
    with writing(work):
        shutil.rmtree(work)
    return ""


def _askings(
    subject: Subject, images: ImageSet, found: Found
) -> tuple[list[list[Asking]], list[list[Asking]]]:
    """Return what is asked of the filters of each layer, and of those of the untrained network."""
    looked_at = Images(
        np.array([images.row_in_whole(row) for row in range(len(images))], np.int64), found.content
    )
    layers = [
        Layer(subject.network, layer, subject.patch(layer.name)) for layer in subject.network.layers
    ]
    trained = [
        [*askings(layer, looked_at, each, subject.arrays(layer.layer.name))]
        for layer, each in zip(layers, found.layers[0], strict=True)
    ]
    if len(found.layers) == 1:
        return trained, [[] for _ in layers]
    untrained = [
        [*untrained_askings(layer, looked_at, each)]
        for layer, each in zip(layers, found.layers[1], strict=True)
    ]
    return trained, untrained


def _write_pictures(
    subject: Subject,
    trained: Sequence[Sequence[Asking]],
    images: Inputs,
    folder: Path,
    progress: Progress,
) -> None:
    """Write the pictures of all questions that have none."""
    network = subject.network
    tasks = [
        (folder / record.picture_name(layer.name, asking.number), asking.shown)
        for layer, own in zip(network.layers, trained, strict=True)
        for asking in own
    ]
    todo = [task for task in tasks if not task[0].is_file()]

    def work(task: tuple[Path, Patches]) -> tuple[Path, bytes]:
        return task[0], picture(*cut(images, network, task[1]))

    with side_by_side(network.device) as threads:
        for done, (file, content) in enumerate(threads.map(work, todo), len(tasks) - len(todo) + 1):
            write_whole(file, content)
            progress("quiz: pictures", done, len(tasks))


def _layer(
    layer: WatchedLayer,
    own: Sequence[Asking],
    scores: Sequence[record.Score],
    untrained: Sequence[record.Score],
) -> record.Layer:
    questions = {asking.number: asking.question for asking in own}
    known = {asking.number: score for asking, score in zip(own, scores, strict=True)}
    return record.Layer(
        name=layer.name,
        questions=tuple(map(questions.get, range(layer.filters))),
        scores=tuple(map(known.get, range(layer.filters))),
        untrained_code=tuple(score.by_code for score in untrained),
        untrained_pixels=tuple(score.by_pixels for score in untrained),
    )
