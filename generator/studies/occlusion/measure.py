"""The study itself: a grey square slides over six images, and the network answers at each place.

[ZF] Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014, §4.2; the
figure is number 7 in arXiv:1311.2901.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from generator.compute.project import crops
from generator.compute.project.boxes import boxes
from generator.compute.project.contact_sheets import Places, reconstruct_places
from generator.compute.project.crops import Floats, Pixels
from generator.compute.project.run import Inputs
from generator.compute.run.threads import SideBySide, side_by_side
from generator.errors import NetworkError
from generator.files import write_whole
from generator.images.captions import readable
from generator.images.sets.chosen import evenly_chosen
from generator.images.stream import normalise, stream
from generator.names import Size
from generator.network.watched import KEPT, WatchedNetwork
from generator.progress import Progress
from generator.studies.classifier import Classifier, NoClasses
from generator.studies.labels import classes_of_labels
from generator.studies.occlusion import pictures, record
from generator.studies.occlusion.choice import Candidate, chosen, off_middle
from generator.studies.occlusion.squares import grid_of, squares
from generator.studies.subject import Subject

MOST_IMAGES = 500  # among which those shown are chosen
QUALITY = 80  # of WebP
NO_LICENCE = (
    "no licence of the images is known, and it would show some of them larger than the rest of the "
    "gallery; name their licence in CREDITS.toml"
)
NOTHING_ACTIVE = "no image activates a filter of the last layer"


def made_from(subject: Subject) -> dict[str, Any]:
    """Return all that the study's files depend on, as JSON has it."""
    network = subject.network
    return {
        "core": subject.core,
        "what the network does": network.computation,
        "classes": subject.classes_sha256,
        "licence": subject.licensed,
    }


def measure(subject: Subject, folder: Path, progress: Progress) -> str:
    """Write the study's files into a folder; else return in a line why there are none."""
    try:
        classifier = Classifier.of(subject.network)
    except NoClasses as reason:
        return str(reason)
    if not subject.licensed:
        return NO_LICENCE
    looked_at, counts, candidates = _candidates(subject, classifier, progress)
    if not candidates:
        return NOTHING_ACTIVE
    images, found = Inputs(subject.network, subject.images), list[record.Image]()
    answers = set[int]()
    some = chosen(candidates)
    for number, candidate in enumerate(some):
        known = record.read_some(folder, candidate.row)  # of a run that was stopped
        image = images.input(candidate.row)
        maps = known or _occlude(classifier, image, candidate, number, len(some), progress)
        signal, box = _reconstruction(subject, candidate, image)
        shown, scale = _shown(signal, box, subject.network.input_size)
        if known is None:
            _draw(subject.network, folder, candidate, image, shown, maps)
            record.write_maps(folder, candidate.row, maps)  # last: the image is whole now
        answers |= {candidate.right, *np.unique(maps.answer).tolist()}
        found.append(
            record.Image(
                row=candidate.row,
                label=subject.images.label(candidate.row),
                caption=subject.images.caption(candidate.row),
                right=candidate.right,
                probability=candidate.probability,
                filter=candidate.filter,
                unit=candidate.unit,
                activation=candidate.activation,
                total=candidate.total,
                box=box.tolist(),
                scale=scale,
            )
        )
    write_whole(record.picture(folder, record.SCALE), crops.webp(pictures.scale(), None))
    whole = record.Occlusion(
        layer=subject.network.layers[-1].name,
        looked_at=looked_at,
        all_images=len(subject.images) <= MOST_IMAGES,
        counts=counts,
        fitting=sum(each.fits for each in candidates),
        classes={each: _name(classifier, each) for each in sorted(answers)},
        images=tuple(found),
    )
    write_whole(folder / record.RECORD, whole.model_dump_json().encode())
    return ""


def _name(classifier: Classifier, number: int) -> str:
    return readable(classifier.classes[number]) or f"class {number}"


