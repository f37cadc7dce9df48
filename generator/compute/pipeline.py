"""Images and a network in, an atlas out: wires the stages, skips what is done, resumes."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from generator.atlas.store import Atlas
from generator.compute.assembly import assemble
from generator.compute.report import ComputeReport, ShardReport
from generator.compute.run.checkpoints import Checkpoints, Shard, require_whole
from generator.compute.run.device import enough_memory
from generator.compute.run.identity import differences
from generator.compute.run.job import Job
from generator.compute.run.processes import Processes, launched
from generator.compute.search.loop import survey
from generator.compute.search.passes import Log
from generator.compute.search.state import CPU, Extent, SearchState
from generator.config import Settings
from generator.errors import AtlasError, ConfigError
from generator.lock import holder, locked, this_process
from generator.progress import Progress
from generator.replace import recover

PATIENCE = 30.0  # seconds for which a shard lets others begin, each of which takes moments


def compute(
    settings: Settings, progress: Progress, log: Log, *, anew: bool = False
) -> ComputeReport | None:
    """Make the atlas that the settings ask for, or find that it is there already.

    The previous atlas stays whole until the new one takes its place in one step. Of several
    processes that torchrun has started each does its share, and only the first one reports. Raises
    GalleryError with what to mend; so where there is unfinished work on something else, unless it
    is to begin `anew`, which also computes again what is there already.
    """
    return _make(settings, progress, log, anew=anew, merging=None)


def merge(
    settings: Settings, progress: Progress, log: Log, others: Sequence[Path] = ()
) -> ComputeReport | None:
    """Make the atlas of what shards have found, here and in `others`, folders copied to here.

    Raises AtlasError, naming the shards to search first, where images are missing.
    """
    return _make(settings, progress, log, anew=False, merging=others)


def compute_shard(
    settings: Settings, shard: Shard, progress: Progress, log: Log, *, anew: bool = False
) -> ShardReport:
    """Search one shard, from where it was stopped, and record what was found for `merge`.

    What other runs have recorded is not looked at: nobody knows which of it `merge` will be given.
    Raises GalleryError as `compute` does.
    """
    with launched() as processes:
        if processes.size > 1:
            raise ConfigError("--shard is for runs without torchrun; leave out one of the two")
    with enough_memory():
        job = Job.open(settings)
        name, workspace, parts, extent = str(settings.atlas), job.workspace, job.parts, job.extent
        own_lock = workspace.search / f"{shard.name}.lock"
        with ExitStack() as own:
            with locked(workspace.lock, name, wait=PATIENCE):  # shards begin at the same moment
                if workspace.unfinished() != job.work:  # else a shard told the same has begun it
                    _require_idle(workspace.search, name)
                    if anew:
                        workspace.finished()
                workspace.begin(job.work)
                own.enter_context(locked(own_lock, f"{name}, {shard.name}"))
                if anew:
                    _forget(parts, shard, log)
            before, mine = parts.own(shard.name), shard.batches(extent)
            started = time.monotonic()
            found = survey(
                settings,
                job.network,
                job.images,
                np.flatnonzero(mine & ~before.done).tolist(),
                lambda found: parts.save(shard.name, SearchState.merge([before, found.on(CPU)])),
                _counting(progress, extent, extent.images_in(before.done), mine, 1),
                log,
            )
            return ShardReport(
                searched=extent.images_in(found.done),
                seconds=time.monotonic() - started,
                images=extent.images_in(mine),
                part=str(parts.path(shard.name)),
            )


def _require_idle(search: Path, name: str) -> None:
    """Raise AtlasError, naming it, where a shard is being searched."""
    for lock in sorted(search.glob("*.lock")):
        with locked(lock, f"{name}, {lock.stem}"):
            pass


def _forget(parts: Checkpoints, shard: Shard, log: Log) -> None:
    """Drop what is recorded of a shard's images, also where `merge` has joined it to more."""
    parts.drop(shard.name)
    for part in parts.joined_with(shard):
        parts.drop(part.path.stem)
        log(
            f"{part.path}: dropped with what it held of other shards; `merge` names those to "
            "search again"
        )


