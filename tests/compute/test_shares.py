"""One process, several, shards and interrupted runs make the same atlas, byte for byte."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from generator.atlas.store import Atlas
from generator.compute import shares
from generator.compute.pipeline import compute, compute_shard, merge
from generator.compute.project import run as drawing
from generator.compute.run.checkpoints import Share
from generator.compute.search import loop
from generator.compute.search.state import SearchState
from generator.config import Settings
from generator.errors import AtlasError, ConfigError, ImagesError
from generator.network.zoo import load as zoo
from tests import ROOT
from tests.support.tiny_network import draw_pictures, tiny_network

COUNT = 26  # six batches of four and one of two


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name loads the tiny network; groups of filters are small, records frequent."""
    monkeypatch.setattr(zoo, "load", lambda *_: tiny_network())
    monkeypatch.setattr(drawing, "FILTERS_AT_ONCE", 3)
    monkeypatch.setattr(loop, "SAVE_EVERY", -1.0)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of which some come twice, in other batches, and one cannot be read."""
    folder = draw_pictures(tmp_path_factory.mktemp("runs") / "pictures", COUNT - 4)
    for number in range(3):
        shutil.copy(folder / "left" / f"picture_00{2 * number}.png", folder / f"copy_{number}.png")
    (folder / "right" / "broken.png").write_bytes(b"no picture")
    return folder


def settings_for(images: Path, atlas: Path, **more: Any) -> Settings:
    """Small batches, decoded in this process; no stimuli unless asked for."""
    fixed = {"images": str(images), "atlas": atlas, "batch": 4, "workers": 0, "stimuli": False}
    return Settings(**{**fixed, **more})


@pytest.fixture(scope="module")
def straight(
    pictures: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[bool], dict[str, bytes]]:
    """Give the bytes of an atlas that one process has made without a break."""
    made: dict[bool, dict[str, bytes]] = {}

    def atlas(stimuli: bool) -> dict[str, bytes]:
        if stimuli not in made:
            folder = tmp_path_factory.mktemp("straight") / "atlas"
            compute(settings_for(pictures, folder, stimuli=stimuli), silent, silent)
            made[stimuli] = bytes_of(folder)
        return made[stimuli]

    return atlas


def silent(*_: object) -> None:
    """Report nothing."""


class Killed(Exception):
    """Stops a run as a kill would."""


def killing_at(images: int) -> Callable[[str, int, int], None]:
    """Report nothing, and stop the run once so many images are searched."""

    def report(_stage: str, done: int, _of: int) -> None:
        if done >= images:
            raise Killed

    return report


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def torchrun(
    processes: int, images: Path, atlas: Path, *flags: str, fatal: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `compute` in several processes that meet over this machine's loopback.

    They are forked from the launcher, so that torch is imported once. Where one is killed they are
    not: of forked processes the launcher tells the end of one only.
    """
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    launcher += [] if fatal else ["--run-path", "--start-method=fork"]
    words = [f"--nproc-per-node={processes}", str(ROOT / "tests" / "support" / "tiny_run.py")]
    return subprocess.run(
        [*launcher, *words, "compute", str(images), str(atlas), fatal, *flags],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_two_processes_make_the_atlas_of_one(
    pictures: Path, straight: Callable[[bool], dict[str, bytes]], tmp_path: Path
) -> None:
    """Search, stimuli and reconstructions are shared out; only the first process reports."""
    done = torchrun(2, pictures, tmp_path / "atlas")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("atlas: computed, 25 images, 10 filters") == 1
    assert "search: 26 images" in done.stdout
    assert bytes_of(tmp_path / "atlas") == straight(True)


def test_three_processes_of_which_one_is_killed_twice(
    pictures: Path, straight: Callable[[bool], dict[str, bytes]], tmp_path: Path
) -> None:
    """All end, the workspace stays, and one process alone completes it to the same bytes."""
    for fatal in ('["search", 2]', '["reconstruct", 1]'):
        done = torchrun(3, pictures, tmp_path / "atlas", "--no-stimuli", fatal=fatal)
        assert done.returncode != 0
        assert str(-signal.SIGKILL) in done.stderr
        assert not (tmp_path / "atlas").exists()
    report = compute(settings_for(pictures, tmp_path / "atlas"), silent, silent)
    assert report is not None
    assert report.searched == 0
    assert bytes_of(tmp_path / "atlas") == straight(False)


def test_a_run_of_one_process_is_completed_by_two(
    pictures: Path, straight: Callable[[bool], dict[str, bytes]], tmp_path: Path
) -> None:
    """What one has recorded counts, and the rest is shared out."""
    with pytest.raises(Killed):
        compute(settings_for(pictures, tmp_path / "atlas"), killing_at(12), silent)
    done = torchrun(2, pictures, tmp_path / "atlas", "--no-stimuli")
    assert done.returncode == 0, done.stderr
    assert "search: 14 images" in done.stdout
    assert bytes_of(tmp_path / "atlas") == straight(False)


def test_an_error_in_all_processes_is_said_once(tmp_path: Path) -> None:
    """The message of the first is enough."""
    done = torchrun(2, tmp_path / "nowhere", tmp_path / "atlas")
    assert done.returncode == 1
    assert done.stderr.count("nowhere") == 1
    assert "Error: another" not in done.stderr
    assert not (tmp_path / "atlas.work").exists()


@pytest.mark.parametrize("shards", [1, 3, 9])
def test_shards_merged_make_the_same_atlas(
    pictures: Path,
    straight: Callable[[bool], dict[str, bytes]],
    tmp_path: Path,
    shards: int,
) -> None:
    """In any order, and with more shards than there are batches."""
    settings = settings_for(pictures, tmp_path / "atlas")
    reports = [
        compute_shard(settings, Share(number, shards), silent, silent)
        for number in range(shards, 0, -1)
    ]
    assert sum(report.searched for report in reports) == COUNT
    assert sum(report.images for report in reports) == COUNT
    report = merge(settings, silent, silent)
    assert report is not None
    assert report.searched == 0
    assert report.duplicates == 3
    assert bytes_of(tmp_path / "atlas") == straight(False)


def test_shards_on_machines_of_their_own_are_merged(
    pictures: Path, straight: Callable[[bool], dict[str, bytes]], tmp_path: Path
) -> None:
    """Working folders copied from elsewhere count, those of other settings are refused."""
    for number in (1, 2):
        settings = settings_for(pictures, tmp_path / f"machine{number}" / "atlas")
        compute_shard(settings, Share(number, 2), silent, silent)
    settings = settings_for(pictures, tmp_path / "machine1" / "atlas")
    other = tmp_path / "machine2" / "atlas.work"
    with pytest.raises(AtlasError, match=r"batch: 4 -> 5"):
        merge(settings.model_copy(update={"batch": 5}), silent, silent, [other])
    with pytest.raises(AtlasError, match=r"nowhere"):
        merge(settings, silent, silent, [tmp_path / "nowhere"])
    merge(settings, silent, silent, [other])
    assert bytes_of(settings.atlas) == straight(False)


def test_missing_shards_are_named(pictures: Path, tmp_path: Path) -> None:
    """With the command to run; nothing is computed before."""
    settings = settings_for(pictures, tmp_path / "atlas")
    with pytest.raises(AtlasError, match=r"26 of 26 images.*--shard 1/N"):
        merge(settings, silent, silent)
    compute_shard(settings, Share(2, 4), silent, silent)
    with pytest.raises(AtlasError, match=r"shards 1/4, 3/4, 4/4 .*compute --shard 1/4") as problem:
        merge(settings, silent, silent)
    assert "18 of 26 images" in str(problem.value)
    for number in (1, 3):
        compute_shard(settings, Share(number, 4), silent, silent)
    with pytest.raises(AtlasError, match=r"shard 4/4 is not finished"):
        merge(settings, silent, silent)
    assert not (tmp_path / "atlas").exists()


def test_a_shard_goes_on_and_a_run_takes_up_what_shards_have_found(
    pictures: Path, straight: Callable[[bool], dict[str, bytes]], tmp_path: Path
) -> None:
    """Killed shards, finished ones and an ordinary run add up, each batch counted once."""
    settings = settings_for(pictures, tmp_path / "atlas")

    with pytest.raises(Killed):
        compute_shard(settings, Share(1, 2), killing_at(8), silent)
    assert compute_shard(settings, Share(1, 2), silent, silent).searched == 6
    assert compute_shard(settings, Share(1, 2), silent, silent).searched == 0
    with pytest.raises(Killed):
        compute_shard(settings, Share(2, 2), killing_at(8), silent)
    report = compute(settings, silent, silent)
    assert report is not None
    assert report.searched == 4
    assert bytes_of(tmp_path / "atlas") == straight(False)


def test_a_started_run_can_be_turned_into_shards(
    pictures: Path, straight: Callable[[bool], dict[str, bytes]], tmp_path: Path
) -> None:
    """Also where each shard runs on a machine that knows nothing of the run."""
    settings = settings_for(pictures, tmp_path / "atlas")

    with pytest.raises(Killed):
        compute(settings, killing_at(20), silent)
    assert compute_shard(settings, Share(1, 2), silent, silent).searched == 14
    elsewhere = settings_for(pictures, tmp_path / "elsewhere" / "atlas")
    compute_shard(elsewhere, Share(2, 2), silent, silent)
    merge(settings, silent, silent, [tmp_path / "elsewhere" / "atlas.work"])
    assert bytes_of(settings.atlas) == straight(False)


def test_a_shard_begins_anew_when_asked(pictures: Path, tmp_path: Path) -> None:
    """And leaves the others as they are."""
    settings = settings_for(pictures, tmp_path / "atlas")
    for number in (1, 2):
        compute_shard(settings, Share(number, 2), silent, silent)
    assert compute_shard(settings, Share(1, 2), silent, silent, anew=True).searched == 14
    report = merge(settings, silent, silent)
    assert report is not None
    assert report.searched == 0


def test_a_shard_begins_anew_after_a_merge_that_was_refused(
    pictures: Path, straight: Callable[[bool], dict[str, bytes]], tmp_path: Path
) -> None:
    """The merge has joined the shards before it looks at the pictures that could not be read."""
    settings = settings_for(pictures, tmp_path / "atlas")
    strict = settings.model_copy(update={"strict": True})
    for number in (1, 2):
        compute_shard(settings, Share(number, 2), silent, silent)
    with pytest.raises(ImagesError, match=r"broken\.png"):
        merge(strict, silent, silent)
    said: list[str] = []
    assert compute_shard(settings, Share(2, 2), silent, said.append, anew=True).searched == 12
    (line,) = said
    assert line.endswith("`merge` names those to search again")
    with pytest.raises(AtlasError, match=r"shard 1/2 is not finished"):
        merge(settings, silent, silent)
    compute_shard(settings, Share(1, 2), silent, silent)
    merge(settings, silent, silent)
    assert bytes_of(settings.atlas) == straight(False)


class Elsewhere(SearchState):
    """What was found, on a device that no other tensor can join."""

    def on_cpu(self) -> SearchState:
        return SearchState.empty(self.extent)


def test_what_a_shard_finds_comes_from_the_device_before_it_is_recorded(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it found earlier lies on the CPU."""
    settings = settings_for(pictures, tmp_path / "atlas")
    searched = loop.search_batches

    def search_elsewhere(*arguments: Any) -> SearchState:
        found = searched(*arguments)
        away = SearchState.empty(found.extent, torch.device("meta"))
        save = arguments[4]
        save(Elsewhere(**vars(away)))
        return found

    monkeypatch.setattr(shares, "search_batches", search_elsewhere)
    compute_shard(settings, Share(1, 2), silent, silent)


def test_shards_run_side_by_side_and_none_beside_a_whole_run(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes second hears which process is at work."""
    monkeypatch.setattr(shares, "PATIENCE", 0)
    settings = settings_for(pictures, tmp_path / "atlas")
    at_work = rf"process {os.getpid()} on .* is computing it"
    tried: list[str] = []

    def beside_a_shard(*_: object) -> None:
        if not tried:
            tried.append("a shard, a whole run")
            compute_shard(settings, Share(2, 2), silent, silent)
            with pytest.raises(AtlasError, match=f"atlas, shard-1-of-2: {at_work}"):
                compute(settings, silent, silent)

    def beside_a_run(*_: object) -> None:
        if len(tried) == 1:
            tried.append("a shard")
            with pytest.raises(AtlasError, match=f"atlas: {at_work}"):
                compute_shard(settings, Share(1, 2), silent, silent)

    assert compute_shard(settings, Share(1, 2), beside_a_shard, silent).searched == 14
    report = compute(settings, beside_a_run, silent)
    assert report is not None
    assert report.searched == 0
    assert len(tried) == 2


def test_shards_of_something_else_are_refused_or_dropped(pictures: Path, tmp_path: Path) -> None:
    """A shard that begins anew drops them; the next one, of the same work, drops nothing."""
    settings = settings_for(pictures, tmp_path / "atlas")
    other = settings.model_copy(update={"one_per_label": True})
    compute_shard(settings, Share(1, 2), silent, silent)
    with pytest.raises(AtlasError, match=r"one image per label: false -> true"):
        compute_shard(other, Share(1, 2), silent, silent)
    compute_shard(other, Share(1, 2), silent, silent, anew=True)
    compute_shard(other, Share(2, 2), silent, silent, anew=True)
    merge(other, silent, silent)
    assert Atlas.open(tmp_path / "atlas").manifest.images.one_per_label


@pytest.mark.parametrize("text", ["", "1", "0/4", "5/4", "1/0", "a/b", "1/4/2", "-1/4", "1 /4"])
def test_a_shard_that_is_none_is_named(text: str) -> None:
    """With an example of one."""
    with pytest.raises(ConfigError, match=r"--shard 1/4"):
        Share.parse(text)
    assert Share.parse("2/4") == Share(2, 4)
