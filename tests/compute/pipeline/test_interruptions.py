"""Runs that are killed, or run out of disk or memory: the next one ends as if nothing had been."""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch

from generator.atlas.store import Atlas
from generator.compute import pipeline
from generator.compute.project import run as drawing
from generator.compute.run.workspace import Workspace
from generator.compute.search import loop
from generator.errors import NetworkError, OutputError
from generator.images.forking import forking
from tests.compute.pipeline.runs import Killed, bytes_of, run, stopped_in
from tests.support.tiny_network import draw_pictures


@pytest.mark.parametrize(
    "stop_at",
    [
        ("search", 1),
        ("search", 3),
        ("fields", 1),
        ("stimuli", 2),
        ("reconstruct", 1),
        ("reconstruct", 3),
    ],
)
def test_a_killed_run_goes_on_to_the_same_bytes(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_at: tuple[str, int]
) -> None:
    """Stopped in any stage, the next run finishes what is left and the bytes are the same."""
    monkeypatch.setattr(loop, "SAVE_EVERY", -1.0)
    monkeypatch.setattr(drawing, "FILTERS_AT_ONCE", 3)
    run(pictures, tmp_path / "straight")
    reports = Counter[str]()

    def kill(stage: str, _done: int, _of: int) -> None:
        reports[stage] += 1
        if (stage, reports[stage]) == stop_at:
            raise Killed

    with pytest.raises(Killed):
        run(pictures, tmp_path / "broken", kill)
    assert not (tmp_path / "broken").exists()
    report = run(pictures, tmp_path / "broken")
    assert report.searched < 25
    assert bytes_of(tmp_path / "straight") == bytes_of(tmp_path / "broken")


def test_the_previous_atlas_stays_whole_while_a_new_one_is_made(
    pictures: Path, tmp_path: Path
) -> None:
    """A run with other images that is stopped leaves the old atlas as it was."""
    run(pictures, tmp_path / "atlas")
    before = bytes_of(tmp_path / "atlas")
    draw_pictures(pictures, 30, seed=9)

    def kill(stage: str, _done: int, _of: int) -> None:
        if stage == "reconstruct":
            raise Killed

    with pytest.raises(Killed):
        run(pictures, tmp_path / "atlas", kill)
    assert bytes_of(tmp_path / "atlas") == before
    assert run(pictures, tmp_path / "atlas").images == 30
    assert Atlas.open(tmp_path / "atlas").manifest.images.count == 30


def kill_itself(stage: str, count: int, images: Path, atlas: Path) -> None:
    """Run in this process, until it kills itself at a stage's nth step, or just before the swap."""
    torch.set_num_threads(1)  # threads do not survive a fork
    seen = Counter[str]()

    def kill(name: str = "swap", *_: object) -> None:
        seen[name] += 1
        if (name, seen[name]) == (stage, count):
            os.kill(os.getpid(), signal.SIGKILL)

    setattr(pipeline, "replace_folder", lambda *_: kill())  # noqa: B010  mypy allows no assignment
    run(images, atlas, kill)


