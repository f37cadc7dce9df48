"""The studies behind the core atlas: kept, made again, carried over, left out, or failed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from generator import studies
from generator.atlas import studies as folders
from generator.atlas.store import Atlas
from generator.atlas.studies import StudyFolder
from generator.cli import main
from generator.compute import studies as stage
from generator.compute.pipeline import ComputeReport, compute, compute_shard
from generator.compute.run.checkpoints import Share
from generator.compute.studies import StudyReport
from generator.config import Settings
from generator.errors import AtlasError, NetworkError
from generator.studies import STUDIES
from generator.studies.live import measure
from generator.studies.synthetic import SYNTHETIC
from tests.compute.pipeline.runs import Killed, bytes_of, run, silent
from tests.support.tiny_network import draw_pictures

CREDITS = 'title = "T"\nauthors = "A"\nlicence = "CC0"\nsource = "S"\nhow_to_credit = "H"\n'


def live(atlas: Path) -> StudyFolder | None:
    """Read the live study of an atlas."""
    return Atlas.open(atlas).study("live")


def stamp(atlas: Path) -> int:
    """Return which inode the study's folder is, which changes when it is made again."""
    return (atlas / "studies" / "live" / "network.json").stat().st_ino


def line(report: ComputeReport) -> str:
    """Return what is said of the one study."""
    (study,) = report.studies
    return study.line


def made(report: ComputeReport) -> bool:
    """Say whether this run has made the one study."""
    (study,) = report.studies
    return study == StudyReport("live", seconds=study.seconds)


def failing(*_: object) -> str:
    """Fail as a study may."""
    raise NetworkError("no luck")


def test_a_study_lies_in_the_atlas_with_a_manifest_of_its_own(
    pictures: Path, tmp_path: Path
) -> None:
    """With hashes of its files; the atlas's manifest names none of them."""
    report = run(pictures, tmp_path / "atlas")
    assert made(report)
    found = live(tmp_path / "atlas")
    assert found is not None
    assert (found.manifest.study, found.manifest.missing) == ("live", "")
    names = {"network.json", "pictures.json", "weights-1.bin", "weights-2.bin"}
    assert set(found.manifest.files) == names
    assert not [name for name in Atlas.open(tmp_path / "atlas").manifest.files if "studies" in name]
    assert not (tmp_path / "atlas.work" / "studies").exists()


