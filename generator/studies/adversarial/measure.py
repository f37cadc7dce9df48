"""The study itself: images changed as little as another answer takes, and what that moves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from generator.compute.project.crops import to_pixels, webp
from generator.errors import ImagesError
from generator.files import read_arrays, write_arrays, write_whole, writing
from generator.images.captions import display_path, readable
from generator.images.decode import PictureError
from generator.images.sets.chosen import evenly
from generator.images.stream import normalise
from generator.progress import Progress
from generator.studies.adversarial import record
from generator.studies.adversarial.attacks import (
    FAR,
    LEVELS,
    STEPS,
    Aim,
    Levels,
    by_signs,
    projected_gradient,
    rising,
    single_step,
)
from generator.studies.classifier import Classifier, NoClasses
from generator.studies.labels import classes_of_labels
from generator.studies.subject import Subject

BUDGETS = (0.5, 1.0, 2.0, 4.0, 8.0)
WHOLE_AT = 2.0  # the budget at which whole levels are tried, too
LOOKED_AT = 256  # images
MOST = 32  # of those that are right: about 200 passes up and down for each
SHOWN = 12
AT_ONCE = 16
QUALITY = 80  # of WebP
WORK = "work"  # folder of what is gone when all is done
NOTHING = "no image could be read and given scores that are numbers"

Arrays = dict[str, npt.NDArray[Any]]
KINDS = ("attack", "noise")  # of change whose effect on layers is measured


@dataclass(frozen=True)
class Known:
    """What was found on the unchanged images."""

    rows: tuple[int, ...]  # of the whole set: images to change
    right: tuple[int, ...]  # the class of each whose place as the answer is attacked
    looked_at: int
    labelled: int
    correct: int
    against: record.Against


def made_from(subject: Subject) -> dict[str, Any]:
    """Return all that the study's files depend on, as JSON has it."""
    return {
        "core": subject.core,
        "what the network does": subject.network.computation,
        "classes": subject.classes_sha256,
        "licensed": subject.licensed,
        "numbers": [BUDGETS, WHOLE_AT, LOOKED_AT, MOST, SHOWN, STEPS, FAR],
    }


