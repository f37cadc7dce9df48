"""From what a search has found to a finished atlas in its place."""

from __future__ import annotations

import time
from dataclasses import replace

from generator import __version__
from generator.atlas.schema import ImageSetRecord, Manifest
from generator.atlas.store import Atlas, AtlasWriter
from generator.compute.annotate import image_records
from generator.compute.facts import measure_layers, write_kernels, write_measures
from generator.compute.project.run import draw, write_arrays
from generator.compute.records import arrays_of, layer_record, network_record
from generator.compute.report import ComputeReport
from generator.compute.run.job import Job
from generator.compute.run.processes import Processes
from generator.compute.search.state import SearchState
from generator.progress import Progress
from generator.replace import replace_folder


def assemble(
    job: Job, found: SearchState, progress: Progress, processes: Processes
) -> ComputeReport | None:
    """Show stimuli, reconstruct, and put the atlas in its place; the first process reports.

    `found` is over all images, and alike in all processes. Each does its share of the work; the
    first writes what takes all of it.
    """
    network, random, workspace = job.network, job.random, job.workspace
    writer = AtlasWriter(workspace.atlas_folder)
    started = time.monotonic()
    measures = 0
    if job.settings.stimuli:
        measures = measure_layers(network, random, workspace, progress, processes)
    measures = sum(processes.every(measures))
    stimuli_seconds = time.monotonic() - started
    started = time.monotonic()
    arrays = arrays_of(network, found, job.images)
    drawn = draw(network, arrays, job.images, workspace, writer, progress, processes)
    drawn = sum(processes.every(drawn))
    seconds = time.monotonic() - started
    if not processes.first:
        return None
    if job.settings.stimuli:
        write_measures(network, workspace, writer)
    write_arrays(network, arrays, workspace, writer)
    won = {int(row) for layer in arrays for row in layer.image.flat if row >= 0}
    writer.write_images(image_records(job.images, won))
    writer.finish(_manifest(job, found, writer))
    report = ComputeReport.of(_put_in_place(job))
    return replace(
        report,
        unchanged=False,
        measures=measures,
        stimuli_seconds=stimuli_seconds,
        reconstructed=drawn,
        reconstruct_seconds=seconds,
    )


def _manifest(job: Job, found: SearchState, writer: AtlasWriter) -> Manifest:
    settings, network, images = job.settings, job.network, job.images
    return Manifest(
        network=network_record(network),
        images=ImageSetRecord(
            root_name=images.name,
            count=found.readable,
            duplicates=found.duplicates,
            one_per_label=settings.one_per_label,
            fingerprint=images.fingerprint(),
            labels=images.labels(),
            skipped=tuple(found.skipped.values()),
            credits=images.credits(),
        ),
        layers=tuple(
            layer_record(
                layer,
                network.input_size,
                write_kernels(network, job.random, layer, writer),
                stimuli=settings.stimuli,
            )
            for layer in network.layers
        ),
        rule=network.rule,
        settings={
            "batch": settings.batch,
            "generator": __version__,
            **({} if settings.filters is None else {"filters": settings.filters}),
        },
        files={},
    )


def _put_in_place(job: Job) -> Atlas:
    """Let the finished atlas take the place of the previous one; return it."""
    workspace, target = job.workspace, job.settings.atlas
    workspace.making(job.identity, Atlas.open(workspace.atlas_folder).identity)
    replace_folder(workspace.atlas_folder, target)
    workspace.finished()
    return Atlas.open(target)
