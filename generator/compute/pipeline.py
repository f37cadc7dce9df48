"""Images and a network in, an atlas out: wires the stages, skips what is done, resumes.

Each process, and each job that searches a shard, does its share of a stage and leaves the result in
a file of the workspace. The first process joins the files.
"""

from __future__ import annotations

import hashlib
import platform
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from generator import __version__
from generator.atlas.schema import (
    ImageSetRecord,
    KernelSheet,
    LayerArrays,
    Manifest,
    NetworkRecord,
    SkippedFile,
)
from generator.atlas.store import Atlas, AtlasWriter, require_replaceable
from generator.compute.project.crops import kernel_sheet, webp
from generator.compute.project.effective_field import shown_side
from generator.compute.project.run import Group, Inputs, draw, groups_of
from generator.compute.records import (
    arrays_of,
    image_records,
    layer_record,
    stimuli_record,
)
from generator.compute.run.checkpoints import JOINED, Share, require_whole
from generator.compute.run.device import enough_memory
from generator.compute.run.identity import differences
from generator.compute.run.job import Job
from generator.compute.run.processes import Processes, launched
from generator.compute.search.passes import Log
from generator.compute.search.state import SearchState
from generator.compute.shares import (
    ShardReport,
    Shown,
    layers_shown,
    measure,
    measure_fields,
    require_idle,
    search,
    search_shard,
)
from generator.compute.stimuli.run import stage
from generator.compute.studies import StudyReport, carry_over, run_studies
from generator.config import Settings
from generator.errors import AtlasError, ConfigError
from generator.files import holder, locked, recover, replace_folder
from generator.images.remarks import sentences
from generator.images.sets.image_set import ImageSet
from generator.network.watched import WatchedLayer, pixel_kernels
from generator.network.zoo.loaded import LoadedNetwork
from generator.network.zoo.zfnet import first_kernels
from generator.progress import Progress

T = TypeVar("T")


@dataclass(frozen=True)
class ComputeReport:
    """What a run did, in all its processes, and what the atlas holds."""

    images: int
    duplicates: int
    skipped: tuple[SkippedFile, ...]
    remarks: tuple[str, ...]  # on files and images, a line for each kind
    filters: dict[str, int]  # by layer
    dead: dict[str, int]  # by layer: filters that no image activates
    unchanged: bool
    searched: int = 0  # images searched by this run
    search_seconds: float = 0.0
    fields: int = 0  # layers whose effective field this run measured
    fields_seconds: float = 0.0
    measures: int = 0  # filters, trained and untrained, that this run showed stimuli
    stimuli_seconds: float = 0.0
    reconstructed: int = 0  # places reconstructed by this run
    reconstruct_seconds: float = 0.0
    studies: tuple[StudyReport, ...] = ()  # that are on

    @classmethod
    def of(cls, atlas: Atlas, found: ImageSet) -> ComputeReport:
        """Describe an atlas of a set that was found as it should be."""
        images, layers = atlas.manifest.images, atlas.manifest.layers
        active = {layer.name: atlas.arrays(layer.name).active for layer in layers}
        return cls(
            images=images.count,
            duplicates=images.duplicates,
            skipped=images.skipped,
            remarks=(*found.remarks(), *images.remarks),
            filters={layer.name: layer.filters for layer in layers},
            dead={name: int((counts == 0).sum()) for name, counts in active.items()},
            unchanged=True,
        )


