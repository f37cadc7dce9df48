"""The study of a network: against one position at a time, stopped and gone on with, and refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from generator.compute.pipeline import ComputeReport, compute
from generator.config import Settings
from generator.images.sets.sources import open_images
from generator.names import Size
from generator.network.watched import WatchedNetwork
from generator.network.zoo import load as zoo
from generator.studies.occlusion import measure, record
from generator.studies.occlusion.record import Maps, Occlusion
from tests.compute.pipeline.runs import Killed, bytes_of
from tests.oracles.networks import in_float64, plain_reconstruction
from tests.studies.occlusion.conftest import load
from tests.support.tiny_classifier import tiny_classifier
from tests.support.tiny_network import tiny_network

REASON = "occlusion: left out: "


def silent(*_: object) -> None:
    """Report nothing."""


def run(pictures: Path, atlas: Path, progress: Callable[..., None] = silent) -> ComputeReport:
    """Compute the core and the study in this process."""
    settings = Settings(
        images=str(pictures),
        atlas=atlas,
        batch=4,
        workers=0,
        stimuli=False,
        studies=("occlusion",),
    )
    report = compute(settings, progress, silent)
    assert report is not None
    return report


def found(atlas: Path) -> Occlusion:
    """Read what the study left."""
    place = atlas / "studies/occlusion" / record.RECORD
    return Occlusion.model_validate_json(place.read_bytes())


def maps_of(atlas: Path, row: int) -> Maps:
    """Read the maps of an image."""
    return record.read_maps(atlas / "studies/occlusion", row)


def as_seen(network: WatchedNetwork, pictures: Path, row: int) -> np.ndarray:
    """Return an image as a network sees it, [3, h, w], by plain arithmetic."""
    pixels = open_images(str(pictures)).read(row, network.input_size)[:3].astype(np.float64)
    mean, std = (np.array(each)[:, None, None] for each in (network.mean, network.std))
    return np.asarray((pixels / 255 - mean) / std)


def answers(network: WatchedNetwork, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the last maps [f, h, w] and the softmax [classes], by running the model itself."""
    model = network.model
    whole = torch.from_numpy(image.astype(np.float32))[None]
    with torch.no_grad():
        result = model(whole.clone())
        result = result[0] if isinstance(result, tuple) else result
        scores = (result["scores"] if isinstance(result, dict) else result)[0].double().numpy()
        maps = model.get_submodule("features")(whole)[0].double().numpy()
    powers = np.exp(scores - scores.max())
    return maps, powers / powers.sum()


