"""The study through the command, and directly: which images, what is recorded, what is left out."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from generator.atlas.store import Atlas
from generator.cli import main
from generator.config import Settings
from generator.images.sets.sources import open_images
from generator.network.watched import WatchedNetwork
from generator.network.zoo import load as zoo
from generator.studies.adversarial import measure
from generator.studies.adversarial.record import PARTS, RECORD, Adversarial
from generator.studies.classifier import Classifier
from generator.studies.subject import Subject
from tests import ROOT
from tests.compute.pipeline.runs import bytes_of
from tests.support.studies import only
from tests.support.tiny_classifier import Head, tiny_classifier
from tests.support.tiny_network import draw_pictures, tiny_network

CREDITS = """
title = "Drawn"
authors = "the tests"
licence = "CC0 1.0"
source = "here"
how_to_credit = "Drawn by the tests."
"""
Folders = Callable[[Path], None]


def by_answer(folder: Path, network: WatchedNetwork, shift: int = 0) -> Path:
    """Sort drawn pictures into folders named as the class that the network answers, or another."""
    drawn = draw_pictures(folder / "drawn", 14)
    names = [name.partition(",")[0] for name in network.classes]
    for path in sorted(drawn.rglob("*.png")):
        seen = open_images(str(drawn))
        row = next(n for n in range(len(seen)) if seen.path(n).endswith(path.name))
        pixels = torch.from_numpy(seen.read(row, network.input_size))[:3].float()[None]
        found = network.model((pixels / 255 - 0.5) / 0.25)
        place = folder / "pictures" / names[(int(found.argmax()) + shift) % len(names)]
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place / path.name)
    (folder / "pictures" / "CREDITS.toml").write_text(CREDITS)
    return folder / "pictures"


def subject(network: WatchedNetwork, pictures: Path) -> Subject:
    """Return what the study is asked of; it needs no core atlas."""

    def no_atlas() -> Atlas:
        raise NotImplementedError

    images = open_images(str(pictures))
    return Subject(network, network, images, "core", no_atlas, Settings())


def made(network: WatchedNetwork, pictures: Path, folder: Path) -> Adversarial:
    """Run the study and read its record."""
    folder.mkdir()
    assert measure.measure(subject(network, pictures), folder, lambda *_: None) == ""
    return Adversarial.model_validate_json((folder / RECORD).read_bytes())


def test_it_runs_and_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`compute` makes it, `render` shows it, a second run keeps it, other bytes are never made."""
    network = tiny_classifier()
    pictures = by_answer(tmp_path, network)
    monkeypatch.setattr(zoo, "load", lambda *_: tiny_classifier())
    monkeypatch.chdir(tmp_path)
    with only("adversarial"):
        compute = ["compute", "--images", str(pictures), "--workers", "0", "--no-stimuli"]
        compute += ["--atlas", "atlas"]
        done = CliRunner().invoke(main, compute)
        assert (done.exit_code, done.exception) == (0, None), done.output
        assert "studies: adversarial, " in done.stdout
        folders = ["--content", str(ROOT / "content"), "--templates", str(ROOT / "site_templates")]
        done = CliRunner().invoke(main, ["render", "--atlas", "atlas", "--site", "site", *folders])
        assert done.exit_code == 0, done.output
        done = CliRunner().invoke(main, compute)
        assert "studies: adversarial, unchanged" in done.stdout
        study = Atlas.open(tmp_path / "atlas").study("adversarial")
        assert study is not None
        before = bytes_of(study.folder)
        done = CliRunner().invoke(main, [*compute, "--anew"])
        assert bytes_of(study.folder) == before
    page = (tmp_path / "site/adversarial.html").read_text(encoding="utf-8")
    found = Adversarial.model_validate_json((study.folder / RECORD).read_bytes())
    assert found.shown
    for shown in found.shown:
        for part in PARTS:
            assert f'src="studies/adversarial/{shown.row}/{part}.webp"' in page
    assert "red thing" in page


def test_images_that_are_right_are_changed(tmp_path: Path) -> None:
    """All are right where folders are named by the answer; curves never rise."""
    network = tiny_classifier()
    found = made(network, by_answer(tmp_path, network), tmp_path / "study")
    assert found.against == "labels"
    assert (found.looked_at, found.labelled, found.right, found.images) == (14, 14, 14, 14)
    for curve in (found.step, found.projected, found.targeted):
        assert list(curve) == sorted(curve, reverse=True)
    assert found.projected[-1] < 14
    assert [layer.name for layer in found.layers] == ["layer1", "layer2"]
    assert [len(layer.attack.filters) for layer in found.layers] == [4, 6]
    assert found.layers[1].attack.filters[3] == 0  # it is dead
    assert len({shown.row for shown in found.shown}) == measure.SHOWN
    for shown in found.shown:
        assert shown.changed == (shown.before.name != shown.after.name)


