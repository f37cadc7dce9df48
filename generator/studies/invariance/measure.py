"""The study itself: every image changed step by step, and how far the network's answers move.

Source: Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, 2014, figure 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from generator.atlas.schema import GUTTER
from generator.compute.project import crops
from generator.compute.run.threads import IN_TURN, side_by_side
from generator.files import write_whole, writing
from generator.images.captions import readable
from generator.images.decode import PictureError
from generator.images.sets.chosen import evenly_chosen
from generator.images.sets.image_set import ImageSet
from generator.images.stream import normalise
from generator.network.watched import WatchedNetwork
from generator.progress import Progress
from generator.studies.classifier import Classifier, NoClasses
from generator.studies.invariance import record
from generator.studies.invariance.answers import Answerer
from generator.studies.invariance.chosen import chosen
from generator.studies.invariance.record import Arrays, Step
from generator.studies.invariance.transformations import steps_for, transformed
from generator.studies.labels import classes_of_labels
from generator.studies.subject import Subject

MOST_IMAGES = 100
SAVE_EVERY = 10  # images
LARGEST_TILE = 152  # longer side of a tile in the strips, picture pixels
QUALITY = 80
WORK = "work.safetensors"


def made_from(subject: Subject) -> dict[str, Any]:
    """Return all that the study's files depend on, as JSON has it."""
    return {"core": subject.core, "classes": subject.classes_sha256}


def measure(subject: Subject, folder: Path, progress: Progress) -> str:
    """Write the study's files into a folder; else return in a line why there are none."""
    network, reason = subject.network, ""
    classifier: Classifier | None = None
    try:
        classifier = Classifier.of(network)
    except NoClasses as problem:
        reason = str(problem)
    pictures = Pictures.read(network, subject.images)
    if not pictures.rows:
        return "none of the images that it would take can be read"
    answerer = Answerer(network, classifier, steps_for(network.input_size))
    known = classes_of_labels(pictures.labels, network.classes) if classifier else {}
    targets = [known.get(label, -1) if known else None for label in pictures.labels]
    arrays = _answers(answerer, pictures, targets, folder / WORK, progress)
    found = chosen(arrays, answerer.plain) if subject.licensed else []
    classes = [readable(name) for name in (classifier.classes if classifier else ())]
    shown = []
    for number, place in enumerate(found, start=1):
        strip = _strip(network, pictures.input(place), answerer.steps)
        write_whole(folder / record.strip_name(number), strip)
        target = int(arrays.target[place])
        shown.append(
            record.Shown(
                place=place,
                answer=classes[target] if target >= 0 else "",
                right=bool(arrays.answer[place, answerer.plain] == target),
            )
        )
    arrays.write(folder / record.ARRAYS)
    invariance = record.Invariance(
        steps=answerer.steps,
        vectors=answerer.vectors,
        rows=pictures.rows,
        captions=tuple(map(subject.images.caption, pictures.rows)),
        all_images=len(subject.images) <= MOST_IMAGES,
        no_classes=reason,
        own_answers=not known and classifier is not None,
        shown=tuple(shown),
        may_show=subject.licensed,
        tile=_tile(network),
    )
    write_whole(folder / record.RECORD, invariance.model_dump_json().encode())
    with writing(folder):
        (folder / WORK).unlink(missing_ok=True)
    return ""


@dataclass(frozen=True)
class Pictures:
    """Evenly chosen images that can be read, as a network sees them."""

    network: WatchedNetwork
    rows: tuple[int, ...]  # in their set
    labels: tuple[str, ...]
    pixels: tuple[Tensor, ...]  # [4, h, w] uint8

    @classmethod
    def read(cls, network: WatchedNetwork, images: ImageSet) -> Pictures:
        """Read them; one that cannot be read is passed over."""
        some, found = evenly_chosen(images, MOST_IMAGES), dict[int, Tensor]()
        for place in range(len(some)):
            try:
                pixels = some.read(place, network.input_size)
            except PictureError:
                continue
            found[some.row_in_whole(place)] = torch.from_numpy(pixels)
        labels = tuple(images.label(row) for row in found)
        return cls(network, tuple(found), labels, tuple(found.values()))

    def input(self, place: int) -> Tensor:
        """Return an image as the network sees it: [3, h, w], normalised, on its device."""
        network = self.network
        seen = normalise(self.pixels[place][None], network.mean, network.std)
        return seen[0].to(network.device)


def _answers(
    answerer: Answerer,
    pictures: Pictures,
    targets: list[int | None],
    work: Path,
    progress: Progress,
) -> Arrays:
    """Return what is measured of all images. It goes on where `work`, its own file, ends."""
    images, shape = len(targets), (len(answerer.vectors), len(answerer.steps))
    arrays = record.read(work, images, *shape) or Arrays.empty(images, *shape)
    todo = np.flatnonzero(~arrays.done).tolist()
    network = answerer.network
    graph = answerer.classifier or network.graph(network.layers)
    with answerer.running() as run, side_by_side(network.device) as threads:

        def fill(place: int) -> None:
            other = pictures.input((place + images // 2) % images)  # neighbours may share a label
            answerer.fill(arrays, place, run, pictures.input(place), other, targets[place])

        # Hooks cannot share a network with work beside it.
        for begin in range(0, len(todo), SAVE_EVERY):
            some = todo[begin : begin + SAVE_EVERY]
            for done, _ in enumerate((threads if graph else IN_TURN).map(fill, some), begin + 1):
                progress("invariance", images - len(todo) + done, images)
            arrays.write(work)
    return arrays


def _tile(network: WatchedNetwork) -> tuple[int, int]:
    size = network.input_size
    part = min(1.0, LARGEST_TILE / max(size))
    return max(1, round(size.width * part)), max(1, round(size.height * part))


def _strip(network: WatchedNetwork, image: Tensor, steps: tuple[Step, ...]) -> bytes:
    """Return an image as it is, moved farthest down, scaled most and turned, encoded."""
    mean, std = (np.asarray(each, np.float32) for each in (network.mean, network.std))
    tile = _tile(network)
    width, height = record.strip_size(tile)
    strip = np.full((height, width, 3), crops.GREY, np.uint8)
    for number, step in enumerate((None, *record.strip_steps(steps))):
        seen = image if step is None else transformed(image, step)
        pixels = Image.fromarray(crops.to_pixels(seen.cpu().numpy(), mean, std))
        left = number * (tile[0] + GUTTER)
        small = pixels.resize(tile, Image.Resampling.LANCZOS)
        strip[:, left : left + tile[0]] = np.asarray(small)
    return crops.webp(strip, QUALITY)
