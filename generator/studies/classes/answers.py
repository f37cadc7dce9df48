"""One pass over the images: what the network answers, and what each filter adds to the scores."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from generator.compute.run.threads import side_by_side
from generator.compute.search.passes import prepared
from generator.config import Settings
from generator.errors import NetworkError
from generator.files import Arrays, read_arrays, write_arrays
from generator.images.captions import display_path
from generator.images.sets.image_set import ImageSet
from generator.images.stream import Batch, stream
from generator.network.watched import WatchedNetwork
from generator.progress import Progress
from generator.studies.classes.head import Head
from generator.studies.classes.record import Basis, Doubles

SAVE_EVERY = 20.0  # seconds between two records of the pass
TOP = 5  # most probable classes of an image

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Means:
    """Means over images for each class; NaN where there are none."""

    added: Doubles  # [k, m] what filters add
    score: Doubles  # [k]
    images: Ints  # [k]
    basis: Sequence[Basis]  # [k]


@dataclass(frozen=True)
class Answers:
    """What is known of n images. k: classes; m: maps of the last layer; p: numbers of the head.

    Sums are over images of a class, by their labels, and over all. Where the head is not linear,
    a class without images has instead the sum over those that are taken for it.
    """

    done: Ints  # [1] batches
    meant: Ints  # [n] class that the label means; −1 for none
    read: npt.NDArray[np.bool_]  # [n]
    answer: Ints  # [n, 5] or of fewer classes [n, k], the most probable first
    probability: Doubles  # [n, 5] or [n, k]
    weighed: Ints  # [k] images of a class's sums
    added: Doubles  # [k, m]
    score: Doubles  # [k]
    all_numbers: Doubles  # [p]; of a linear head alone
    all_scores: Doubles  # [k]

    @classmethod
    def nothing(cls, meant: Ints, classes: int, maps: int, numbers: int) -> Answers:
        """Return what is known before the first image."""
        images, top = len(meant), min(TOP, classes)
        return cls(
            done=np.zeros(1, np.int64),
            meant=meant,
            read=np.zeros(images, np.bool_),
            answer=np.zeros((images, top), np.int64),
            probability=np.zeros((images, top)),
            weighed=np.zeros(classes, np.int64),
            added=np.zeros((classes, maps)),
            score=np.zeros(classes),
            all_numbers=np.zeros(numbers),
            all_scores=np.zeros(classes),
        )

    def again(self, known: Arrays) -> Answers:
        """Return what a run that was stopped had recorded."""
        arrays: dict[str, Any] = {name: array.copy() for name, array in known.items()}
        return replace(self, **arrays)

    @property
    def of_classes(self) -> Ints:
        """Return how many images mean each class, [k]."""
        known = self.meant[self.read & (self.meant >= 0)]
        return np.bincount(known, minlength=len(self.weighed))

    def means(self, head: Head) -> Means:
        """Return the means over images of a class, or what stands in for them.

        A linear head weighs the mean of all images for a class that has none of its own.
        """
        images, own = self.weighed.copy(), self.of_classes > 0
        with np.errstate(invalid="ignore"):
            added, score = self.added / images[:, None], self.score / images
        if head.weighing is None:
            known = zip(own, images, strict=True)
            basis: list[Basis] = [
                "own" if has else "taken" if some else "none" for has, some in known
            ]
            return Means(added, score, images, basis)
        bare, total = np.flatnonzero(~own), int(self.read.sum())
        mean = torch.from_numpy(self.all_numbers / total).expand(len(bare), -1)
        added[bare] = head.summed(mean, torch.from_numpy(bare), added.shape[1]).numpy()
        score[bare], images[bare] = self.all_scores[bare] / total, total
        return Means(added, score, images, ["own" if has else "all" for has in own])


def look(
    network: WatchedNetwork,
    head: Head,
    images: ImageSet,
    nothing: Answers,
    settings: Settings,
    record: Path,
    progress: Progress,
) -> Answers:
    """Return what the network answers to the images; it goes on where `record` ends.

    Raises NetworkError where a score is not a number.
    """
    known = read_arrays(record)
    found = nothing if known is None else nothing.again(known[0])
    batches = -(-len(images) // settings.batch)
    todo = range(int(found.done[0]), batches)
    saved = time.monotonic()
    several = stream(images, network.input_size, settings.batch, settings.workers, todo)
    for batch, part, values in _passes(network, head, several):
        _take_in(found, head, batch, part, values, images)
        if part.stop < len(batch.pixels):
            continue
        found.done[0] += 1
        if time.monotonic() - saved > SAVE_EVERY:
            write_arrays(record, vars(found))
            saved = time.monotonic()
        progress("classes: images", int(found.done[0]), batches)
    write_arrays(record, vars(found))
    return found


def _passes(
    network: WatchedNetwork, head: Head, batches: Iterator[Batch]
) -> Iterator[tuple[Batch, slice, list[Tensor]]]:
    """Yield what the head reads of some images at a time, in order."""
    at_once = network.at_once(network.layers[-1:])

    def parts() -> Iterator[tuple[Batch, slice]]:
        for batch in batches:
            size = len(batch.pixels)
            most = at_once or size
            yield from ((batch, slice(at, min(at + most, size))) for at in range(0, size, most))

    def go(task: tuple[Batch, slice]) -> tuple[Batch, slice, list[Tensor]]:
        batch, part = task
        with torch.no_grad():
            return batch, part, head.below.run(prepared(network, batch.pixels[part]))

    with side_by_side(network.device) as threads:
        yield from threads.map(go, parts())


def _take_in(
    found: Answers,
    head: Head,
    batch: Batch,
    part: slice,
    values: list[Tensor],
    images: ImageSet,
) -> None:
    """Add some images of a batch, given what the head reads of them."""
    valid = batch.valid[part]
    rows = batch.rows[part][valid].numpy()
    if not len(rows):
        return
    given = [value[valid.to(value.device)] for value in values]
    scores = head.run(given).cpu().double()
    if not bool(scores.isfinite().all()):
        row = int(rows[(~scores.isfinite()).any(1).nonzero()[0, 0]])
        raise NetworkError(
            f"the network gives {display_path(images.path(row))} a score that is not a number; "
            "leave that picture out"
        )
    most = scores.softmax(1).sort(dim=1, descending=True, stable=True)
    top = found.answer.shape[1]
    found.read[rows] = True
    found.answer[rows] = most.indices[:, :top].numpy()
    found.probability[rows] = most.values[:, :top].numpy()

    def add(which: npt.NDArray[np.bool_], classes: Ints) -> None:
        some = [value[torch.from_numpy(which).to(value.device)] for value in given]
        wanted = torch.from_numpy(classes)
        if head.weighing is None:
            added = head.by_gradient(some, wanted)
        else:
            added = head.summed(head.numbers(some[0]), wanted, found.added.shape[1])
        np.add.at(found.added, classes, added.numpy())
        np.add.at(found.weighed, classes, 1)
        np.add.at(found.score, classes, scores.numpy()[which, classes])

    meant, answer = found.meant[rows], found.answer[rows, 0]
    if (meant >= 0).any():
        add(meant >= 0, meant[meant >= 0])
    if head.weighing is not None:
        found.all_numbers[:] += head.numbers(given[0]).sum(0).numpy()
        found.all_scores[:] += scores.sum(0).numpy()
    elif (bare := ~np.isin(answer, found.meant)).any():
        add(bare, answer[bare])
