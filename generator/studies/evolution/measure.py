"""The study itself: every filter's nine, answers to stimuli and strip, by each moment's weights."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from generator.compute.project.run import Inputs, groups_of
from generator.compute.search.state import SearchState
from generator.files import hash_file, read_arrays, write_arrays, write_whole, writing
from generator.images.sets.chosen import evenly_chosen
from generator.network.watched import WatchedNetwork
from generator.network.zoo.snapshots import load_snapshot, snapshots_of
from generator.progress import Progress
from generator.studies.evolution import record
from generator.studies.evolution.places import places_there
from generator.studies.evolution.responses import correlations, counts
from generator.studies.evolution.strips import strips, tile_of
from generator.studies.search import search
from generator.studies.subject import Subject

MOST_IMAGES = 2_000
WORK = "work"  # folder of what is gone when all is done
NO_SNAPSHOTS = (
    "nothing is known of the network while it learned; name files of its weights, as "
    'snapshots = { "epoch 1" = "e1.pth" } in gallery.toml'
)


def made_from(subject: Subject) -> dict[str, Any]:
    """Return all that the study's files depend on, as JSON has it."""
    return {
        "core": subject.core,
        "snapshots": [
            [snapshot.title, _hash(snapshot.file)]
            for snapshot in snapshots_of(subject.settings, subject.network)
        ],
    }


def _hash(file: Path) -> str:
    """Return a file's hash; "" where it cannot be read, or is FILE:PART."""
    whole = file if file.is_file() else Path(str(file).rpartition(":")[0])
    try:
        return hash_file(whole) + str(file).removeprefix(str(whole))
    except OSError:
        return ""


def measure(subject: Subject, folder: Path, progress: Progress) -> str:
    """Write the study's files into a folder; else return why nothing is known of the training."""
    snapshots = snapshots_of(subject.settings, subject.network)
    if not snapshots:
        return NO_SNAPSHOTS
    final = subject.network
    networks = [load_snapshot(subject.settings, final, snapshot) for snapshot in snapshots]
    networks.append(final)
    images = evenly_chosen(subject.images, MOST_IMAGES)
    work = folder / WORK
    found = search(
        networks,
        images,
        subject.settings,
        work / "search.safetensors",
        partial(progress, "evolution: images"),
    )
    sides = {layer.name: subject.patch(layer.name) for layer in final.layers}
    layers = _layers(networks, found, sides, work, progress)
    _write_strips(networks, found, Inputs(final, images), sides, folder, progress)
    shown, of_stimuli = counts()
    evolution = record.Evolution(
        snapshots=tuple(snapshot.title for snapshot in snapshots),
        images=found[-1].readable,
        all_images=images is subject.images,
        stimuli=shown,
        of_stimuli=of_stimuli,
        layers=layers,
    )
    write_whole(folder / record.RECORD, evolution.model_dump_json().encode())
    with writing(work):
        shutil.rmtree(work)
    return ""


def _layers(
    networks: Sequence[WatchedNetwork],
    found: Sequence[SearchState],
    sides: Mapping[str, int],
    work: Path,
    progress: Progress,
) -> tuple[record.Layer, ...]:
    final, layers = networks[-1], list[record.Layer]()
    for number, layer in enumerate(final.layers):
        known = read_arrays(work / f"{layer.name}.safetensors")
        arrays = known[0] if known else {"correlation": correlations(networks, number)}
        write_arrays(work / f"{layer.name}.safetensors", arrays)
        progress("evolution: stimuli", number + 1, len(final.layers))
        correlation = arrays["correlation"].tolist()
        places = [places_there(each, found[-1], number) for each in found]
        layers.append(
            record.Layer(
                name=layer.name,
                tile=tile_of(sides[layer.name]),
                final=tuple(places[-1][0]),
                there=tuple(tuple(there) for _, there in places[:-1]),
                correlation=tuple(tuple(map(_known, line)) for line in correlation),
            )
        )
    return tuple(layers)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)


def _write_strips(
    networks: Sequence[WatchedNetwork],
    found: Sequence[SearchState],
    images: Inputs,
    sides: Mapping[str, int],
    folder: Path,
    progress: Progress,
) -> None:
    """Write the strips of all filters that have none, layer by layer, some filters at a time."""
    groups = groups_of(networks[-1])
    done, of = 0, sum(layer.filters for layer in networks[-1].layers)
    for group in groups:
        filters = range(group.first, group.last)
        files = [folder / record.strip_name(group.layer.name, number) for number in filters]
        if not all(file.is_file() for file in files):
            made = strips(networks, found, group.number, filters, images, sides[group.layer.name])
            for file, content in zip(files, made, strict=True):
                write_whole(file, content)
        done += len(filters)
        progress("evolution: strips", done, of)