def _candidates(
    subject: Subject, classifier: Classifier, progress: Progress
) -> tuple[int, record.Right, list[Candidate]]:
    """Return how many images were looked at, what counts as right, and those that are right."""
    network, images = subject.network, evenly_chosen(subject.images, MOST_IMAGES)
    meant = classes_of_labels(subject.images.labels(), network.classes)
    size, settings = network.input_size, subject.settings
    layer, batches = network.layers[-1], -(-len(images) // settings.batch)
    own, right, looked_at, labelled = list[Candidate](), list[Candidate](), 0, 0
    with side_by_side(network.device) as threads:
        numbers = range(batches)
        for batch in stream(images, size, settings.batch, settings.workers, numbers):
            slots = torch.nonzero(batch.valid)[:, 0]
            inputs = normalise(batch.pixels[slots], network.mean, network.std)
            parts = _answers(classifier, inputs, threads)
            rows = batch.rows[slots].tolist()
            answers = ((each, maps[at]) for scores, maps in parts for at, each in enumerate(scores))
            for row, (probabilities, maps) in zip(rows, answers, strict=True):
                looked_at += 1
                best = int(maps.argmax())
                filter_, at = divmod(best, maps[0].numel())
                unit, answer = divmod(at, maps.shape[2]), int(probabilities.argmax())
                candidate = Candidate(
                    row=images.row_in_whole(row),
                    right=answer,
                    probability=float(probabilities[answer]),
                    filter=filter_,
                    unit=unit,
                    activation=float(maps.flatten()[best]),
                    total=float(maps[filter_].double().sum()),
                    off=off_middle(unit, layer.grid),
                )
                if candidate.activation <= 0 or not math.isfinite(candidate.probability):
                    continue
                own.append(candidate)
                label = images.label(row)
                labelled += label in meant
                if meant.get(label) == answer:
                    right.append(candidate)
            progress("occlusion: images", batch.first // settings.batch + 1, batches)
    if right:
        return looked_at, "label", right
    return looked_at, "none right" if labelled else "no label", own


def _answers(
    classifier: Classifier, images: Tensor, threads: SideBySide
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the probabilities [b, classes] and the last layer's maps [b, f, h, w] of images.

    Some images at a time, in their order, on the CPU.
    """
    network, graph = classifier.network, classifier.graph.behind(classifier.graph.watched[-2:])
    some, filters = max(1, KEPT // graph.largest), network.layers[-1].filters

    def work(part: Tensor) -> tuple[Tensor, Tensor]:
        with torch.inference_mode():
            sent = part.to(network.device).contiguous(memory_format=torch.channels_last)
            maps, scores = graph.run(sent)
            return scores.flatten(1).double().softmax(1).cpu(), maps[:, :filters].cpu()

    return threads.map(work, torch.split(images, some))


def _occlude(
    classifier: Classifier,
    image: Tensor,
    candidate: Candidate,
    number: int,
    of: int,
    progress: Progress,
) -> record.Maps:
    """Return what the network answers with the square at each position of an image [3, h, w]."""
    size = classifier.network.input_size
    positions = squares(size)
    total, probability, answer = list[float](), list[float](), list[int]()
    rows = grid_of(size)[0]
    each = len(positions) // rows  # a row of positions at a time
    with side_by_side(classifier.network.device) as threads:
        for row in range(rows):
            covered = image.repeat(each, 1, 1, 1)
            some = positions[row * each : (row + 1) * each]
            for place, (top, left, bottom, right) in enumerate(some):
                covered[place, :, top:bottom, left:right] = 0  # the mean colour
            for probabilities, maps in _answers(classifier, covered, threads):
                total += maps[:, candidate.filter].double().sum((1, 2)).tolist()
                probability += probabilities[:, candidate.right].tolist()
                answer += probabilities.argmax(1).tolist()
            progress("occlusion", number * rows + row + 1, of * rows)
    shape = grid_of(size)
    if not np.isfinite(probability).all():
        raise NetworkError(
            f"occlusion: under the square an image of class {candidate.right} has scores that are "
            "no numbers"
        )
    return record.Maps(
        np.array(total, np.float32).reshape(shape),
        np.array(probability, np.float32).reshape(shape),
        np.array(answer, np.int64).reshape(shape),
    )


def _reconstruction(
    subject: Subject, candidate: Candidate, image: Tensor
) -> tuple[Floats, npt.NDArray[np.int32]]:
    """Return the reconstruction [3, side, side] of the strongest unit, and its box in the input."""
    network = subject.network
    layer, unit = network.layers[-1], np.array([candidate.unit], np.int64)
    box = boxes(layer.field, network.input_size, unit.astype(np.int32))
    places = Places(
        filters=np.array([candidate.filter]),
        places=np.zeros(1, np.int64),
        rows=np.array([candidate.row]),
        units=unit,
        boxes=box,
        activations=np.array([candidate.activation], np.float32),
    )
    signal = reconstruct_places(network, layer, places, lambda _: image, candidate.activation)
    return signal[0], box[0]


def _shown(signal: Floats, box: npt.NDArray[np.int32], size: Size) -> tuple[Pixels, float]:
    """Lay what of a reconstruction is in the input on grey: [h, w, 3]; return its scale, too."""
    top, left = max(int(box[0]), 0), max(int(box[1]), 0)
    bottom, right = min(int(box[2]), size.height), min(int(box[3]), size.width)
    inside = signal[:, top - box[0] : bottom - box[0], left - box[1] : right - box[1]]
    canvas = np.full((*size, 3), crops.GREY, np.uint8)
    canvas[top:bottom, left:right], scale = crops.signed_picture(inside)
    return canvas, scale


def _draw(
    network: WatchedNetwork,
    folder: Path,
    candidate: Candidate,
    image: Tensor,
    reconstruction: Pixels,
    maps: record.Maps,
) -> None:
    """Write the pictures of an image."""
    size = network.input_size
    mean, std = np.asarray(network.mean, np.float32), np.asarray(network.std, np.float32)
    classes = record.by_frequency(maps, candidate.right)
    quality = None if max(size) <= crops.LOSSLESS_UP_TO else QUALITY
    drawn: dict[str, tuple[Pixels, int | None]] = {
        "image": (crops.to_pixels(image.numpy(), mean, std), quality),
        "map": (pictures.heat(maps.total, size), None),
        "reconstruction": (reconstruction, quality),
        "probability": (pictures.heat(maps.probability, size), None),
        "answers": (pictures.answers(maps.answer, classes, size), None),
    }
    for name, (pixels, loss) in drawn.items():
        write_whole(record.picture(folder, str(candidate.row), name), crops.webp(pixels, loss))
