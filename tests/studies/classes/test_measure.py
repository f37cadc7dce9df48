"""The study of a network: against sums by hand, with every bad input, stopped and gone on with."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from generator.atlas.schema import GUTTER, IMAGE_TILE
from generator.atlas.store import Atlas
from generator.compute.pipeline import ComputeReport, compute
from generator.config import Settings
from generator.errors import AtlasError
from generator.images.sets.sources import open_images
from generator.network.watched import WatchedNetwork
from generator.network.zoo import load as zoo
from generator.studies.classes import answers, measure, record
from tests.compute.pipeline.runs import Killed, bytes_of
from tests.oracles.classes import linear_parts, slopes, softmax
from tests.studies.classes.conftest import LABELS, labelled
from tests.support.tiny_classifier import CLASSES, tiny_classifier
from tests.support.tiny_network import tiny_network

MEANT = {"red thing": 0, "leaf": 1}


def silent(*_: object) -> None:
    """Report nothing."""


def run(
    pictures: Path, atlas: Path, progress: Callable[..., None] = silent, **more: Any
) -> ComputeReport:
    """Compute the core and the study in this process."""
    usual: dict[str, Any] = {"images": str(pictures), "atlas": atlas, "batch": 4, "workers": 0}
    settings = Settings(**{**usual, "stimuli": False, "studies": "classes", **more})
    report = compute(settings, progress, silent)
    assert report is not None
    return report


def made(atlas: Path) -> tuple[record.Classes, record.Arrays]:
    """Read what the study left."""
    folder = atlas / "studies/classes"
    text = (folder / record.RECORD).read_bytes()
    return record.Classes.model_validate_json(text), record.read_arrays(folder)


def seen(pictures: Path, network: WatchedNetwork) -> dict[int, tuple[str, Tensor, list[float]]]:
    """Return label, maps [f, h, w] and scores of each readable picture, one after the other."""
    images, found = open_images(str(pictures)), {}
    for row in range(len(images)):
        if "broken" in images.path(row):
            continue
        pixels = torch.from_numpy(images.read(row, network.input_size)[:3]).float() / 255
        image = ((pixels - 0.5) / 0.25)[None]
        maps = network.model.get_submodule("features")(image.clone())[0]
        scores = network.model(image.clone())[0].tolist()
        found[row] = images.label(row), maps, scores
    return found


def mean(lines: list[list[float]]) -> list[float]:
    """Return the mean of some lists, place by place."""
    return [sum(column) / len(column) for column in zip(*lines, strict=True)]


@dataclass
class Case:
    """A study beside what was computed by hand, by row."""

    whole: record.Classes
    arrays: record.Arrays
    truth: dict[int, tuple[str, Tensor, list[float]]]
    best: dict[int, int]
    meant: dict[int, int]

    def own(self, number: int) -> list[int]:
        """Return the rows of a class."""
        return [row for row in self.truth if self.meant[row] == number]

    def taken(self, number: int) -> list[int]:
        """Return the rows of others that are taken for it."""
        return [row for row in self.truth if self.best[row] == number != self.meant[row]]

    def surest(self, rows: list[int]) -> list[int]:
        """Return three of these rows."""
        chance = {row: max(softmax(self.truth[row][2])) for row in rows}
        return sorted(rows, key=lambda row: (-chance[row], row))[:3]


CASES = [("linear", LABELS), ("maxima", LABELS), ("deep", LABELS), ("deep", ("left", "right"))]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{len(case[1])}")
def case(
    request: pytest.FixtureRequest, tmp_path: Path, heads: Callable[..., None]
) -> tuple[Any, Case]:
    """A network with one kind of head, and pictures whose labels mean classes or do not."""
    head, labels = request.param
    heads(head)
    pictures = labelled(tmp_path / "pictures", labels=labels)
    run(pictures, tmp_path / "atlas")
    truth = seen(pictures, tiny_classifier(head))
    best = {row: max(range(3), key=scores.__getitem__) for row, (_, _, scores) in truth.items()}
    meant = {row: MEANT.get(label, -1) for row, (label, _, _) in truth.items()}
    return head, Case(*made(tmp_path / "atlas"), truth, best, meant)


def test_answers_are_as_computed_by_hand(case: tuple[Any, Case]) -> None:
    """Of each image classes and probabilities; in all how many are right."""
    _, given = case
    arrays, truth, whole = given.arrays, given.truth, given.whole
    assert arrays.row.tolist() == sorted(truth)
    assert arrays.meant.tolist() == [given.meant[row] for row in sorted(truth)]
    for at, row in enumerate(sorted(truth)):
        chances = softmax(truth[row][2])
        order = sorted(range(3), key=lambda number: -chances[number])
        assert arrays.answer[at].tolist() == order
        expected = [chances[number] for number in order]
        assert arrays.probability[at].tolist() == pytest.approx(expected, rel=1e-4)
    known = [row for row in truth if given.meant[row] >= 0]
    assert (whole.images, whole.labelled, whole.all_images) == (13, len(known), True)
    assert whole.right == sum(given.best[row] == given.meant[row] for row in known)
    assert whole.among_five == len(known)  # of three classes
    labels = {label for label, _, _ in truth.values()}
    assert whole.without_class == tuple(sorted(labels - MEANT.keys()))


def test_surest_images_and_confusions(case: tuple[Any, Case]) -> None:
    """Of each class, ties in order of the set."""
    _, given = case
    for number, one in enumerate(given.whole.classes):
        own, taken = given.own(number), given.taken(number)
        right = [row for row in own if given.best[row] == number]
        wrong = [row for row in own if given.best[row] != number]
        assert (one.name, one.images, one.right) == (CLASSES[number], len(own), len(right))
        for group, rows in (
            (one.surest_right, right),
            (one.surest_wrong, wrong),
            (one.surest_taken, taken),
        ):
            surest = given.surest(rows)
            assert [image.row for image in group] == surest
            assert [image.answer for image in group] == [given.best[row] for row in surest]
            assert [image.label for image in group] == [given.truth[row][0] for row in surest]
        assert dict(one.taken_for) == dict(Counter(given.best[row] for row in wrong))
        meant = Counter(given.meant[row] for row in taken if given.meant[row] >= 0)
        assert dict(one.taken_from) == dict(meant)


def test_what_filters_add_is_as_computed_by_hand(case: tuple[Any, Case]) -> None:
    """The mean over the images of a class, over all, or over those that are taken for it."""
    head, given = case
    model, exact = tiny_classifier(head).model, head != "deep"
    assert (given.whole.exact, given.whole.layer) == (exact, "layer2")
    for number, one in enumerate(given.whole.classes):
        own, taken = given.own(number), given.taken(number)
        rows = own or (list(given.truth) if exact else taken)
        other = "all" if exact else "taken" if taken else "none"
        assert (one.basis, one.weighed) == ("own" if own else other, len(rows))
        added = given.arrays.added[number].tolist()
        if not rows:
            assert np.isnan(added).all()
            continue
        parts = mean([_parts(model, head, given.truth[row][1], number) for row in rows])
        assert added == pytest.approx(parts, rel=1e-3, abs=1e-5)
        score = sum(given.truth[row][2][number] for row in rows) / len(rows)
        assert one.score == pytest.approx(score, rel=1e-5)
        assert (one.bias is not None) == exact
        if one.bias is not None:
            assert sum(added) + one.bias == pytest.approx(score, rel=1e-5)


def _parts(model: nn.Module, head: str, maps: Tensor, number: int) -> list[float]:
    if head == "deep":
        deep = tiny_classifier("deep").model.get_submodule("deep").double()
        return slopes(lambda moved: deep(moved.mean((2, 3))), maps, number)
    layer = model.get_submodule("classifier")
    assert isinstance(layer, nn.Linear)
    return linear_parts(maps, layer, number, maxima=head == "maxima")


def test_a_picture_has_its_images_in_three_rows(pictures: Path, tmp_path: Path) -> None:
    """Each tile is the image as the core shows it, in its place; the others are grey."""
    run(pictures, tmp_path / "atlas")
    whole, _ = made(tmp_path / "atlas")
    images = open_images(str(pictures))
    checked = 0
    for number, one in enumerate(whole.classes):
        groups = (one.surest_right, one.surest_wrong, one.surest_taken)
        file = record.picture(tmp_path / "atlas/studies/classes", number)
        assert file.is_file() == any(groups)
        if not any(groups):
            continue
        sheet = np.asarray(Image.open(io.BytesIO(file.read_bytes())).convert("RGB")).astype(int)
        for row, group in enumerate(groups):
            for column in range(3):
                top, left = row * (IMAGE_TILE + GUTTER), column * (IMAGE_TILE + GUTTER)
                tile = sheet[top : top + IMAGE_TILE, left : left + IMAGE_TILE]
                truth = np.full((24, 24, 3), 128)
                if column < len(group):
                    truth = images.read(group[column].row, tiny_network().input_size)[:3]
                    truth = truth.transpose(1, 2, 0).astype(int)
                    checked += 1
                middle = tile.mean((0, 1))
                assert middle.tolist() == pytest.approx(truth.mean((0, 1)).tolist(), abs=6)
    assert checked > 5


def test_rows_are_those_of_the_whole_set(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where only some of the images are looked at, too."""
    run(pictures, tmp_path / "all")
    monkeypatch.setattr(measure, "MOST_IMAGES", 5)
    run(pictures, tmp_path / "some")
    (_, every), (whole, some) = made(tmp_path / "all"), made(tmp_path / "some")
    assert (whole.images, whole.all_images) == (5, False)
    assert some.row.tolist() == [0, 2, 5, 8, 11]  # of fourteen files
    images = open_images(str(pictures))
    truth = dict(zip(every.row.tolist(), every.probability.tolist(), strict=True))
    for row, line, meant in zip(
        some.row.tolist(), some.probability.tolist(), some.meant.tolist(), strict=True
    ):
        assert line == pytest.approx(truth[row], rel=1e-5)
        assert meant == MEANT.get(images.label(row), -1)
    shown = {image for one in whole.classes for image in (*one.surest_right, *one.surest_taken)}
    assert {image.row for image in shown} <= set(some.row.tolist())
    assert all(image.caption == images.caption(image.row) for image in shown)