def test_what_is_shown_is_what_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The image as the network gets it, and the change between it and the changed one."""
    monkeypatch.setattr(measure, "QUALITY", None)  # without loss
    network = tiny_classifier()
    pictures = by_answer(tmp_path, network)
    found = made(network, pictures, tmp_path / "study")
    seen = open_images(str(pictures))
    for shown in found.shown:
        own = seen.read(shown.row, network.input_size)[:3].transpose(1, 2, 0).astype(float)
        image, change, changed = (
            np.asarray(Image.open(tmp_path / "study" / f"{shown.row}/{part}.webp"), float)
            for part in PARTS
        )
        assert np.array_equal(image, own)
        assert np.abs(changed - own).max() <= np.ceil(shown.budget)
        enlarged = (change / 255 - 0.5) * 2 * shown.budget
        assert np.abs(enlarged - (changed - own)).max() <= 0.5 + shown.budget / 100
        assert np.abs(enlarged).max() > shown.budget / 4
        assert seen.caption(shown.row) == shown.caption


def test_where_nothing_is_right_the_networks_own_answer_stands_in(tmp_path: Path) -> None:
    """And where no label means a class; both are told apart."""
    network = tiny_classifier()
    wrong = made(network, by_answer(tmp_path / "a", network, shift=1), tmp_path / "wrong")
    assert (wrong.against, wrong.right, wrong.images) == ("none right", 0, 14)
    unnamed = made(network, draw_pictures(tmp_path / "b", 14), tmp_path / "unnamed")
    assert (unnamed.against, unnamed.labelled, unnamed.images) == ("own", 0, 14)
    assert unnamed.projected == wrong.projected  # the same pictures in another order
    assert unnamed.shown == ()
    assert not unnamed.licensed


def test_without_a_licence_no_picture_is_written(tmp_path: Path) -> None:
    """The curves are the same; what it rests on says so."""
    network = tiny_classifier()
    pictures = by_answer(tmp_path, network)
    licensed = made(network, pictures, tmp_path / "one")
    before = measure.made_from(subject(network, pictures))
    (pictures / "CREDITS.toml").unlink()
    bare = made(network, pictures, tmp_path / "other")
    assert [path.name for path in (tmp_path / "other").rglob("*")] == [RECORD]
    assert bare == licensed.model_copy(update={"licensed": False, "shown": ()})
    assert measure.made_from(subject(network, pictures)) != before


def test_a_run_that_was_stopped_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts that are there are not made again, and the result is that of a run in one piece."""
    monkeypatch.setattr(measure, "AT_ONCE", 5)
    network = tiny_classifier()
    pictures = by_answer(tmp_path, network)
    made(network, pictures, tmp_path / "whole")
    honest, calls = measure._attacked, list[object]()

    def stopping(*words: object) -> object:
        calls.append(words)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return honest(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(measure, "_attacked", stopping)
    with pytest.raises(KeyboardInterrupt):
        made(network, pictures, tmp_path / "stopped")
    stopped = tmp_path / "stopped"
    assert measure.measure(subject(network, pictures), stopped, lambda *_: None) == ""
    assert len(calls) == 4  # of three parts, the last twice
    assert bytes_of(stopped) == bytes_of(tmp_path / "whole")


@pytest.mark.parametrize("head", ["maxima", "deep", "softmax", "log_softmax", "tuple", "dict"])
def test_every_kind_of_head_is_measured(head: Head, tmp_path: Path) -> None:
    """Also by its own answer on one image alone."""
    found = made(tiny_classifier(head), draw_pictures(tmp_path / "one", 1), tmp_path / "study")
    assert (found.images, found.against) == (1, "own")
    assert all(0 <= kept <= 1 for kept in (*found.noise, *found.step, *found.targeted))


def test_a_grey_network_gets_grey_changes(tmp_path: Path) -> None:
    """All three colours go the same way, by noise and by the gradient."""
    network = replace(tiny_classifier(), channels=1)
    drawn = measure._signs(subject(network, draw_pictures(tmp_path / "p", 2)), 0)
    assert drawn.shape == (3, 24, 24)
    assert torch.equal(drawn[0], drawn[2])
    assert set(drawn.flatten().tolist()) == {-1, 1}


def spoil(pictures: Path) -> None:
    """Leave files that are no pictures."""
    for path in pictures.rglob("*.png"):
        path.write_bytes(b"no picture")


def test_nothing_to_measure_is_said(tmp_path: Path) -> None:
    """A network without classes, and images that cannot be read."""
    pictures = draw_pictures(tmp_path / "pictures", 3)
    asked = subject(tiny_network(), pictures)
    said = measure.measure(asked, tmp_path, lambda *_: None)
    assert said == "the network gives maps, not a score for each class"
    spoil(pictures)
    said = measure.measure(subject(tiny_classifier(), pictures), tmp_path, lambda *_: None)
    assert said == measure.NOTHING


def test_scores_that_are_no_numbers_count_as_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all are such, nothing can be measured."""

    def endless(_self: Classifier, images: torch.Tensor) -> torch.Tensor:
        return torch.full((len(images), 3), torch.nan)

    monkeypatch.setattr(Classifier, "scores", endless)
    asked = subject(tiny_classifier(), draw_pictures(tmp_path / "pictures", 3))
    assert measure.measure(asked, tmp_path, lambda *_: None) == measure.NOTHING


def test_a_picture_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    """Rows are those of the whole set all the same."""
    network = tiny_classifier()
    pictures = by_answer(tmp_path, network)
    first = min(pictures.rglob("*.png"))
    first.write_bytes(b"no picture")
    found = made(network, pictures, tmp_path / "study")
    assert found.looked_at == 13
    seen = open_images(str(pictures))
    assert all(seen.caption(shown.row) == shown.caption for shown in found.shown)
    spoilt = next(row for row in range(len(seen)) if seen.path(row).endswith(first.name))
    assert spoilt not in {shown.row for shown in found.shown}


def test_transparent_pixels_are_the_mean_colour(tmp_path: Path) -> None:
    """As the network sees them, in levels."""
    stream = io.BytesIO()
    Image.new("RGBA", (24, 24), (200, 100, 0, 0)).save(stream, "PNG")
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "clear.png").write_bytes(stream.getvalue())
    ((row, levels),) = measure._readable(subject(tiny_classifier(), tmp_path / "p"), [0])
    assert row == 0
    torch.testing.assert_close(levels, torch.full((3, 24, 24), 127.5))