def slow_maps(
    network: WatchedNetwork, image: np.ndarray, filter_: int, right: int
) -> list[np.ndarray]:
    """Occlude one position at a time; the three maps."""
    height, width = image.shape[1:]
    side = min(height, width) // 4
    rows, columns = -(-height // side), -(-width // side)  # it is shorter than eight pixels
    total, probability, answer = (np.zeros((rows, columns)) for _ in range(3))
    for row in range(rows):
        for column in range(columns):
            y, x = int((row + 0.5) * height / rows), int((column + 0.5) * width / columns)
            covered = image.copy()
            for i in range(y - side // 2, y - side // 2 + side):
                for j in range(x - side // 2, x - side // 2 + side):
                    if 0 <= i < height and 0 <= j < width:
                        covered[:, i, j] = 0
            maps, chances = answers(network, covered)
            total[row, column] = maps[filter_].sum()
            probability[row, column] = chances[right]
            answer[row, column] = chances.argmax()
    return [total, probability, answer]


def require_slow(network: WatchedNetwork, pictures: Path, atlas: Path) -> Occlusion:
    """Compare every image of the study with the slow oracle."""
    study = found(atlas)
    for each in study.images:
        image = as_seen(network, pictures, each.row)
        maps, chances = answers(network, image)
        best = [int(at) for at in np.unravel_index(maps.argmax(), maps.shape)]
        assert [each.filter, *each.unit] == best
        assert each.activation == pytest.approx(maps.max(), rel=1e-4)
        assert each.total == pytest.approx(maps[each.filter].sum(), rel=1e-4)
        assert each.right == chances.argmax()
        assert each.probability == pytest.approx(chances.max(), rel=1e-4)
        total, probability, answer = slow_maps(network, image, each.filter, each.right)
        mine = maps_of(atlas, each.row)
        np.testing.assert_allclose(mine.total, total, rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(mine.probability, probability, rtol=1e-3, atol=1e-5)
        np.testing.assert_array_equal(mine.answer, answer)
        assert np.ptp(mine.total) > 0
    return study


def test_maps_are_those_of_one_position_at_a_time(
    network: WatchedNetwork, pictures: Path, tmp_path: Path
) -> None:
    """Of images of which the network is right, as their labels say."""
    run(pictures, tmp_path / "atlas")
    study = require_slow(network, pictures, tmp_path / "atlas")
    assert study.counts == "label"
    assert (study.layer, study.looked_at, study.all_images) == ("layer2", 20, True)
    images = open_images(str(pictures))
    for each in study.images:
        assert study.classes[each.right].lower() == images.label(each.row) == each.label
        assert each.caption == images.caption(each.row)
    right = [
        row
        for row in range(20)
        if answers(network, as_seen(network, pictures, row))[1].argmax()
        == ["left", "right"].index(images.label(row))
    ]
    assert {each.row for each in study.images} <= set(right)
    assert len(study.images) == min(6, len(right))


@pytest.mark.parametrize("head", ["tuple", "dict", "log_softmax"])
def test_networks_that_return_more_than_scores(
    monkeypatch: pytest.MonkeyPatch, pictures: Path, tmp_path: Path, head: Any
) -> None:
    """And labels that mean no class: then the network's own answer counts."""
    network = load(monkeypatch, tiny_classifier(head))
    run(pictures, tmp_path / "atlas")
    study = require_slow(network, pictures, tmp_path / "atlas")
    assert study.counts == "no label"
    assert set(study.classes.values()) <= {"red thing", "Green Thing, leaf", "blue thing"}


def test_an_input_that_is_no_square_and_a_thousand_classes(
    monkeypatch: pytest.MonkeyPatch, pictures: Path, tmp_path: Path
) -> None:
    """The square is a quarter of the shorter side; classes without names get numbers."""
    network = tiny_classifier()
    torch.manual_seed(3)
    head = nn.Linear(6, 1_000)
    nn.init.normal_(head.weight, std=9.0)
    network.model.classifier = head.requires_grad_(False)
    network = replace(network, input_size=Size(24, 40), classes=())
    load(monkeypatch, network)
    run(pictures, tmp_path / "atlas")
    study = require_slow(network, pictures, tmp_path / "atlas")
    assert maps_of(tmp_path / "atlas", study.images[0].row).total.shape == (4, 7)
    assert len(study.classes) < 100
    assert all(name == f"class {number}" for number, name in study.classes.items())


def test_nothing_is_right(network: WatchedNetwork, pictures: Path, tmp_path: Path) -> None:
    """Then the network's own answers count, too, and the record says why."""
    images = open_images(str(pictures))
    right = [
        row
        for row in range(20)
        if answers(network, as_seen(network, pictures, row))[1].argmax()
        == ["left", "right"].index(images.label(row))
    ]
    assert 0 < len(right) < 20
    for row in right:
        (pictures / images.path(row)).unlink()
    run(pictures, tmp_path / "atlas")
    assert found(tmp_path / "atlas").counts == "none right"
    assert len(found(tmp_path / "atlas").images) == min(20 - len(right), 6)


def test_one_image_and_one_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, pictures: Path, tmp_path: Path
) -> None:
    """The one is shown, the other passed over."""
    load(monkeypatch, tiny_classifier())
    for path in sorted(pictures.rglob("*.png"))[1:]:
        path.unlink()
    (pictures / "a_first.png").write_bytes(b"no picture")
    run(pictures, tmp_path / "atlas")
    study = found(tmp_path / "atlas")
    assert [each.row for each in study.images] == [1]
    assert study.looked_at == 1


def test_rows_are_those_of_the_whole_set(
    monkeypatch: pytest.MonkeyPatch, network: WatchedNetwork, pictures: Path, tmp_path: Path
) -> None:
    """Also where only some of its images are looked at."""
    monkeypatch.setattr(measure, "MOST_IMAGES", 7)
    run(pictures, tmp_path / "atlas")
    study = require_slow(network, pictures, tmp_path / "atlas")
    assert (study.looked_at, study.all_images) == (7, False)
    assert {each.row for each in study.images} <= {place * 20 // 7 for place in range(7)}


def test_pictures_show_the_maps(network: WatchedNetwork, pictures: Path, tmp_path: Path) -> None:
    """Lighter where there is more, a colour for each class, the field of the unit alone."""
    run(pictures, tmp_path / "atlas")
    folder = tmp_path / "atlas/studies/occlusion"

    def pixels(*names: str) -> np.ndarray:
        content = record.picture(folder, *names).read_bytes()
        return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)

    assert (np.diff(pixels("scale").sum(2)[0]) >= 0).all()
    for each in found(tmp_path / "atlas").images:
        maps, name = maps_of(tmp_path / "atlas", each.row), str(each.row)
        for values, kind in ((maps.total, "map"), (maps.probability, "probability")):
            cells = pixels(name, kind)[3::6, 3::6].sum(2).ravel()
            assert (np.diff(cells[np.argsort(values.ravel(), kind="stable")]) >= 0).all()
            assert cells.max() == pixels("scale").sum(2).max()
        shown, order = pixels(name, "answers"), record.by_frequency(maps, each.right)
        for row, column in np.ndindex(*maps.answer.shape):
            colour = record.COLOURS[min(order.index(int(maps.answer[row, column])), 7)]
            cell = shown[6 * row : 6 * row + 6, 6 * column : 6 * column + 6]
            assert (cell == list(bytes.fromhex(colour[1:]))).all()
        image = torch.from_numpy(as_seen(network, pictures, each.row))
        plain = plain_reconstruction(
            in_float64(network.model), "features.4", image, each.filter, each.unit, "deconvnet"
        ).numpy()
        grey = pixels(name, "reconstruction")
        assert grey.shape == (24, 24, 3)
        top, left, bottom, right = np.clip(each.box, 0, 24)
        outside = np.ones((24, 24), bool)
        outside[top:bottom, left:right] = False
        assert not plain[:, outside].any()
        expected = np.clip(plain.transpose(1, 2, 0) / each.scale, -1, 1) * 127.5 + 127.5
        assert np.abs(grey - expected).max() < 1.5


@pytest.mark.usefixtures("network")
def test_a_stopped_run_is_gone_on_with(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No image is occluded twice, and the bytes are those of a run in one piece."""
    run(pictures, tmp_path / "straight")
    honest, made = measure._occlude, list[int]()

    def counted(*words: Any) -> Maps:
        made.append(words[2].row)
        return honest(*words)

    def kill(name: str, done: int, _of: int) -> None:
        if (name, done) == ("occlusion", 9):  # in the third image
            raise Killed

    monkeypatch.setattr(measure, "_occlude", counted)
    with pytest.raises(Killed):
        run(pictures, tmp_path / "atlas", kill)
    rows = [each.row for each in found(tmp_path / "straight").images]
    assert made == rows[:3]
    run(pictures, tmp_path / "atlas")
    assert made[3:] == rows[2:]
    assert bytes_of(tmp_path / "atlas") == bytes_of(tmp_path / "straight")


@pytest.mark.usefixtures("network")
def test_without_a_licence_there_is_none(pictures: Path, tmp_path: Path) -> None:
    """And it is made when one is named."""
    credits_ = (pictures / "CREDITS.toml").read_text()
    (pictures / "CREDITS.toml").unlink()
    (study,) = run(pictures, tmp_path / "atlas").studies
    assert study.line.startswith(f"{REASON}no licence of the images is known")
    (pictures / "CREDITS.toml").write_text(credits_)
    (study,) = run(pictures, tmp_path / "atlas").studies
    assert not study.missing
    assert found(tmp_path / "atlas").images


def test_networks_without_classes_or_without_activation(
    monkeypatch: pytest.MonkeyPatch, pictures: Path, tmp_path: Path
) -> None:
    """Each says why there is none."""
    monkeypatch.setattr(zoo, "load", lambda *_: tiny_network())
    (study,) = run(pictures, tmp_path / "maps").studies
    assert study.line == f"{REASON}the network gives maps, not a score for each class"
    network = tiny_classifier()
    network.model.get_submodule("features.3").bias.fill_(-1e6)  # type: ignore[operator]
    load(monkeypatch, network)
    (study,) = run(pictures, tmp_path / "dead").studies
    assert study.line == f"{REASON}{measure.NOTHING_ACTIVE}"