@pytest.mark.parametrize("moment", [("classes: images", 2), ("classes: pictures", 1)])
def test_a_stopped_run_is_gone_on_with(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: tuple[str, int]
) -> None:
    """No image is looked at twice that was recorded, and the bytes are the same."""
    monkeypatch.setattr(answers, "SAVE_EVERY", -1.0)
    run(pictures, tmp_path / "straight")
    honest, looked = answers._take_in, []

    def counted(*words: Any) -> None:
        looked.append(words[2].first)
        honest(*words)

    def kill(name: str, done: int, _of: int) -> None:
        if (name, done) == moment:
            raise Killed

    monkeypatch.setattr(answers, "_take_in", counted)
    with pytest.raises(Killed):
        run(pictures, tmp_path / "atlas", kill)
    before = list(looked)
    run(pictures, tmp_path / "atlas")
    assert before[-1] == (4 if moment[1] == 2 else 12)
    assert looked == [0, 4, 8, 12]
    assert bytes_of(tmp_path / "atlas") == bytes_of(tmp_path / "straight")


def test_labels_that_match_no_class(tmp_path: Path, heads: Callable[..., None]) -> None:
    """Nothing is right or wrong; every class is weighed over all images."""
    heads("linear")
    pictures = labelled(tmp_path / "pictures", labels=("left", "right"))
    run(pictures, tmp_path / "atlas")
    whole, arrays = made(tmp_path / "atlas")
    assert (whole.labelled, whole.right, whole.without_class) == (0, 0, ("left", "right"))
    assert {one.basis for one in whole.classes} == {"all"}
    assert set(arrays.meant.tolist()) == {-1}
    assert sum(len(one.surest_taken) for one in whole.classes) >= 3


