"""The studies that are on, after the core atlas: each kept, made, made again or left out.

A study does not touch the core or another study, whatever happens to it. It is made in a folder of
the workspace and takes its place whole.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from generator import __version__
from generator.atlas import studies as folders
from generator.atlas.store import Atlas
from generator.atlas.studies import StudyFolder
from generator.compute.run.device import enough_memory
from generator.compute.run.identity import digest
from generator.compute.run.job import Job
from generator.compute.search.passes import Log
from generator.errors import AtlasError, GalleryError
from generator.files import PARTIAL, recover, replace_folder, write_whole, writing
from generator.progress import Progress, duration
from generator.studies import STUDIES, Study
from generator.studies.subject import Subject


class Measure(Protocol):
    """The module `measure` of a study's room."""

    def made_from(self, subject: Subject) -> dict[str, Any]:
        """Return all that the study's files depend on, as JSON has it."""

    def measure(self, subject: Subject, folder: Path, progress: Progress) -> str:
        """Write the study's files into a folder; else return in a line why there are none.

        The folder is empty, or holds what a run that was stopped had written of the same study:
        each file there is whole. Raises GalleryError.
        """


@dataclass(frozen=True)
class StudyReport:
    """What a run did for a study that is on."""

    name: str
    kept: bool = False  # it was there already
    seconds: float = 0.0
    missing: str = ""  # why it has no result
    failed: str = ""  # what went wrong

    @property
    def line(self) -> str:
        """Return the report in words."""
        if self.failed:
            return f"{self.name}: failed: {self.failed}"
        if self.missing:
            return f"{self.name}: left out: {self.missing}"
        return f"{self.name}, {'unchanged' if self.kept else duration(self.seconds)}"


def run_studies(job: Job, progress: Progress, log: Log) -> tuple[StudyReport, ...]:
    """Bring the studies of the finished atlas to what the settings ask for.

    One that is off stays while it rests on the same as the atlas, and goes when it does not.
    """
    reports = tuple(_run_studies(job, progress, log))
    if not any(report.failed for report in reports):  # which may go on where it failed
        with writing(job.workspace.studies):
            if job.workspace.studies.exists():
                shutil.rmtree(job.workspace.studies)
    return reports


def _run_studies(job: Job, progress: Progress, log: Log) -> Iterator[StudyReport]:
    for study in STUDIES.values():
        place, on = _place(job.settings.atlas, study), study.name in job.settings.studies
        recover(place)
        made_from = _made_from(job, study)
        found = _current(place, study, made_from, log)
        if found is not None:
            if on:
                yield StudyReport(study.name, kept=True, missing=found.manifest.missing)
            continue
        report = _make(job, study, made_from, place, progress) if on else None
        if report is None or report.failed:
            _remove(job, place)
        if report is not None:
            yield report


def carry_over(job: Job, new: Path, log: Log, *, anew: bool) -> None:
    """Copy the studies that stay true from the atlas that is there into the new one.

    But for those that are on, where all is to be computed `anew`.
    """
    for study in STUDIES.values():
        place = _place(job.settings.atlas, study)
        recover(place)
        if anew and study.name in job.settings.studies:
            continue
        if _current(place, study, _made_from(job, study), log) is not None:
            with writing(new):
                shutil.copytree(place, _place(new, study), dirs_exist_ok=True)


def _make(
    job: Job, study: Study, made_from: dict[str, Any], place: Path, progress: Progress
) -> StudyReport:
    """Make a study and put it in its place; the report says so where it fails."""
    started, folder = time.monotonic(), job.workspace.studies / study.name
    try:
        with enough_memory():
            _begin(folder, study, made_from)
            missing = _room(study).measure(_subject(job), folder, progress)
            folders.finish(folder, study.name, study.version, made_from, missing)
            with writing(place):
                place.parent.mkdir(exist_ok=True)
            replace_folder(folder, place)
    except GalleryError as problem:
        return StudyReport(study.name, failed=str(problem))
    return StudyReport(study.name, seconds=time.monotonic() - started, missing=missing)


def _current(place: Path, study: Study, made_from: dict[str, Any], log: Log) -> StudyFolder | None:
    """Return a study that is undamaged and rests on this; None where it is to be made again."""
    try:
        found = StudyFolder.open(place)
    except AtlasError as problem:
        log(f"{problem}; this run does so")
        return None
    if found is None:
        return None
    same = (found.manifest.version, found.manifest.made_from) == (study.version, made_from)
    return found if same else None


def _made_from(job: Job, study: Study) -> dict[str, Any]:
    rests_on = {"generator": __version__, **_room(study).made_from(_subject(job))}
    return cast(dict[str, Any], json.loads(json.dumps(rests_on)))  # as its manifest gives it back


def _subject(job: Job) -> Subject:
    def atlas() -> Atlas:
        return Atlas.open(job.settings.atlas)

    core = digest(job.identity)
    return Subject(job.network, job.random, job.images, core, atlas, job.settings)


def _room(study: Study) -> Measure:
    return cast(Measure, import_module(f"generator.studies.{study.name}.measure"))


def _place(atlas: Path, study: Study) -> Path:
    return atlas / folders.FOLDER / study.name


def _begin(folder: Path, study: Study, made_from: dict[str, Any]) -> None:
    """Make a study's folder ready; what a run that was stopped has left of the same stays."""
    note = folder.with_suffix(".json")  # beside it: what it is begun for
    wanted = json.dumps([study.version, made_from], sort_keys=True).encode()
    begun = note.read_bytes() if note.is_file() and folder.is_dir() else b""
    if begun != wanted:
        _empty(folder)
        write_whole(note, wanted)
    with writing(folder):
        for torn in folder.rglob(f"*{PARTIAL}"):
            torn.unlink()


def _empty(folder: Path) -> None:
    with writing(folder):
        if folder.exists():
            shutil.rmtree(folder)  # of a run that was killed
        folder.mkdir(parents=True)


def _remove(job: Job, place: Path) -> None:
    """Take a study out of the atlas, in one step."""
    if place.exists():
        aside = job.workspace.studies / f"{place.name}.removed"
        _empty(aside)
        with writing(place):
            os.replace(place, aside / place.name)
            shutil.rmtree(aside)
