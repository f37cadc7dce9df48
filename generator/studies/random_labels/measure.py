"""The study itself: the twin shown stimuli and images, and three networks compared by them."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from generator.atlas.measures import MeasureArrays
from generator.compute.project.crops import kernel_sheet, webp
from generator.compute.project.run import Group, Inputs, draw
from generator.compute.records import arrays_of, measure_arrays
from generator.compute.stimuli.forms import FAMILIES
from generator.compute.stimuli.run import measure_layer
from generator.errors import NetworkError
from generator.files import hash_file, read_arrays, write_arrays, write_whole, writing
from generator.images.sets.chosen import evenly_chosen
from generator.network.watched import WatchedNetwork, pixel_kernels
from generator.network.weights.weights_file import learning_of
from generator.network.zoo.loaded import Snapshot
from generator.network.zoo.snapshots import load_snapshot
from generator.progress import Progress
from generator.studies.likeness import (
    Floats,
    centred,
    cka_of,
    correlations_of,
    self_product,
)
from generator.studies.random_labels import record
from generator.studies.search import search
from generator.studies.subject import Subject

MOST_IMAGES = 2_000
WORK = "work"  # folder of what is gone when all is done
TITLE = "random labels"
NO_TWIN = (
    "no twin of the network that was trained on random labels lies beside its weights; "
    "`filter-gallery compare` lays the atlases of any two networks beside each other"
)
NO_STIMULI = (
    "the filters were shown no stimuli, by which networks are compared; compute the atlas without "
    "--no-stimuli"
)


def made_from(subject: Subject) -> dict[str, Any]:
    """Return all that the study's files depend on, as JSON has it."""
    twin = subject.network.twin
    return {
        "core": subject.core,
        "stimuli": subject.settings.stimuli,
        "twin": hash_file(twin) if twin else "",
    }


def measure(subject: Subject, folder: Path, progress: Progress) -> str:
    """Write the study's files into a folder; else return why there is no twin to compare."""
    network = subject.network
    if network.twin is None:
        return NO_TWIN
    if not subject.settings.stimuli:
        return NO_STIMULI
    learning = learning_of(network.twin)
    if learning is None:
        raise NetworkError(f"weights {network.twin.name}: say nothing of how they were learned")
    twin = load_snapshot(subject.settings, network, Snapshot(TITLE, network.twin))
    work = folder / WORK
    shown = _show(twin, work, progress)
    networks = (_of_atlas(subject, "measures"), shown, _of_atlas(subject, "untrained"))
    layers = tuple(_layer(network, number, networks) for number in range(len(network.layers)))
    images = evenly_chosen(subject.images, MOST_IMAGES)
    report = partial(progress, "random labels: images")
    (found,) = search([twin], images, subject.settings, work / "search.safetensors", report)
    arrays = arrays_of(twin, found, images)
    inputs = Inputs(twin, images)
    for number, layer in enumerate(layers):
        if layer.pair is None:
            continue
        number_there = layer.pair.random
        group = Group(number, twin.layers[number], number_there, number_there + 1)
        _, pictures = draw(twin, arrays[number], inputs, group, subject.patch(layer.name))
        for (_, kind), picture in pictures.items():
            if kind in record.SHEETS:
                write_whole(folder / f"{record.sheet_name(layer.name, kind)}.webp", picture)
    ckas = [_alignments(networks[one], networks[other]) for one, other in ((0, 1), (0, 2), (1, 2))]
    written = record.RandomLabels(
        learning=record.Learning(
            pixels=learning.pixels,
            pictures=learning.pictures,
            held_out=learning.held_out,
            chance=learning.chance,
            random=_curve(learning.epochs),
            true=_curve(learning.true_epochs),
        ),
        stimuli=len(networks[0][0].responses),
        images=found.readable,
        all_images=images is subject.images,
        families=FAMILIES,
        layers=layers,
        cka_true_random=ckas[0],
        cka_true_untrained=ckas[1],
        cka_random_untrained=ckas[2],
        kernels=_write_kernels(twin, folder),
    )
    write_whole(folder / record.RECORD, written.model_dump_json().encode())
    with writing(work):
        shutil.rmtree(work)
    return ""


