"""What one share of the work does: a process of a run, or a job that searches a shard.

Each leaves its results in files of the workspace and knows of no other.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt

from generator import __version__
from generator.atlas.measures import MeasuresKind
from generator.atlas.schema import SCHEMA, LayerArrays
from generator.compute import stimuli
from generator.compute.project.run import Inputs, measure_field
from generator.compute.records import measure_arrays, stored_responses
from generator.compute.run.checkpoints import Share
from generator.compute.run.job import Job
from generator.compute.search.loop import search_batches
from generator.compute.search.passes import Log
from generator.compute.search.state import SearchState
from generator.compute.stimuli.run import measure_layer
from generator.files import locked
from generator.network.watched import WatchedLayer, WatchedNetwork
from generator.progress import Progress

PATIENCE = 30.0  # seconds for which a shard lets others begin, each of which takes moments


@dataclass(frozen=True)
class ShardReport:
    """What a run that searched one shard did."""

    searched: int  # images, by this run
    seconds: float
    images: int  # in the whole shard
    path: str  # the file that holds what was found


def search_shard(
    job: Job, shard: Share, progress: Progress, log: Log, *, anew: bool
) -> ShardReport:
    """Search one shard, from where it was stopped or `anew`, and record what was found.

    What other runs have recorded is not looked at: nobody knows which of it `merge` will be given.
    """
    atlas, workspace, checkpoints = str(job.settings.atlas), job.workspace, job.checkpoints
    name, extent = shard.name("shard"), checkpoints.extent
    own = shard.batches(extent)
    with ExitStack() as held:
        with locked(workspace.lock, atlas, wait=PATIENCE):  # shards begin at the same moment
            if workspace.unfinished() != job.work:  # else a shard of the same work has begun it
                require_idle(job)
                if anew:
                    workspace.finished()
            workspace.begin(job.work, log)
            held.enter_context(locked(workspace.search / f"{name}.lock", f"{atlas}, {name}"))
            if anew:
                _forget(job, name, own, log)
        started = time.monotonic()
        recorded = checkpoints.own(name).done
        search(job, name, own, recorded, progress, log)
    return ShardReport(
        searched=extent.images_in(own & ~recorded),
        seconds=time.monotonic() - started,
        images=extent.images_in(own),
        path=str(checkpoints.path(name)),
    )


def require_idle(job: Job) -> None:
    """Raise AtlasError, naming it, where a shard is being searched."""
    for lock in sorted(job.workspace.search.glob("*.lock")):
        with locked(lock, f"{job.settings.atlas}, {lock.stem}"):
            pass


def _forget(job: Job, name: str, own: npt.NDArray[np.bool_], log: Log) -> None:
    """Drop what is recorded of batches `own`, also where `merge` has joined it to more."""
    job.checkpoints.drop(name)
    for each in job.checkpoints.readable():
        if not each.is_shard and (each.done & own).any():
            job.checkpoints.drop(each.path.stem)
            log(
                f"{each.path}: dropped with what it held of other shards; `merge` names those to "
                "search again"
            )


def search(
    job: Job,
    name: str,
    own: npt.NDArray[np.bool_],
    recorded: npt.NDArray[np.bool_],
    progress: Progress,
    log: Log,
) -> None:
    """Search a share's batches `own` [batches] but those `recorded`; record them under a name."""
    checkpoints, extent = job.checkpoints, job.checkpoints.extent
    before = checkpoints.own(name)
    already, of = extent.images_in(own & recorded), extent.images_in(own)
    search_batches(
        job.settings,
        job.network,
        job.images,
        np.flatnonzero(own & ~recorded).tolist(),
        lambda found: checkpoints.save(name, SearchState.merge([before, found.on_cpu()])),
        lambda done: progress("search", min(already + done * extent.batch, of), of),
        log,
    )


@dataclass(frozen=True)
class Shown:
    """A layer that is shown stimuli: as it is, or with random weights."""

    kind: MeasuresKind
    layer: WatchedLayer
    key: str  # names everything that the responses rest on


def layers_shown(job: Job) -> list[Shown]:
    """Return what is shown stimuli; the untrained layers come last."""
    if not job.settings.stimuli:
        return []
    kinds: tuple[MeasuresKind, ...] = get_args(MeasuresKind)
    return [
        Shown(kind, layer, measures_key(job.network, layer, kind))
        for kind in kinds
        for layer in job.network.layers
    ]


def measures_key(network: WatchedNetwork, layer: WatchedLayer, kind: MeasuresKind) -> str:
    """Name everything that the measures of a layer rest on. They need no images."""
    sources = sorted(Path(stimuli.__path__[0]).glob("*.py"))  # a change shows stimuli anew
    rests_on = (
        *(__version__, SCHEMA, network.weights_sha256, network.device.type),
        *(network.computation, network.input_size, network.mean, network.std),
        *(layer.module, layer.filters, layer.field, layer.grid),
        *(path.read_text(encoding="utf-8") for path in sources),
    )
    return f"{kind}-{hashlib.sha256(repr(rests_on).encode()).hexdigest()[:16]}"


def measure(job: Job, shown: Sequence[Shown], progress: Progress) -> None:
    """Show layers stimuli and record what is measured, for any images."""
    trained = sum(each.kind == "measures" for each in shown)
    for number, each in enumerate(shown):

        def report(stage: str, done: int, of: int, number: int = number) -> None:
            steps = len(shown) if stage == "stimuli" else trained  # which come first
            progress(stage, 100 * number + 100 * done // of, 100 * steps)

        changes = each.kind == "measures"
        subject = job.network if changes else job.random
        found = measure_layer(subject, each.layer, report, changes=changes)
        job.workspace.save_measures(each.key, measure_arrays(found), stored_responses(found))


def measure_fields(
    job: Job,
    layers: Sequence[int],
    arrays: Sequence[LayerArrays],
    images: Inputs,
    progress: Progress,
) -> None:
    """Measure the effective fields of layers, by their numbers, and record them.

    `arrays` are those of all layers.
    """
    for done, number in enumerate(layers, start=1):
        layer = job.network.layers[number]
        side = measure_field(job.network, layer, arrays[number], images)
        job.workspace.save_field(layer.name, side)
        progress("fields", done, len(layers))