def compute(
    settings: Settings,
    progress: Progress,
    log: Log,
    *,
    anew: bool = False,
    merging: Sequence[Path] | None = None,
    loaded: LoadedNetwork | None = None,
) -> ComputeReport | None:
    """Make the atlas that the settings ask for, or find that it is there already.

    The previous atlas stays whole until the new one takes its place. Of several processes that
    torchrun has started each does its share, and only the first one reports. Raises GalleryError
    with what to mend; so where there is unfinished work on something else, unless it is to begin
    `anew`, which also computes again what is there already. `merging` is what `merge` gives;
    `loaded` is a network that takes the place of the one that the settings name.
    """
    with launched() as processes, ExitStack() as held, enough_memory():
        report, share = None, processes.share
        with processes.agreeing():
            require_replaceable(settings.atlas)
            job = Job.open(settings, processes.local, loaded)
            if processes.first:
                _log_note(job, log)
                held.enter_context(locked(job.workspace.lock, str(settings.atlas)))
                require_idle(job)
                report = _report_if_made(job, log, anew=anew)
                if report is None:
                    _begin(job, log, anew=anew, merging=merging)
        with processes.agreeing():
            made = report is not None if processes.first else _first_has_made(job, processes)
        if made:
            return report and replace(report, studies=run_studies(job, progress, log))

        started = time.monotonic()
        checkpoints, workspace = job.checkpoints, job.workspace
        recorded = checkpoints.own(JOINED).done
        own = recorded.copy()
        own[share.own(np.flatnonzero(~recorded).tolist())] = True
        search(job, share.name("process"), own, recorded, progress, log)
        processes.wait()
        searched = time.monotonic()
        with processes.agreeing():
            if processes.first:
                taken = checkpoints.taken()
                require_whole(taken, checkpoints.extent, str(settings.atlas))
                found = checkpoints.join(taken)
                job.require_usable(found)
            layers = layers_shown(job)
            shown = [each for each in layers if workspace.load_measures(each.key) is None]
            names = [layer.name for layer in job.network.layers]
            fields = [n for n, name in enumerate(names) if workspace.load_field(name) is None]
        arrays = arrays_of(job.network, checkpoints.own(JOINED), job.images)
        images = Inputs(job.network, job.images)
        measure_fields(job, share.own(fields), arrays, images, progress)
        processes.wait()
        fielded = time.monotonic()
        with processes.agreeing():
            sides = [_field(job, layer)[1] for layer in job.network.layers]
            groups = [
                each
                for each in groups_of(job.network)
                if workspace.load_scales(each.layer.name, each.first, sides[each.number]) is None
            ]
        measure(job, share.own(shown), progress)
        measured = time.monotonic()
        _draw(job, arrays, sides, images, share.own(groups), progress)
        processes.wait()
        drawn = time.monotonic()
        if not processes.first:
            return None
        report = _write_atlas(job, found, arrays, layers, log, anew=anew)
        return replace(
            report,
            studies=run_studies(job, progress, log),
            unchanged=False,
            searched=checkpoints.extent.images_in(~recorded),
            search_seconds=searched - started,
            measures=sum(each.layer.filters for each in shown),
            fields=len(fields),
            fields_seconds=fielded - searched,
            stimuli_seconds=measured - fielded,
            reconstructed=sum(
                int((arrays[each.number].image[each.first : each.last] >= 0).sum())
                for each in groups
            ),
            reconstruct_seconds=drawn - measured,
        )


def merge(
    settings: Settings, progress: Progress, log: Log, others: Sequence[Path] = ()
) -> ComputeReport | None:
    """Make the atlas of what shards have found, here and in `others`, folders copied to here.

    Raises AtlasError, naming the shards to search first, where images are missing.
    """
    return compute(settings, progress, log, merging=others)


def compute_shard(
    settings: Settings, shard: Share, progress: Progress, log: Log, *, anew: bool = False
) -> ShardReport:
    """Search one shard, from where it was stopped, and record what was found for `merge`.

    Raises GalleryError as `compute` does.
    """
    with launched() as processes:
        if processes.share.of > 1:
            raise ConfigError("--shard is for runs without torchrun; leave out one of the two")
    with enough_memory():
        require_replaceable(settings.atlas)
        job = Job.open(settings)
        _log_note(job, log)
        return search_shard(job, shard, progress, log, anew=anew)


def _log_note(job: Job, log: Log) -> None:
    for line in job.network.note.splitlines():
        log(line)