@dataclass(frozen=True)
class Shown:
    """What stimuli showed of a layer of one of the networks. n: stimuli, f: filters."""

    responses: Floats  # [n, f] centred
    norms: Floats  # [f]
    self_product: float
    selectivity: npt.NDArray[np.float32]  # [f]
    family: npt.NDArray[np.int8]  # [f]

    @classmethod
    def of(cls, responses: npt.NDArray[np.float32], measures: MeasureArrays) -> Shown:
        """Return what responses [n, f], and what was measured of them, show."""
        found = centred(responses)
        return cls(
            responses=found,
            norms=np.linalg.norm(found, axis=0),
            self_product=self_product(found),
            selectivity=measures.orientation_selectivity,
            family=measures.family,
        )


def _show(twin: WatchedNetwork, work: Path, progress: Progress) -> list[Shown]:
    """Show the twin all stimuli, layer by layer; what is recorded already is taken from there."""
    shown = []
    for number, layer in enumerate(twin.layers):
        path = work / f"{layer.name}.safetensors"
        known = read_arrays(path)
        if known is None:

            def report(_stage: str, done: int, of: int, number: int = number) -> None:
                steps = 100 * len(twin.layers)
                progress("random labels: stimuli", 100 * number + 100 * done // of, steps)

            found = measure_layer(twin, layer, report, changes=False)
            arrays = {**vars(measure_arrays(found)), "responses": found.responses}
            write_arrays(path, arrays)
        else:
            arrays = known[0]
        responses = arrays.pop("responses")
        shown.append(Shown.of(responses, MeasureArrays(**arrays)))
    return shown


def _of_atlas(subject: Subject, kind: Any) -> list[Shown]:
    atlas = subject.atlas()
    return [
        Shown.of(atlas.responses(layer.name, kind), atlas.measures(layer.name, kind))
        for layer in subject.network.layers
    ]


def _layer(
    network: WatchedNetwork, number: int, networks: Sequence[Sequence[Shown]]
) -> record.Layer:
    layer = network.layers[number]
    true, random, untrained = (each[number] for each in networks)
    to_random, to_untrained = (
        correlations_of(true.responses.T @ other.responses, true.norms, other.norms)
        for other in (random, untrained)
    )
    silent = tuple(int((each.norms == 0).sum()) for each in (true, random, untrained))
    selectivity = tuple(_median(each.selectivity) for each in (true, random, untrained))
    return record.Layer(
        name=layer.name,
        filters=layer.filters,
        silent=(silent[0], silent[1], silent[2]),
        selectivity=(selectivity[0], selectivity[1], selectivity[2]),
        families=tuple(
            tuple(int((each.family == at).sum()) for at in range(len(FAMILIES)))
            for each in (true, random, untrained)
        ),
        nearest_random=_median(_best(to_random)),
        nearest_untrained=_median(_best(to_untrained)),
        pair=most_alike(to_random),
    )


def most_alike(correlations: Floats) -> record.Pair | None:
    """Return, of correlations [f, g], the highest among pairs that are each other's nearest.

    None where no filter has a nearest. Of equals the first counts.
    """
    known = np.where(np.isnan(correlations), -np.inf, correlations)
    if not np.isfinite(known).any():
        return None
    # The highest of all is the highest of its row and of its column.
    true, random = np.unravel_index(known.argmax(), known.shape)
    value = round(float(known[true, random]), 4)
    return record.Pair(true=int(true), random=int(random), correlation=value)


def _best(correlations: Floats) -> Floats:
    """Return the correlation [f] with the nearest; NaN where there is none."""
    best = np.where(np.isnan(correlations), -np.inf, correlations).max(1, initial=-np.inf)
    return np.where(np.isfinite(best), best, np.nan)


def _median(values: npt.NDArray[np.floating]) -> float | None:
    known = values[np.isfinite(values)]
    return round(float(np.median(known)), 4) if len(known) else None


def _alignments(
    one: Sequence[Shown], other: Sequence[Shown]
) -> tuple[tuple[float | None, ...], ...]:
    return tuple(
        tuple(
            None if math.isnan(value) else round(value, 4)
            for theirs in other
            for value in [
                cka_of(mine.responses.T @ theirs.responses, mine.self_product, theirs.self_product)
            ]
        )
        for mine in one
    )


def _curve(epochs: Sequence[dict[str, float]]) -> tuple[record.Epoch, ...]:
    return tuple(
        record.Epoch(training=each["training"], held_out=each["held_out"]) for each in epochs
    )


def _write_kernels(twin: WatchedNetwork, folder: Path) -> tuple[int, int] | None:
    kernels = pixel_kernels(twin, twin.layers[0])
    if kernels is None:
        return None
    picture = kernel_sheet(kernels.cpu().numpy())
    write_whole(folder / f"{record.KERNELS}.webp", webp(picture, None))
    return picture.shape[1], picture.shape[0]
