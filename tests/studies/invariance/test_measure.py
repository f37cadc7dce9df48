"""The study of a network: distances and probabilities against plain passes, and awkward sets."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from generator.atlas.store import Atlas
from generator.compute.pipeline import ComputeReport, compute
from generator.config import Settings
from generator.images.sets.sources import open_images
from generator.names import Size
from generator.network.rules import RULES
from generator.network.watched import WatchedNetwork
from generator.network.zoo import load as zoo
from generator.studies.invariance import measure, record
from generator.studies.invariance.chosen import chosen
from generator.studies.invariance.record import Arrays, Invariance
from generator.studies.invariance.transformations import transformed
from tests.compute.pipeline.runs import Killed, bytes_of
from tests.support.tiny_classifier import CLASSES, Head, tiny_classifier
from tests.support.tiny_network import draw_pictures, tiny_network

FOLDERS = ("red thing", "green_thing", "nothing")
LICENCE = """
title = "Noise"
authors = "The tests"
licence = "CC0 1.0"
source = "drawn"
how_to_credit = "Noise, CC0 1.0."
"""


def silent(*_: object) -> None:
    """Report nothing."""


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Seven pictures in two folders whose names are no classes, without a licence."""
    return draw_pictures(tmp_path / "pictures", 7)


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Nine pictures; two of three folders have the names of classes."""
    rng = np.random.default_rng(4)
    for number in range(9):
        file = tmp_path / "labelled" / FOLDERS[number % 3] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        coarse = rng.integers(0, 256, (5, 6, 3)).astype(np.uint8)
        Image.fromarray(coarse).resize((30, 24), Image.Resampling.BICUBIC).save(file)
    (tmp_path / "labelled" / "CREDITS.toml").write_text(LICENCE)
    return tmp_path / "labelled"


def run(
    network: WatchedNetwork,
    pictures: Path,
    monkeypatch: pytest.MonkeyPatch,
    progress: Callable[..., None] = silent,
    **more: Any,
) -> ComputeReport:
    """Compute the core and the study beside the pictures, in this process."""
    monkeypatch.setattr(zoo, "load", lambda *_: network)
    usual = {"images": str(pictures), "atlas": pictures.parent / "atlas", "batch": 4, "workers": 0}
    settings = Settings(**{**usual, "stimuli": False, "studies": "invariance", **more})
    report = compute(settings, progress, silent)
    assert report is not None
    return report


def made(pictures: Path) -> tuple[Invariance, Arrays]:
    """Return what the study left."""
    folder = pictures.parent / "atlas" / "studies" / "invariance"
    found = Invariance.model_validate_json((folder / record.RECORD).read_bytes())
    shape = len(found.rows), len(found.vectors), len(found.steps)
    arrays = record.read(folder / record.ARRAYS, *shape)
    assert arrays is not None
    return found, arrays


def plainly(network: WatchedNetwork, image: torch.Tensor) -> list[list[float]]:
    """Return pixels, both layers and scores of an image [3, h, w] as lists, one image at a time."""
    features = network.model.get_submodule("features")
    assert isinstance(features, torch.nn.Sequential)
    first = features[:2](image[None].clone())
    last = features(image[None].clone())
    scores = network.model(image[None].clone())
    return [each.flatten().tolist() for each in (image, first, last, scores)]


def far(first: list[float], second: list[float]) -> float:
    """Return a Euclidean distance, summed in a loop."""
    return math.sqrt(sum((a - b) ** 2 for a, b in zip(first, second, strict=True)))


@pytest.mark.parametrize("head", ["linear", "maxima", "deep"])
def test_distances_and_probabilities_are_those_of_plain_passes(
    head: Head, labelled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of pixels, first layer, last layer and scores, and of the class that each label means."""
    network = tiny_classifier(head)
    run(network, labelled, monkeypatch)
    found, arrays = made(labelled)
    assert [(each.kind, each.layer) for each in found.vectors] == [
        ("pixels", ""),
        ("layer", "layer1"),
        ("layer", "layer2"),
        ("scores", ""),
    ]
    images = measure.Pictures.read(network, open_images(str(labelled)))
    assert images.rows == found.rows == tuple(range(9))
    for place in (0, 4, 8):
        image, following = images.input(place), images.input((place + 4) % 9)
        own = plainly(network, image)
        others = [far(*pair) for pair in zip(own, plainly(network, following), strict=True)]
        np.testing.assert_allclose(arrays.other[place], others, rtol=1e-4)
        lengths = [far(each, [0.0] * len(each)) for each in own]
        np.testing.assert_allclose(arrays.norm[place], lengths, rtol=1e-4)
        target = [name for name in (0, 1) if images.labels[place] in ("red thing", "green thing")]
        number = int(images.labels[place] == "green thing") if target else -1
        assert arrays.target[place] == number
        for at in range(0, len(found.steps), 5):
            changed = plainly(network, transformed(image, found.steps[at]))
            wanted = [far(*pair) for pair in zip(own, changed, strict=True)]
            np.testing.assert_allclose(arrays.distance[place, :, at], wanted, rtol=1e-4, atol=1e-4)
            scores = changed[-1]
            assert arrays.answer[place, at] == scores.index(max(scores))
            if target:
                parts = [math.exp(each - max(scores)) for each in scores]
                probability = parts[number] / sum(parts)
                assert arrays.probability[place, at] == pytest.approx(probability, abs=1e-4)
            else:
                assert math.isnan(arrays.probability[place, at])