def _report_if_made(job: Job, log: Log, *, anew: bool) -> ComputeReport | None:
    """Describe the atlas if this very computation has made it and it is undamaged.

    Else nothing says any more that this computation has made one.
    """
    workspace, target = job.workspace, job.settings.atlas
    recover(target)
    made = workspace.made(job.identity)
    try:
        atlas = Atlas.open(target) if target.exists() else None
        if atlas is not None and atlas.identity == workspace.completed():
            workspace.finished()  # a run was killed just when its atlas was in place
        if atlas is not None and atlas.identity == made and not anew:
            atlas.verify()
            job.require_nothing_skipped(atlas.manifest.images.skipped)
            return ComputeReport.of(atlas, job.images)
    except AtlasError as problem:
        log(f"{problem}; this run does so")
    if made is not None:
        workspace.void()
    return None


def _begin(job: Job, log: Log, *, anew: bool, merging: Sequence[Path] | None) -> None:
    """Make ready to record, and join what searches have recorded already."""
    if anew:
        job.workspace.finished()
    job.workspace.begin(job.work, log)
    checkpoints = job.checkpoints
    taken = checkpoints.taken([job.checkpoints_in(folder) for folder in merging or ()])
    if merging is not None:
        require_whole(taken, checkpoints.extent, str(job.settings.atlas))
    checkpoints.join(taken)


def _first_has_made(job: Job, processes: Processes) -> bool:
    """Say whether the atlas is there already, so that the first process does nothing.

    Raises ConfigError where this process works on something else than the first, or elsewhere: on
    a machine that does not share the disk everything it draws would be missing in the end.
    """
    workspace = job.workspace
    if holder(workspace.lock) != processes.leader:
        raise ConfigError(
            f"{workspace.folder}: is not the folder in which the first of these processes "
            f"works, {processes.leader}; name an atlas on a disk that all machines share, or run "
            "`compute --shard` on each and then `merge`"
        )
    if workspace.made(job.identity) is not None:
        return True
    work = workspace.unfinished()
    if work != job.work:
        differ = differences(work, job.work) if work else "that is made already"
        raise ConfigError(
            f"{platform.node()}: not what the first of these processes works on ({differ}); give "
            "all of them the same images, network, settings and kind of device"
        )
    return False


def _field(job: Job, layer: WatchedLayer) -> tuple[int, int]:
    """Return the effective field of a layer (0: not measured) and the side of its patches."""
    effective = _require_there(
        job, f"the effective field of {layer.name}", job.workspace.load_field(layer.name)
    )
    size = job.network.input_size
    return effective, shown_side(layer.field.size, effective, size, job.settings.field)


def _draw(
    job: Job,
    arrays: Sequence[LayerArrays],
    sides: Sequence[int],
    images: Inputs,
    groups: Sequence[Group],
    progress: Progress,
) -> None:
    """Draw the pictures of groups and record that they are there.

    `arrays` and `sides`, those of patches in pixels, are those of all layers.
    """
    writer, done = AtlasWriter(job.workspace.atlas_folder), 0
    for group in groups:
        layer, shown = group.layer.name, sides[group.number]
        scales, pictures = draw(job.network, arrays[group.number], images, group, shown)
        written = {
            writer.write_picture(layer, number, kind, picture): hashlib.sha256(picture).hexdigest()
            for (number, kind), picture in pictures.items()
        }
        job.workspace.save_scales(layer, group.first, scales, written, shown)
        done += group.last - group.first
        progress("reconstruct", done, sum(each.last - each.first for each in groups))