def _make(
    settings: Settings,
    progress: Progress,
    log: Log,
    *,
    anew: bool,
    merging: Sequence[Path] | None,
) -> ComputeReport | None:
    """Make an atlas; of what is recorded alone where `merging` says in which further folders."""
    with launched() as processes, ExitStack() as held, enough_memory():
        with processes.agreeing():
            job = Job.open(settings, processes.local)
            made, recorded = None, SearchState.empty(job.extent)
            if processes.first:
                held.enter_context(locked(job.workspace.lock, str(settings.atlas)))
                _require_idle(job.workspace.search, str(settings.atlas))
                made = None if anew else _made(job, log)
                if made is None:
                    recorded = _recorded(job, anew=anew, merging=merging)
        if processes.tell(made is not None):
            return made
        with processes.agreeing():
            _require_alike(job, processes)
        started = time.monotonic()
        found, searched = _search(job, recorded, progress, log, processes)
        seconds = time.monotonic() - started
        with processes.agreeing():
            job.require_usable(found)
        report = assemble(job, found, progress, processes)
        return report and replace(report, searched=searched, search_seconds=seconds)


def _made(job: Job, log: Log) -> ComputeReport | None:
    """Describe the atlas if this very computation has made it and it is undamaged."""
    workspace, target = job.workspace, job.settings.atlas
    recover(target)
    try:
        atlas = Atlas.open(target) if target.exists() else None
        if atlas is not None and atlas.identity == workspace.completed():
            workspace.finished()  # a run was killed just when its atlas was in place
        if atlas is None or atlas.identity != workspace.made(job.identity):
            return None
        atlas.verify()
    except AtlasError as problem:
        if workspace.made(job.identity) is not None:
            log(f"{problem}; computing it again")
            workspace.void()
        return None
    job.require_nothing_skipped(atlas.manifest.images.skipped)
    return ComputeReport.of(atlas)


def _recorded(job: Job, *, anew: bool, merging: Sequence[Path] | None) -> SearchState:
    """Make ready to record; return what searches have recorded already."""
    if anew:
        job.workspace.finished()
    job.workspace.begin(job.work)
    taken = job.parts.taken([job.parts_of(folder) for folder in merging or ()])
    if merging is not None:
        require_whole(taken, job.extent, str(job.settings.atlas))
    return job.parts.join(taken)


def _require_alike(job: Job, processes: Processes) -> None:
    """Raise ConfigError where this process works on something else than the first, or elsewhere.

    On a machine that does not share the disk everything it draws would be missing in the end.
    """
    first, work = processes.tell((this_process(), job.work))
    if job.work != work:
        raise ConfigError(
            f"{platform.node()}: not what the first of these processes works on "
            f"({differences(work, job.work)}); give all of them the same images, network, settings "
            "and kind of device"
        )
    if not processes.first and holder(job.workspace.lock) != first:
        raise ConfigError(
            f"{job.workspace.folder}: is not the folder in which the first of these processes "
            f"works, {first}; name an atlas on a disk that all machines share, or run "
            "`compute --shard` on each and then `merge`"
        )


def _search(
    job: Job, recorded: SearchState, progress: Progress, log: Log, processes: Processes
) -> tuple[SearchState, int]:
    """Search what is not recorded; return all that is found, and how many images were searched.

    `recorded` is the first process's; what is returned is the same in all of them.
    """
    extent, parts = job.extent, job.parts
    done = processes.tell(recorded.done)
    everything = np.ones_like(done)
    name = f"process-{processes.rank + 1}-of-{processes.size}"
    found = survey(
        job.settings,
        job.network,
        job.images,
        processes.share(np.flatnonzero(~done).tolist()),
        lambda found: parts.save(name, found),
        _counting(progress, extent, extent.images_in(done), everything, processes.size),
        log,
    )
    gathered = processes.gather(found.arrays())
    whole = SearchState.merge([recorded, *(SearchState.of(arrays, extent) for arrays in gathered)])
    return SearchState.of(processes.tell(whole.arrays()), extent), extent.images_in(~done)


def _counting(
    progress: Progress,
    extent: Extent,
    already: int,
    batches: npt.NDArray[np.bool_],
    processes: int,
) -> Callable[[int], None]:
    """Give a function that reports so many batches done as images, as if all went equally fast."""
    of = extent.images_in(batches)
    return lambda done: progress("search", min(already + done * extent.batch * processes, of), of)