@pytest.mark.parametrize("head", ["softmax", "log_softmax", "tuple", "dict"])
def test_heads_of_other_forms(head: Head, labelled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A softmax is looked behind; of several results the scores are taken or nothing is said."""
    run(tiny_classifier(head), labelled, monkeypatch)
    found, arrays = made(labelled)
    if found.no_classes:
        assert [each.kind for each in found.vectors] == ["pixels", "layer", "layer"]
        assert np.isnan(arrays.probability).all()
    else:
        shutil.rmtree(labelled.parent / "atlas")
        run(tiny_classifier("linear"), labelled, monkeypatch)
        _, plain = made(labelled)
        np.testing.assert_allclose(arrays.distance, plain.distance, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(arrays.probability, plain.probability, atol=1e-4)


def test_labels_that_mean_no_class_leave_the_networks_own_answer(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each image is followed by the class that is most probable in it as it is."""
    run(tiny_classifier(), pictures, monkeypatch)
    found, arrays = made(pictures)
    assert found.own_answers
    plain = next(number for number, step in enumerate(found.steps) if step.is_none)
    np.testing.assert_array_equal(arrays.target, arrays.answer[:, plain])
    assert np.isfinite(arrays.probability).all()


def test_without_classes_there_are_distances_alone(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the reason, as part of a sentence."""
    report = run(tiny_network(), pictures, monkeypatch)
    assert [(each.name, each.missing) for each in report.studies] == [("invariance", "")]
    found, arrays = made(pictures)
    assert found.no_classes == "the network gives maps, not a score for each class"
    assert [each.layer for each in found.vectors] == ["", "layer1", "layer2"]
    assert np.isfinite(arrays.distance).all()
    assert (arrays.answer == -1).all()


class Sorted(nn.Module):
    """Something that is no operation the tracer knows."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps.sort(dim=3).values


def test_a_network_that_only_runs_whole_is_measured_too(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By hooks, without its scores."""
    network = tiny_network()
    first, second, *others = network.model.children()
    model = nn.Sequential(first, second, Sorted(), *others).eval()
    modules = {"layer1": "1", "layer2": "5"}
    network = replace(network, model=model, modules=modules, rule=RULES["gradient"])
    run(network, pictures, monkeypatch, rule="gradient")
    assert network.graph(network.layers) is None
    found, arrays = made(pictures)
    assert "so its scores cannot be computed" in found.no_classes
    assert arrays.distance[:, :, 0].min() > 0


def test_images_are_shown_only_where_there_is_a_licence(
    labelled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one the study has no picture."""
    run(tiny_classifier(), labelled, monkeypatch)
    found, arrays = made(labelled)
    folder = labelled.parent / "atlas" / "studies" / "invariance"
    assert [each.place for each in found.shown] == chosen(arrays, 6)
    with Image.open(folder / "1.webp") as strip:
        assert strip.size == record.strip_size(found.tile)
    (labelled / "CREDITS.toml").unlink()
    run(tiny_classifier(), labelled, monkeypatch)
    found, _ = made(labelled)
    assert not found.may_show
    assert found.shown == ()
    assert not list(folder.glob("*.webp"))


def test_one_image_is_not_compared_with_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next image is itself, and the study is there."""
    pictures = draw_pictures(tmp_path / "pictures", 1)
    run(tiny_classifier(), pictures, monkeypatch)
    found, arrays = made(pictures)
    assert len(found.rows) == 1
    assert (arrays.other == 0).all()
    assert arrays.distance[:, :, 0].min() > 0


def test_inputs_that_are_no_square_and_grey_networks(
    labelled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shifts are those of the height; a grey network's strips are grey."""
    network = replace(tiny_classifier(), input_size=Size(32, 20), channels=1)
    run(network, labelled, monkeypatch)
    found, _ = made(labelled)
    assert found.tile == (20, 32)
    assert found.steps[0].value == -9  # 60 of 224 is 8.6 of 32
    folder = labelled.parent / "atlas" / "studies" / "invariance"
    with Image.open(folder / "1.webp") as strip:
        pixels = np.asarray(strip.convert("RGB")).astype(int)
    assert np.ptp(pixels[:, :20], axis=2).max() <= 12  # but for the rounding of WebP


def test_a_run_that_was_stopped_goes_on_and_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was measured is not measured again, and nothing of the work is left."""
    pictures = draw_pictures(tmp_path / "pictures", 23)
    run(tiny_classifier(), pictures, monkeypatch)
    study = tmp_path / "atlas" / "studies" / "invariance"
    whole = bytes_of(study)
    assert set(whole) == {record.RECORD, record.ARRAYS, "manifest.json"}

    def dying(stage: str, done: int, _of: int) -> None:
        if stage == "invariance" and done == 15:
            raise Killed

    shutil.rmtree(study)
    with pytest.raises(Killed):
        run(tiny_classifier(), pictures, monkeypatch, dying)
    told: list[int] = []

    def counting(stage: str, done: int, _of: int) -> None:
        told.extend([done] if stage == "invariance" else [])

    run(tiny_classifier(), pictures, monkeypatch, counting)
    assert told == list(range(11, 24))
    assert bytes_of(study) == whole


def test_a_picture_that_cannot_be_read_is_passed_over(
    labelled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows stay those of the whole set."""
    (labelled / "green_thing" / "1.png").write_bytes(b"no picture")
    network = tiny_classifier()
    rows = measure.Pictures.read(network, open_images(str(labelled))).rows
    assert rows == (1, 2, 3, 4, 5, 6, 7, 8)
    monkeypatch.setattr(measure, "MOST_IMAGES", 3)
    rows = measure.Pictures.read(network, open_images(str(labelled))).rows
    assert rows == (3, 6)


def test_other_classes_make_it_again(labelled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels may mean others of them; the same again is kept."""
    network = tiny_classifier()
    run(network, labelled, monkeypatch)
    assert run(network, labelled, monkeypatch).studies[0].kept
    renamed = replace(network, classes=("a", *CLASSES[1:]))
    assert not run(renamed, labelled, monkeypatch).studies[0].kept


def table(answers: list[int], targets: list[int], probability: list[float]) -> Arrays:
    """Return arrays of one step, that does nothing."""
    found = Arrays.empty(len(answers), 1, 1)
    found.answer[:, 0], found.target[:] = answers, targets
    found.probability[:, 0] = probability
    return found


def test_the_surest_right_ones_of_different_classes_are_chosen() -> None:
    """One of each class first, then the surest of the others, right ones before wrong ones."""
    many = table(
        [0, 0, 1, 2, 3, 4, 5, 9], [0, 0, 1, 2, 3, 4, 5, 6], [0.9, 0.95, 0.5, 0.6, 0.7, 0.8, 0.1, 1]
    )
    assert chosen(many, 0) == [1, 5, 4, 3, 2]
    few = table([0, 0, 1, 9, 2], [0, 0, 1, 3, -1], [0.9, 0.95, 0.5, 0.99, np.nan])
    assert chosen(few, 0) == [1, 2, 0, 3]
    assert chosen(table([-1] * 12, [-1] * 12, [np.nan] * 12), 0) == [0, 2, 4, 7, 9]
    assert chosen(table([-1], [-1], [np.nan]), 0) == [0]


def test_the_record_is_json_of_this_version(
    labelled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names its schema, and the captions of all images."""
    run(tiny_classifier(), labelled, monkeypatch)
    folder = labelled.parent / "atlas" / "studies" / "invariance"
    found = json.loads((folder / record.RECORD).read_bytes())
    assert found["schema_version"] == 1
    assert len(found["captions"]) == 9
    study = Atlas.open(labelled.parent / "atlas").study("invariance")
    assert study is not None
    assert study.manifest.missing == ""