def _write_atlas(
    job: Job,
    found: SearchState,
    arrays: Sequence[LayerArrays],
    shown: Sequence[Shown],
    log: Log,
    *,
    anew: bool,
) -> ComputeReport:
    """Write what takes all that processes have left, and let the atlas take its place.

    `arrays` are those of all layers, without scales; `shown` are all layers that were shown
    stimuli. Raises AtlasError where something is missing.
    """
    workspace, target = job.workspace, job.settings.atlas
    writer = AtlasWriter(workspace.atlas_folder)
    for each in shown:
        found_of = _require_there(
            job, f"what stimuli showed of {each.layer.name}", workspace.load_measures(each.key)
        )
        record = stimuli_record(stage(each.layer, job.network.input_size).side)
        writer.write_measures(each.layer.name, each.kind, record, *found_of)
    if shown:
        workspace.keep_measures([each.key for each in shown])
    sides = [_field(job, layer)[1] for layer in job.network.layers]
    for group in groups_of(job.network):
        scales = _require_there(
            job,
            f"the pictures of {group.layer.name}, filters {group.first} to {group.last - 1}",
            workspace.load_scales(group.layer.name, group.first, sides[group.number]),
        )
        arrays[group.number].scale[group.first : group.last] = scales
    for layer, mine in zip(job.network.layers, arrays, strict=True):
        writer.write_arrays(layer.name, mine)
    won = {int(row) for layer in arrays for row in layer.image.flat if row >= 0}
    writer.write_images(image_records(job.images, won))
    writer.finish(_manifest(job, found, writer))
    carry_over(job, workspace.atlas_folder, log, anew=anew)
    workspace.making(job.identity, Atlas.open(workspace.atlas_folder).identity)
    replace_folder(workspace.atlas_folder, target)
    workspace.finished()
    return ComputeReport.of(Atlas.open(target), job.images)


def _require_there(job: Job, what: str, found: T | None) -> T:
    """Return what was recorded; AtlasError where it is not there any more."""
    if found is None:
        raise AtlasError(
            f"{job.workspace.folder}: {what}: not there any more; run the command again"
        )
    return found


def _manifest(job: Job, found: SearchState, writer: AtlasWriter) -> Manifest:
    """Describe the atlas, and write the pictures of kernels that it names."""
    settings, network, images = job.settings, job.network, job.images
    return Manifest(
        network=NetworkRecord.model_validate(network, from_attributes=True),
        images=ImageSetRecord(
            root_name=images.name,
            count=found.readable,
            duplicates=found.duplicates,
            one_per_label=settings.one_per_label,
            fingerprint=images.fingerprint(),
            labels=images.labels(),
            skipped=tuple(found.skipped.values()),
            remarks=sentences(found.remarks, icc=settings.icc),
            credits=images.credits(),
        ),
        layers=tuple(
            layer_record(
                layer,
                network.input_size,
                _write_kernels(job, layer, writer),
                *_field(job, layer),
                stimuli=settings.stimuli,
            )
            for layer in network.layers
        ),
        rule=network.rule.name,
        settings={
            "batch": settings.batch,
            "generator": __version__,
            **({} if settings.filters is None else {"filters": settings.filters}),
            **({"icc": True} if settings.icc else {}),
            **({} if settings.field == "effective" else {"field": settings.field}),
        },
        files={},
    )


def _write_kernels(job: Job, layer: WatchedLayer, writer: AtlasWriter) -> tuple[KernelSheet, ...]:
    """Write the kernels of a layer that looks at pixels: random, while it learned, and now."""
    now, before = pixel_kernels(job.network, layer), pixel_kernels(job.random, layer)
    if now is None or before is None:
        return ()
    moments = (
        ("untrained", "random weights", before),
        *(
            (snapshot.file.stem, f"after {snapshot.title}", first_kernels(snapshot))
            for snapshot in job.network.history
        ),
        ("trained", "after training", now),
    )
    sheets = []
    for name, words, kernels in moments:
        picture = kernel_sheet(kernels.cpu().numpy())
        writer.write_kernels(layer.name, name, webp(picture, None))
        height, width = picture.shape[:2]
        sheets.append(KernelSheet(name=name, words=words, width=width, height=height))
    return tuple(sheets)