def measure(subject: Subject, folder: Path, progress: Progress) -> str:
    """Write the study's files into a folder; else return why nothing can be measured."""
    try:
        classifier = Classifier.of(subject.network)
    except NoClasses as problem:
        return str(problem)
    levels = Levels(classifier)
    known = _known(subject, levels, progress)
    if not known.rows:
        return NOTHING
    shown = evenly(known.rows, SHOWN) if subject.licensed else ()
    work, found = folder / WORK, list[Arrays]()
    for first in range(0, len(known.rows), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        file = work / f"{first}.safetensors"
        before = read_arrays(file)
        if before is None:
            rows, right = known.rows[part], known.right[part]
            arrays, pictures = _attacked(subject, levels, rows, right, shown)
            for name, content in pictures.items():
                write_whole(folder / name, content)
            write_arrays(file, arrays)
            before = read_arrays(file)
        assert before is not None
        found.append(before[0])
        progress("adversarial", min(first + AT_ONCE, len(known.rows)), len(known.rows))
    arrays = {name: np.concatenate([part[name] for part in found]) for name in found[0]}
    result = _record(subject, classifier.classes, known, arrays, shown)
    write_whole(folder / record.RECORD, result.model_dump_json().encode())
    with writing(work):
        shutil.rmtree(work)
    return ""


def _known(subject: Subject, levels: Levels, progress: Progress) -> Known:
    """Ask for the answers to some images, and choose those that are to be changed."""
    images = subject.images
    meant = classes_of_labels(images.labels(), subject.network.classes)
    rows, answers = list[int](), list[int]()
    candidates = evenly(range(len(images)), LOOKED_AT)
    for first in range(0, len(candidates), AT_ONCE):
        some = dict(_readable(subject, candidates[first : first + AT_ONCE]))
        if some:
            with torch.no_grad():
                scores = levels.scores(torch.stack([*some.values()]))
            usable = scores.isfinite().all(1)
            rows += [row for row, kept in zip(some, usable.tolist(), strict=True) if kept]
            answers += scores.argmax(1)[usable].tolist()
        progress("adversarial: answers", min(first + AT_ONCE, len(candidates)), len(candidates))
    labels = [meant.get(images.label(row)) for row in rows]
    right = [n for n, label in enumerate(labels) if label == answers[n]]
    labelled = sum(label is not None for label in labels)
    chosen = evenly(right or range(len(rows)), MOST)
    against: record.Against = "labels" if right else "none right" if labelled else "own"
    return Known(
        rows=tuple(rows[n] for n in chosen),
        right=tuple(answers[n] for n in chosen),
        looked_at=len(rows),
        labelled=labelled,
        correct=len(right),
        against=against,
    )


def _readable(subject: Subject, rows: Sequence[int]) -> Iterator[tuple[int, Tensor]]:
    """Yield those images that can be read: row, and levels [3, h, w]. Transparent is the mean."""
    network = subject.network
    mean, std = (torch.tensor(each)[:, None, None] for each in (network.mean, network.std))
    for row in rows:
        try:
            pixels = torch.from_numpy(subject.images.read(row, network.input_size))[None]
        except PictureError:
            continue
        image = normalise(pixels, network.mean, network.std)[0] * std + mean
        levels = (image * LEVELS).clamp(0, LEVELS)
        # Opaque pixels were whole; a change that meets the budget then does so to the last bit.
        levels = torch.where(pixels[0, 3:] == LEVELS, levels.round(), levels)
        yield row, levels.to(network.device)


def _attacked(
    subject: Subject,
    levels: Levels,
    rows: Sequence[int],
    right: Sequence[int],
    shown: Sequence[int],
) -> tuple[Arrays, dict[str, bytes]]:
    """Change some images in every way; return what came out [n, …], and pictures by their names."""
    images = _images(subject, rows)
    classes = torch.tensor(right, device=images.device)
    with torch.no_grad():
        scores = levels.scores(images)
    away = Aim(classes, wanted=False)
    # The least probable class, which is another one also where all are alike.
    least = Aim(scores.scatter(1, classes[:, None], torch.inf).argmin(1), wanted=True)
    signs = torch.stack([_signs(subject, row) for row in rows]).to(images.device)
    ways = {"noise": signs, "step": single_step(levels, images, away)}
    kept = {
        name: torch.stack(
            [levels.answers(by_signs(images, way, budget)) == classes for budget in BUDGETS], 1
        )
        for name, way in ways.items()
    }
    changed, projected = rising(levels, images, away, BUDGETS)
    last = torch.tensor(BUDGETS, device=images.device)[projected.clamp(max=len(BUDGETS) - 1)]
    whole = projected_gradient(levels, images, away, WHOLE_AT, whole=True)[1]
    found = {
        "noise": kept["noise"],
        "step": kept["step"].cumprod(1),  # a larger budget allows a smaller change
        "projected": projected,
        "targeted": rising(levels, images, least, BUDGETS)[1],
        "whole": ~whole,
        "budget": last,
        **_answers(levels, {"before": images, "after": changed}),
        **_moved(levels, images, changed, by_signs(images, signs, last[:, None, None, None])),
    }
    pictures = {
        record.picture_name(row, part): content
        for n, row in enumerate(rows)
        if row in shown
        for part, content in _pictures(images[n], changed[n], float(last[n])).items()
    }
    return {name: each.cpu().numpy() for name, each in found.items()}, pictures


def _images(subject: Subject, rows: Sequence[int]) -> Tensor:
    found = dict(_readable(subject, rows))
    for row in rows:
        if row not in found:
            path = display_path(subject.images.path(row))
            raise ImagesError(f"{path}: was readable before and is not now; put it back")
    return torch.stack([found[row] for row in rows])


def _signs(subject: Subject, row: int) -> Tensor:
    """Return random signs [3, h, w] for an image; alike in all colours where those are not seen."""
    source = torch.Generator().manual_seed(row)
    network = subject.network
    drawn = torch.randint(2, (network.channels, *network.input_size), generator=source)
    return (2.0 * drawn - 1).expand(3, -1, -1)


def _answers(levels: Levels, images: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the most probable classes [n] of images, and their probabilities [n]."""
    found = {}
    for name, some in images.items():
        with torch.no_grad():
            best = levels.scores(some).double().softmax(1).max(1)
        found[name], found[f"{name} probability"] = best.indices, best.values
    return found


def _moved(levels: Levels, images: Tensor, changed: Tensor, noisy: Tensor) -> dict[str, Tensor]:
    """Return how far maps moved as a whole [n], and the largest activations of filters [n, f]."""
    with torch.no_grad():
        before, attack, noise = (
            levels.classifier.maps(levels.normalised(some)) for some in (images, changed, noisy)
        )
    found = {}
    for number, layer in enumerate(levels.classifier.network.layers):
        own = before[number]
        for kind, maps in zip(KINDS, (attack[number], noise[number]), strict=True):
            ratio = (maps - own).flatten(1).norm(dim=1) / own.flatten(1).norm(dim=1)
            found[f"{kind} {layer.name}"] = ratio
            found[f"{kind} {layer.name} filters"] = (maps.amax((2, 3)) - own.amax((2, 3))).abs()
    return found


def _pictures(image: Tensor, changed: Tensor, budget: float) -> dict[str, bytes]:
    """Return the three pictures of an image. In the middle one the budget spans the range."""
    shown = {
        "image": image / LEVELS,
        "change": (changed - image) / (2 * budget) + 0.5,
        "changed": changed / LEVELS,
    }
    zero, one = np.zeros(3, np.float32), np.ones(3, np.float32)
    return {
        part: webp(to_pixels(each.cpu().numpy(), zero, one), QUALITY)
        for part, each in shown.items()
    }


def _record(
    subject: Subject,
    classes: Sequence[str],
    known: Known,
    arrays: Arrays,
    shown: Sequence[int],
) -> record.Adversarial:
    def left(withstood: npt.NDArray[Any]) -> tuple[int, ...]:
        return tuple(int((withstood > at).sum()) for at in range(len(BUDGETS)))

    def answer(name: str, n: int) -> record.Answer:
        probability = round(float(arrays[f"{name} probability"][n]), 6)
        return record.Answer(name=readable(classes[arrays[name][n]]), probability=probability)

    places = {row: n for n, row in enumerate(known.rows)}
    return record.Adversarial(
        budgets=BUDGETS,
        steps=STEPS,
        stride=round(FAR / STEPS, 3),
        looked_at=known.looked_at,
        labelled=known.labelled,
        right=known.correct,
        against=known.against,
        images=len(known.rows),
        noise=tuple(arrays["noise"].sum(0).tolist()),
        step=tuple(arrays["step"].sum(0).tolist()),
        projected=left(arrays["projected"]),
        targeted=left(arrays["targeted"]),
        whole_at=WHOLE_AT,
        whole=int(arrays["whole"].sum()),
        layers=tuple(
            record.Layer(
                name=layer.name,
                attack=_of_layer(arrays, f"attack {layer.name}"),
                noise=_of_layer(arrays, f"noise {layer.name}"),
            )
            for layer in subject.network.layers
        ),
        licensed=subject.licensed,
        shown=tuple(
            record.Shown(
                row=row,
                caption=subject.images.caption(row),
                budget=float(arrays["budget"][places[row]]),
                before=answer("before", places[row]),
                after=answer("after", places[row]),
                changed=bool(arrays["projected"][places[row]] < len(BUDGETS)),
            )
            for row in shown
        ),
    )


def _of_layer(arrays: Mapping[str, npt.NDArray[Any]], name: str) -> record.Moved:
    ratios = arrays[name][np.isfinite(arrays[name])]
    means = arrays[f"{name} filters"].mean(0, dtype=np.float64)
    return record.Moved(
        whole=round(float(np.median(ratios)), 6) if len(ratios) else None,
        filters=tuple(round(mean, 6) for mean in means.tolist()),
    )
