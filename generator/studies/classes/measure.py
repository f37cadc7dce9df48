"""The study itself: every image once, then the record and a picture for each class."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from generator.atlas.schema import IMAGE_TILE
from generator.compute.project import crops
from generator.compute.project.run import Inputs
from generator.files import write_whole, writing
from generator.images.sets.chosen import evenly_chosen
from generator.images.sets.image_set import ImageSet
from generator.progress import Progress
from generator.studies.classes import record
from generator.studies.classes.answers import Answers, Ints, Means, look
from generator.studies.classes.head import Head
from generator.studies.classes.record import BESIDE, Shown
from generator.studies.classifier import Classifier, NoClasses
from generator.studies.labels import classes_of_labels
from generator.studies.subject import Subject

MOST_IMAGES = 10_000
WORK = "work"  # folder of what is gone when all is done


def made_from(subject: Subject) -> dict[str, Any]:
    """Return all that the study's files depend on, as JSON has it."""
    return {"core": subject.core, "classes": subject.classes_sha256, "most": MOST_IMAGES}


def measure(subject: Subject, folder: Path, progress: Progress) -> str:
    """Write the study's files into a folder; else return why the network has no classes."""
    try:
        classifier = Classifier.of(subject.network)
        head = Head.of(classifier)
    except NoClasses as reason:
        return str(reason)
    images = evenly_chosen(subject.images, MOST_IMAGES)
    rows = [images.row_in_whole(place) for place in range(len(images))]
    known = classes_of_labels(images.labels(), subject.network.classes)
    meant = np.array([known.get(images.label(place), -1) for place in range(len(images))])
    maps = head.below.shapes[head.given[0]].maps
    numbers = len(head.weighing.owner) if head.weighing else 0
    nothing = Answers.nothing(meant, len(classifier.classes), maps, numbers)
    work = folder / WORK
    found = look(
        *(subject.network, head, images, nothing, subject.settings),
        *(work / "answers.safetensors", progress),
    )
    if not found.read.any():
        return "none of the images can be read"
    chosen = [_surest(found, number) for number in range(len(classifier.classes))]
    means = found.means(head)
    bias = head.weighing.bias.tolist() if head.weighing else None
    classes = _classes(subject.images, classifier.classes, found, means, bias, chosen, rows)
    _write_pictures(subject, folder, classes, progress)
    answered = found.read & (found.meant >= 0)
    hits = found.answer[answered] == found.meant[answered, None]
    whole = record.Classes(
        layer=subject.network.layers[-1].name,
        exact=head.weighing is not None,
        images=int(found.read.sum()),
        all_images=images is subject.images,
        labelled=int(answered.sum()),
        right=int(hits[:, 0].sum()),
        among_five=int(hits.any(1).sum()),
        without_class=tuple(label for label in images.labels() if label not in known),
        classes=classes,
    )
    read = np.flatnonzero(found.read)
    arrays = record.Arrays(
        added=means.added.astype(np.float32),
        row=np.array(rows)[read],
        answer=found.answer[read, : record.ANSWERS].astype(np.int32),
        probability=found.probability[read, : record.ANSWERS].astype(np.float32),
        meant=found.meant[read].astype(np.int32),
    )
    record.write_arrays(folder, arrays)
    write_whole(folder / record.RECORD, whole.model_dump_json().encode())
    with writing(work):
        shutil.rmtree(work)
    return ""


def _surest(found: Answers, number: int) -> tuple[Ints, Ints, Ints]:
    """Return images named right, named otherwise, and taken for a class, the surest first."""
    own = found.read & (found.meant == number)
    named = found.read & (found.answer[:, 0] == number)
    groups = (np.flatnonzero(which) for which in (own & named, own & ~named, named & ~own))
    right, wrong, taken = (
        group[np.argsort(-found.probability[group, 0], kind="stable")] for group in groups
    )
    return right, wrong, taken


def _classes(
    images: ImageSet,
    names: Sequence[str],
    found: Answers,
    means: Means,
    bias: Sequence[float] | None,
    surest: Sequence[tuple[Ints, Ints, Ints]],
    rows: Sequence[int],
) -> tuple[record.OneClass, ...]:
    """Return what is known of each class; `rows` are those of the images in the whole set."""

    def shown(places: Ints) -> tuple[Shown, ...]:
        return tuple(
            Shown(
                row=rows[place],
                caption=images.caption(rows[place]),
                label=images.label(rows[place]),
                answer=int(found.answer[place, 0]),
                probability=round(float(found.probability[place, 0]), 6),
            )
            for place in places[:BESIDE]
        )

    own = found.of_classes
    return tuple(
        record.OneClass(
            name=name,
            images=int(own[number]),
            right=len(right),
            basis=means.basis[number],
            weighed=int(means.images[number]),
            score=float(means.score[number]) if means.images[number] else None,
            bias=bias[number] if bias else None,
            surest_right=shown(right),
            surest_wrong=shown(wrong),
            surest_taken=shown(taken),
            taken_for=_commonest(found.answer[wrong, 0]),
            taken_from=_commonest(found.meant[taken]),
        )
        for number, (name, (right, wrong, taken)) in enumerate(zip(names, surest, strict=True))
    )


def _commonest(classes: Ints) -> tuple[tuple[int, int], ...]:
    """Return the commonest of these numbers with how often each is there; −1 is none."""
    times = Counter(classes[classes >= 0].tolist())
    return tuple(sorted(times.items(), key=lambda item: (-item[1], item[0]))[:BESIDE])


def _write_pictures(
    subject: Subject, folder: Path, classes: Sequence[record.OneClass], progress: Progress
) -> None:
    """Write the pictures of all classes that have none yet, each of them whole."""
    inputs = Inputs(subject.network, subject.images)
    numbers = record.with_page(classes)
    with ThreadPoolExecutor() as pool:
        for done, number in enumerate(numbers, 1):
            each, file = classes[number], record.picture(folder, number)
            groups = (each.surest_right, each.surest_wrong, each.surest_taken)
            if any(groups) and not file.is_file():
                tiles = list[crops.Pixels | None]()
                for group in groups:
                    tiles += pool.map(inputs.small, [image.row for image in group])
                    tiles += [None] * (BESIDE - len(group))
                sheet = crops.contact_sheet(tiles, IMAGE_TILE)
                write_whole(file, crops.webp(sheet, crops.WHOLE_QUALITY))
            progress("classes: pictures", done, len(numbers))