def test_one_that_is_current_is_kept(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No forward pass is spent on it, and the core is untouched."""
    run(pictures, tmp_path / "atlas")
    monkeypatch.setattr(measure, "measure", failing)
    report = run(pictures, tmp_path / "atlas")
    assert (report.unchanged, line(report)) == (True, "live, unchanged")


@pytest.mark.parametrize(
    "change", ["version", "damage", "removed", "another version of the program"]
)
def test_one_that_is_stale_or_damaged_is_made_again(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """And nothing else is: the core stays as it is."""
    atlas = tmp_path / "atlas"
    run(pictures, atlas)
    before = bytes_of(atlas)
    if change == "version":
        newer = replace(studies.STUDIES["live"], version=2)
        monkeypatch.setitem(studies.STUDIES, "live", newer)
    elif change == "damage":
        (atlas / "studies" / "live" / "network.json").write_bytes(b"wrong")
    elif change == "removed":
        shutil.rmtree(atlas / "studies")
    else:
        monkeypatch.setattr(stage, "__version__", "9.9")
    said: list[str] = []
    settings = Settings(images=str(pictures), atlas=atlas, batch=8, workers=0)
    report = compute(settings, silent, said.append)
    assert report is not None
    assert report.unchanged
    assert made(report)
    assert [each for each in said if "network.json" in each] == (said if change == "damage" else [])
    after = bytes_of(atlas)
    if change in ("damage", "removed"):
        assert after == before
    else:
        manifest = "studies/live/manifest.json"
        assert {name for name in after if after[name] != before[name]} == {manifest}


def test_the_render_sees_a_changed_study(pictures: Path, tmp_path: Path) -> None:
    """The atlas's own identity is that of the core alone."""
    run(pictures, tmp_path / "atlas", studies=())
    without = Atlas.open(tmp_path / "atlas")
    whole = without.whole_identity
    run(pictures, tmp_path / "atlas")
    beside = Atlas.open(tmp_path / "atlas")
    assert without.identity == beside.identity
    assert whole != beside.whole_identity


def test_a_damaged_study_is_found_by_its_reader(pictures: Path, tmp_path: Path) -> None:
    """By its hash, with the file's name; a missing file too."""
    run(pictures, tmp_path / "atlas")
    weights = tmp_path / "atlas" / "studies" / "live" / "weights-2.bin"
    weights.write_bytes(weights.read_bytes() + b"\0")
    with pytest.raises(AtlasError, match=r"weights-2\.bin: its hash differs"):
        live(tmp_path / "atlas")
    weights.unlink()
    with pytest.raises(AtlasError, match=r"weights-2\.bin: No such file"):
        live(tmp_path / "atlas")


def test_a_study_goes_with_the_atlas_into_a_new_one(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other images change the core, not what rests on the network alone."""
    atlas = tmp_path / "atlas"
    run(pictures, atlas)
    draw_pictures(pictures, 30, seed=9)
    monkeypatch.setattr(measure, "measure", failing)
    report = run(pictures, atlas)
    assert (report.unchanged, report.images) == (False, 30)
    assert line(report) == "live, unchanged"
    assert live(atlas) is not None


def test_a_study_that_rests_on_images_is_made_again_for_others(
    pictures: Path, tmp_path: Path
) -> None:
    """Where a licence lets the page show some of them."""
    atlas = tmp_path / "atlas"
    (pictures / "CREDITS.toml").write_text(CREDITS)
    run(pictures, atlas)
    shown = json.loads((atlas / "studies/live/pictures.json").read_text())
    assert [each["credit"] for each in shown if each["kind"] == "image"] == ["H"] * 6
    draw_pictures(pictures, 30, seed=9)
    assert made(run(pictures, atlas))
    (pictures / "CREDITS.toml").unlink()
    run(pictures, atlas)
    shown = json.loads((atlas / "studies/live/pictures.json").read_text())
    assert not [each for each in shown if each["kind"] == "image"]


def test_none_makes_none_and_takes_away_what_is_stale(pictures: Path, tmp_path: Path) -> None:
    """One that is off stays while it is true of the atlas, and no longer."""
    atlas = tmp_path / "atlas"
    assert run(pictures, atlas, studies="none").studies == ()
    assert live(atlas) is None
    run(pictures, atlas, studies="live")
    assert run(pictures, atlas, studies="none").studies == ()
    assert live(atlas) is not None
    manifest = atlas / "studies" / "live" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"version": 1', b'"version": 0'))
    run(pictures, atlas, studies="none")
    assert live(atlas) is None
    assert not (atlas / "studies" / "live").exists()


@pytest.mark.parametrize("before", [False, True])
def test_a_study_that_fails_takes_nothing_with_it(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    """The core is whole, the report says which failed, and the next run tries it again."""
    atlas = tmp_path / "atlas"
    if before:
        run(pictures, atlas)
        monkeypatch.setattr(stage, "__version__", "9.9")
    with monkeypatch.context() as patch:
        patch.setattr(measure, "measure", failing)
        report = run(pictures, atlas)
    assert (report.unchanged, line(report)) == (before, "live: failed: no luck")
    Atlas.open(atlas).verify()
    assert live(atlas) is None
    assert made(run(pictures, atlas))


def test_another_study_is_made_where_one_has_failed(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each stands alone."""

    class Broken:
        made_from = staticmethod(lambda *_: {})
        measure = staticmethod(failing)

    honest = stage._room
    study = replace(studies.STUDIES["live"], name="broken")
    both = {"broken": study, **studies.STUDIES}
    monkeypatch.setattr(stage, "STUDIES", both)
    monkeypatch.setattr(stage, "_room", lambda s: Broken() if s is study else honest(s))
    settings = Settings(images=str(pictures), atlas=tmp_path / "atlas", batch=8, workers=0)
    settings = settings.model_copy(update={"studies": ("broken", "live")})
    report = compute(settings, silent, silent)
    assert report is not None
    first, second = report.studies
    assert (first.failed, second.failed) == ("no luck", "")
    assert live(tmp_path / "atlas") is not None


def test_one_that_is_left_out_says_why_and_is_not_tried_again(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason lies in its manifest."""
    monkeypatch.setattr(measure, "MOST_DEVIATION", 1e-9)
    report = run(pictures, tmp_path / "atlas")
    assert line(report).startswith("live: left out: 8-bit weights change the maps of Layer 1 by 0.")
    found = live(tmp_path / "atlas")
    assert found is not None
    assert found.manifest.files == {}
    assert line(report) == f"live: left out: {found.manifest.missing}"
    monkeypatch.setattr(measure, "measure", failing)
    assert line(run(pictures, tmp_path / "atlas")) == line(report)


@pytest.mark.parametrize("moment", ["start", "files", "swap"])
def test_a_kill_leaves_the_old_study_or_the_new(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """And the next run ends up with the same bytes as one that was never killed."""
    atlas = tmp_path / "atlas"
    run(pictures, tmp_path / "straight")
    stopping = {
        "start": ("measure", measure),
        "files": ("finish", folders),
        "swap": ("replace_folder", stage),
    }
    name, module = stopping[moment]
    with monkeypatch.context() as patch:
        patch.setattr(module, name, _kill)
        with pytest.raises(Killed):
            run(pictures, atlas)
    assert live(atlas) is None
    report = run(pictures, atlas)
    assert report.unchanged
    assert bytes_of(atlas) == bytes_of(tmp_path / "straight")


def _kill(*_: object) -> Any:
    raise Killed


def test_a_kill_while_a_new_atlas_takes_the_studies_along(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old atlas keeps its own until the new one stands in its place."""
    atlas = tmp_path / "atlas"
    run(pictures, atlas)
    draw_pictures(pictures, 30, seed=9)
    honest: Callable[..., Any] = shutil.copytree

    def half(*words: Any, **more: Any) -> Any:
        honest(*words, **more)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copytree", half)
        with pytest.raises(Killed):
            run(pictures, atlas)
    assert live(atlas) is not None
    assert Atlas.open(atlas).manifest.images.count == 25
    run(pictures, atlas)
    run(pictures, tmp_path / "straight")
    assert bytes_of(atlas) == bytes_of(tmp_path / "straight")


def test_a_shard_runs_no_study_and_merge_does(pictures: Path, tmp_path: Path) -> None:
    """Studies need no share of the images."""
    settings = Settings(images=str(pictures), atlas=tmp_path / "atlas", batch=8, workers=0)
    compute_shard(settings, Share(1, 1), silent, silent)
    assert not (tmp_path / "atlas").exists()
    assert made(run(pictures, tmp_path / "atlas"))


def test_anew_makes_it_again(pictures: Path, tmp_path: Path) -> None:
    """As all the rest of the atlas."""
    run(pictures, tmp_path / "atlas")
    settings = Settings(images=str(pictures), atlas=tmp_path / "atlas", batch=8, workers=0)
    report = compute(settings, silent, silent, anew=True)
    assert report is not None
    assert made(report)


def test_the_command_line_says_what_has_failed_at_the_end(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With exit status 1, after the report of all that was done."""
    monkeypatch.chdir(tmp_path)
    words = ["compute", "--images", str(pictures), "--workers", "0", "--atlas", "atlas"]
    with monkeypatch.context() as patch:
        patch.setattr(measure, "measure", failing)
        done = CliRunner().invoke(main, words)
    assert done.exit_code == 1
    assert "atlas: computed, 25 images" in done.stdout
    assert "studies: live: failed: no luck\n" in done.stdout
    assert done.stderr.splitlines()[-1].endswith("complete but for this: live: no luck")
    done = CliRunner().invoke(main, [*words, "--studies", "none"])
    assert done.exit_code == 0
    assert "studies:" not in done.stdout
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0
    assert "studies: live, " in done.stdout


def test_the_command_line_names_what_it_was_not_asked_for(pictures: Path, tmp_path: Path) -> None:
    """A study that is off unless named: how to have it, and what it is; not where one chose."""
    STUDIES[SYNTHETIC.name] = SYNTHETIC  # the fixture brings back what stood there
    words = ["compute", "--images", str(pictures), "--workers", "0", "--atlas", str(tmp_path / "a")]
    said = f"studies: synthetic, only with --studies all or by name: {SYNTHETIC.purpose}\n"
    assert said in CliRunner().invoke(main, words).stdout
    chosen = CliRunner().invoke(main, [*words, "--studies", "live"])
    assert "studies: live" in chosen.stdout
    assert "synthetic" not in chosen.stdout


def test_what_a_stopped_run_has_written_stays_for_the_same_study_only(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose code has changed begins with an empty folder; a torn file never stays."""
    atlas = tmp_path / "atlas"
    found: list[list[str]] = []

    def half(_: object, folder: Path, __: object) -> str:
        found.append(sorted(path.name for path in folder.iterdir()))
        (folder / "whole.bin").write_bytes(b"whole")
        (folder / "torn.bin.partial").write_bytes(b"to")
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(measure, "measure", half)
        for version in (1, 1, 2):
            patch.setitem(
                studies.STUDIES, "live", replace(studies.STUDIES["live"], version=version)
            )
            with pytest.raises(Killed):
                run(pictures, atlas)
    assert found == [[], ["whole.bin"], []]