def test_one_image(tmp_path: Path, heads: Callable[..., None]) -> None:
    """Of a head that is not linear, a class that nothing is taken for has no number."""
    heads("deep")
    pictures = labelled(tmp_path / "pictures", count=1)
    run(pictures, tmp_path / "atlas")
    whole, arrays = made(tmp_path / "atlas")
    answer = int(arrays.answer[0, 0])
    assert [one.basis for one in whole.classes] == [
        "own" if number == 0 else "taken" if number == answer else "none" for number in range(3)
    ]
    for one, line in zip(whole.classes, arrays.added, strict=True):
        assert np.isnan(line).all() == (one.basis == "none") == (one.score is None)


class Many(nn.Module):
    """A thousand classes over the tiny network's means."""

    def __init__(self) -> None:
        super().__init__()
        self.features, self.head = tiny_network().model, nn.Linear(6, 1_003)

    def forward(self, images: Tensor) -> Tensor:
        scores: Tensor = self.head(self.features(images).mean((2, 3)))
        return scores


def test_a_thousand_classes_and_more(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand have a picture at most, those with most images first; hostile names stay."""
    torch.manual_seed(1)
    names = ("<script>", "a\nb", *(f"class {number}" for number in range(2, 1_002)), "leaf")
    model = Many().eval().requires_grad_(False)
    modules = {"layer1": "features.1", "layer2": "features.4"}
    network = replace(tiny_network(), model=model, modules=modules, classes=names)
    monkeypatch.setattr(zoo, "load", lambda *_: network)
    run(pictures, tmp_path / "atlas")
    whole, arrays = made(tmp_path / "atlas")
    assert [one.name for one in whole.classes] == list(names)
    assert arrays.added.shape == (1_003, 6)
    paged = record.with_page(whole.classes)
    assert len(paged) == 1_000
    assert paged == [*range(999), 1_002]


def test_without_classes_it_is_left_out(
    tmp_path: Path, heads: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line says why, in the log and for the site."""
    heads("linear")
    pictures = labelled(tmp_path / "pictures")
    monkeypatch.setattr(zoo, "load", lambda *_: tiny_network())
    report = run(pictures, tmp_path / "atlas")
    (study,) = report.studies
    reason = "the network gives maps, not a score for each class"
    assert study.line == f"classes: left out: {reason}"
    found = Atlas.open(tmp_path / "atlas").study("classes")
    assert found is not None
    assert (found.manifest.missing, found.manifest.files) == (reason, {})


class NoNumber(Many):
    """A head that divides by zero."""

    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images) * float("inf")


def test_a_score_that_is_no_number_is_told(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the name of the picture; the core stays."""
    model = NoNumber().eval().requires_grad_(False)
    modules = {"layer1": "features.1", "layer2": "features.4"}
    network = replace(tiny_network(), model=model, modules=modules, classes=())
    monkeypatch.setattr(zoo, "load", lambda *_: network)
    (study,) = run(pictures, tmp_path / "atlas").studies
    assert study.failed == (
        "the network gives leaf/picture_001.png a score that is not a number; leave that picture "
        "out"
    )
    assert Atlas.open(tmp_path / "atlas").study("classes") is None


def test_other_names_of_classes_make_it_again(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It rests on them, though the core does not."""
    run(pictures, tmp_path / "atlas")
    network = replace(tiny_classifier(), classes=("something else", "b", "c"))
    monkeypatch.setattr(zoo, "load", lambda *_: network)
    report = run(pictures, tmp_path / "atlas")
    assert not report.studies[0].kept
    whole, _ = made(tmp_path / "atlas")
    assert whole.without_class == ("leaf", "red thing")


def test_arrays_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, or of another version."""
    with pytest.raises(AtlasError, match=r"classes\.safetensors: not what this version reads"):
        record.read_arrays(tmp_path)