def test_a_process_killed_again_and_again_completes_to_the_same_bytes(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kill -9 in the search, between pictures and just before the swap; then a quiet run."""
    monkeypatch.setattr(loop, "SAVE_EVERY", -1.0)
    monkeypatch.setattr(drawing, "FILTERS_AT_ONCE", 3)
    run(pictures, tmp_path / "straight")
    for stage, count in (("search", 2), ("reconstruct", 2), ("swap", 1)):
        words = (stage, count, pictures, tmp_path / "atlas")
        with forking():
            process = multiprocessing.get_context("fork").Process(target=kill_itself, args=words)
            process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert not (tmp_path / "atlas").exists()
    report = run(pictures, tmp_path / "atlas")
    assert report.searched == 0
    assert bytes_of(tmp_path / "straight") == bytes_of(tmp_path / "atlas")


def test_a_full_disk_leaves_the_previous_atlas_and_the_next_run_goes_on(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error comes through, nothing is half-written, and space is all that is needed."""
    run(pictures, tmp_path / "atlas")
    before = bytes_of(tmp_path / "atlas")
    draw_pictures(pictures, 30, seed=9)
    honest = Path.open
    writes = 0

    def full(path: Path, *words: Any, **more: Any) -> Any:
        nonlocal writes
        if "atlas.work" in str(path) and words and "w" in words[0]:
            writes += 1
            if writes > 12:
                raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return honest(path, *words, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        with pytest.raises(OutputError, match=r"atlas\.work.*No space left"):
            run(pictures, tmp_path / "atlas")
    assert bytes_of(tmp_path / "atlas") == before
    report = run(pictures, tmp_path / "atlas")
    assert report.images == 30
    assert report.searched == 0
    Atlas.open(tmp_path / "atlas").verify()


def test_a_swap_that_was_killed_half_way_is_tidied(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new atlas is in place, so the next run computes nothing and removes the rest."""

    def stop(workspace: Workspace) -> None:
        if (workspace.folder / "made.json").exists():
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Workspace, "finished", stop)
        with pytest.raises(Killed):
            run(pictures, tmp_path / "atlas")
    assert run(pictures, tmp_path / "atlas").unchanged
    left = sorted(path.name for path in (tmp_path / "atlas.work").iterdir())
    assert left == ["lock", "made.json", "measures"]


def test_records_cut_short_are_not_trusted(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power failure may leave empty files; the run starts where they do not matter."""
    monkeypatch.setattr(loop, "SAVE_EVERY", -1.0)

    def kill(stage: str, _done: int, _of: int) -> None:
        if stage == "reconstruct":
            raise Killed

    with pytest.raises(Killed):
        run(pictures, tmp_path / "atlas", kill)
    work = tmp_path / "atlas.work"
    for path in (*(work / "search").iterdir(), *(work / "scales").iterdir()):
        path.write_bytes(b"")
    assert run(pictures, tmp_path / "atlas").searched == 25


@pytest.mark.parametrize("where", [0.3, 0.9])
def test_a_flipped_bit_in_a_record_is_found(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: float
) -> None:
    """What is damaged counts as not there, and the atlas comes out the same."""
    run(pictures, tmp_path / "straight")
    stopped_in(monkeypatch, "reconstruct", pictures, tmp_path / "atlas")
    for path in (tmp_path / "atlas.work").rglob("*.safetensors"):
        content = bytearray(path.read_bytes())
        content[int(len(content) * where)] ^= 1
        path.write_bytes(content)
    report = run(pictures, tmp_path / "atlas")
    assert report.searched == 25
    assert bytes_of(tmp_path / "straight") == bytes_of(tmp_path / "atlas")


def test_what_a_dropped_run_has_left_is_in_no_atlas(pictures: Path, tmp_path: Path) -> None:
    """Killed while it was dropped: pictures of other settings still lie there."""
    run(pictures, tmp_path / "straight")
    left = tmp_path / "atlas.work" / "atlas" / "pictures" / "layer9" / "0.patches.webp"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"of another network")
    run(pictures, tmp_path / "atlas")
    assert bytes_of(tmp_path / "straight") == bytes_of(tmp_path / "atlas")


@pytest.mark.parametrize("where", ["reconstruct_places", "image_records"])
def test_want_of_memory_anywhere_is_one_line(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """With what to do, and the work is kept."""

    def fail(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB. And so on")

    with monkeypatch.context() as patch:
        patch.setattr(drawing if where == "reconstruct_places" else pipeline, where, fail)
        with pytest.raises(NetworkError, match=r"\(CUDA out of memory\): free some, and"):
            run(pictures, tmp_path / "atlas")
    assert run(pictures, tmp_path / "atlas").searched == 0


def test_a_finished_run_that_was_not_tidied_is_no_unfinished_work(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed just behind the swap: other settings begin without asking, and damage is mended."""

    def stop(workspace: Workspace) -> None:
        if (workspace.folder / "made.json").exists():
            raise Killed

    for name in ("one", "two"):
        with monkeypatch.context() as patch:
            patch.setattr(Workspace, "finished", stop)
            with pytest.raises(Killed):
                run(pictures, tmp_path / name, studies=())
    good = bytes_of(tmp_path / "two")
    assert not run(pictures, tmp_path / "one", batch=5, studies=()).unchanged
    (tmp_path / "two" / "layer1.safetensors").write_bytes(b"wrong")
    assert not run(pictures, tmp_path / "two", studies=()).unchanged
    assert bytes_of(tmp_path / "two") == good


@pytest.mark.parametrize("lost", ["atlas", "atlas/pictures/layer2/1.patches.webp"])
def test_pictures_removed_by_hand_are_drawn_again(
    pictures: Path, tmp_path: Path, lost: str
) -> None:
    """A record of pictures counts only as long as they are there."""
    run(pictures, tmp_path / "straight")

    def kill(stage: str, done: int, of: int) -> None:
        if stage == "reconstruct" and done == of:
            raise Killed

    with pytest.raises(Killed):
        run(pictures, tmp_path / "atlas", kill)
    path = tmp_path / "atlas.work" / lost
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    assert run(pictures, tmp_path / "atlas").searched == 0
    assert bytes_of(tmp_path / "straight") == bytes_of(tmp_path / "atlas")
