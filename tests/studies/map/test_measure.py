"""The study of a network: against one image at a time, stopped and gone on with, and refused."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from generator.atlas.store import Atlas
from generator.compute.pipeline import ComputeReport, compute
from generator.config import Settings
from generator.images.sets.sources import open_images
from generator.network.watched import WatchedNetwork
from generator.network.zoo import load as zoo
from generator.studies.map import measure, record
from generator.studies.map.codes import PIXELS, code_name
from generator.studies.map.record import Map
from tests.compute.pipeline.runs import Killed, bytes_of
from tests.support.tiny_network import draw_pictures, tiny_network

LEFT_OUT = "map: left out: "


def silent(*_: object) -> None:
    """Report nothing."""


def run(
    pictures: Path, atlas: Path, progress: Callable[..., None] = silent, studies: str = "map"
) -> ComputeReport:
    """Compute the core and the study in this process."""
    settings = Settings(
        images=str(pictures), atlas=atlas, batch=4, workers=0, stimuli=False, studies=(studies,)
    )
    report = compute(settings, progress, silent)
    assert report is not None
    return report


def found(atlas: Path) -> Map:
    """Read what the study left."""
    return Map.model_validate_json((atlas / "studies/map" / record.RECORD).read_bytes())


def maps_of(model: nn.Module, pictures: Path, network: WatchedNetwork) -> list[np.ndarray]:
    """Return the maps [n, f, h, w] of both layers, by running a model itself."""
    images = open_images(str(pictures))
    mean, std = (np.array(each)[:, None, None] for each in (network.mean, network.std))
    seen = [
        (images.read(row, network.input_size)[:3] / 255 - mean) / std for row in range(len(images))
    ]
    values = torch.from_numpy(np.stack(seen).astype(np.float32))
    layers = []
    with torch.no_grad():
        for at, module in enumerate(model.children()):
            values = module(values)
            if at in (1, 4):
                layers.append(values.double().numpy())
    return layers


def slow_share(codes: np.ndarray, labels: list[str], number: int) -> float:
    """Return the mean share of nearest neighbours with an image's label."""
    total = 0
    for one, code in enumerate(codes):
        others = [other for other in range(len(codes)) if other != one]
        others.sort(key=lambda other: math.dist(code, codes[other]))
        total += sum(labels[other] == labels[one] for other in others[:number])
    return total / len(codes) / number


def test_numbers_are_those_of_one_image_at_a_time(
    network: WatchedNetwork, pictures: Path, tmp_path: Path
) -> None:
    """Shares of labels of each layer, strongest filters, and how much each filter answers."""
    run(pictures, tmp_path / "atlas")
    study, images = found(tmp_path / "atlas"), open_images(str(pictures))
    labels = [images.label(row) for row in range(20)]
    assert (study.images, study.all_images) == (20, True)
    assert study.layers == (("layer1", 4), ("layer2", 6))
    assert study.labels is not None
    assert (study.labels.images, study.labels.labels, study.labels.neighbours) == (20, 2, 10)
    assert study.labels.chance == pytest.approx(9 / 19, abs=1e-6)
    maps = maps_of(network.model, pictures, network)
    for same, layer in zip(study.labels.same[1:], maps, strict=True):
        share = slow_share(layer.mean((2, 3)), labels, 10)
        assert same.share == pytest.approx(share, abs=1e-6)
        assert same.untrained is not None
    assert [same.layer for same in study.labels.same] == ["", "layer1", "layer2"]
    assert study.labels.same[0].untrained is None

    grid, last = study.grid, maps[-1]
    assert grid is not None
    assert (grid.rows, grid.columns, grid.neighbours) == (4, 5, 10)
    assert [place.cell for place in grid.places] == list(range(20))
    assert sorted(place.row for place in grid.places) == list(range(20))
    best = last.max((0, 2, 3))
    for place in grid.places:
        assert place.label == labels[place.row]
        assert place.caption == images.caption(place.row)
        parts = {f: last[place.row, f].max() / best[f] for f in range(6) if best[f] > 0}
        order = sorted(parts, key=lambda f: -parts[f])[:3]
        assert [each.filter for each in place.strong] == order
        for each in place.strong:
            assert each.part == pytest.approx(parts[each.filter], abs=1e-3)
    assert 3 not in {shades.filter for shades in grid.filters}  # it is dead
    for shades in grid.filters:
        means = last[:, shades.filter].mean((1, 2))
        assert shades.strongest == pytest.approx(means.max(), rel=1e-4)
        wanted = [255 * means[place.row] / means.max() for place in grid.places]
        np.testing.assert_allclose(shades.levels, wanted, atol=0.6)


def test_every_picture_of_the_map_is_there(pictures: Path, tmp_path: Path) -> None:
    """And nothing else but the record; what it worked with is gone."""
    run(pictures, tmp_path / "atlas")
    folder = tmp_path / "atlas/studies/map"
    grid = found(tmp_path / "atlas").grid
    assert grid is not None
    wanted = {record.picture(folder, *names) for names in record.tiles(grid)}
    there = {path for path in folder.rglob("*") if path.is_file()}
    assert there == wanted | {folder / record.RECORD, folder / "manifest.json"}


def test_a_run_that_was_stopped_goes_on(
    monkeypatch: pytest.MonkeyPatch, pictures: Path, tmp_path: Path
) -> None:
    """Wherever it stopped, the same bytes come out, and no image is looked at twice."""
    monkeypatch.setattr(measure, "AT_ONCE", 8)
    run(pictures, tmp_path / "whole")
    whole = bytes_of(tmp_path / "whole/studies/map")
    for stop, at in (("map: images", 2), ("map: neighbours", 2), ("map: layout", 1)):

        def kill(what: str, done: int, _of: int, stop: str = stop, at: int = at) -> None:
            if (what, done) == (stop, at):
                raise Killed

        atlas = tmp_path / stop.replace(": ", "-")
        with pytest.raises(Killed):
            run(pictures, atlas, kill)
        seen = list[int]()

        def note(what: str, done: int, _of: int, seen: list[int] = seen) -> None:
            if what == "map: images":
                seen.append(done)

        run(pictures, atlas, note)
        assert seen == ([3] if stop == "map: images" else [])
        assert bytes_of(atlas / "studies/map") == whole


def test_some_of_many_are_taken_evenly(
    monkeypatch: pytest.MonkeyPatch, pictures: Path, tmp_path: Path
) -> None:
    """Their rows are those of the whole set."""
    monkeypatch.setattr(measure, "MOST_IMAGES", 14)
    run(pictures, tmp_path / "atlas")
    study = found(tmp_path / "atlas")
    assert (study.images, study.all_images) == (14, False)
    assert study.grid is not None
    rows = {place.row for place in study.grid.places}
    assert rows == {place * 20 // 14 for place in range(14)}


def test_an_image_that_cannot_be_read_is_passed_over(pictures: Path, tmp_path: Path) -> None:
    """Its row is nobody's."""
    (pictures / "left/a_first.png").write_bytes(b"no picture")
    run(pictures, tmp_path / "atlas")
    study = found(tmp_path / "atlas")
    assert study.grid is not None
    assert sorted(place.row for place in study.grid.places) == list(range(1, 21))


def test_without_a_licence_the_numbers_stand(pictures: Path, tmp_path: Path) -> None:
    """And no picture is made. With one it is made again."""
    credits_ = (pictures / "CREDITS.toml").read_text()
    (pictures / "CREDITS.toml").unlink()
    run(pictures, tmp_path / "atlas")
    study = found(tmp_path / "atlas")
    assert study.grid is None
    assert study.labels is not None
    assert not list((tmp_path / "atlas/studies/map").rglob("*.webp"))
    (pictures / "CREDITS.toml").write_text(credits_)
    run(pictures, tmp_path / "atlas")
    assert found(tmp_path / "atlas").grid is not None


@pytest.mark.parametrize("labels", ["one", "none"])
def test_with_one_label_or_none_the_map_stands(pictures: Path, tmp_path: Path, labels: str) -> None:
    """There is nothing to count; without a licence, too, there is nothing at all."""
    for number, path in enumerate(sorted(pictures.glob("*/*.png"))):
        folder = pictures / "one" if labels == "one" and number < 15 else pictures
        folder.mkdir(exist_ok=True)
        shutil.move(path, folder / path.name)
    assert open_images(str(pictures)).labels() == (("one",) if labels == "one" else ())
    run(pictures, tmp_path / "atlas")
    study = found(tmp_path / "atlas")
    assert study.labels is None
    assert study.grid is not None
    (pictures / "CREDITS.toml").unlink()
    report = run(pictures, tmp_path / "atlas")
    assert report.studies[0].line.startswith(LEFT_OUT + "no licence of the images is known")
    assert "\n" not in report.studies[0].line


def test_images_without_a_label_do_not_count(
    network: WatchedNetwork, pictures: Path, tmp_path: Path
) -> None:
    """Neither themselves nor as neighbours; they lie on the map."""
    for path in sorted(pictures.glob("left/*.png"))[:3]:
        shutil.move(path, pictures / path.name)
    run(pictures, tmp_path / "atlas")
    study = found(tmp_path / "atlas")
    assert study.labels is not None
    assert study.grid is not None
    assert (study.images, study.labels.images, len(study.grid.places)) == (20, 17, 20)
    images = open_images(str(pictures))
    some = [row for row in range(20) if images.label(row)]
    codes = maps_of(network.model, pictures, network)[0].mean((2, 3))[some]
    share = slow_share(codes, [images.label(row) for row in some], 10)
    assert study.labels.same[1].share == pytest.approx(share, abs=1e-6)


def test_few_images_are_refused(tmp_path: Path) -> None:
    """In a line that says how many it takes; so are none that can be read."""
    report = run(draw_pictures(tmp_path / "pictures", 11), tmp_path / "atlas")
    line = "11 images can be read, and a map takes at least 12"
    assert report.studies[0].line == LEFT_OUT + line


def dead(network: WatchedNetwork, bias: float) -> WatchedNetwork:
    """Return a network whose last layer gives one number everywhere."""
    model = nn.Sequential(*tiny_network().model.children())
    last = model[3]
    assert isinstance(last, nn.Conv2d)
    assert last.bias is not None
    last.weight.data.zero_()
    last.bias.data.fill_(bias)
    return replace(network, model=model)


@pytest.mark.parametrize(
    ("bias", "line"),
    [
        (-1.0, "by the means of the last layer only 1 of 20 images differ, and a map takes at "),
        (2.0, "by the means of the last layer only 1 of 20 images differ, and a map takes at "),
        (math.nan, "of some image the network’s values are no numbers"),
    ],
)
def test_codes_that_are_all_alike_or_no_numbers_are_refused(
    monkeypatch: pytest.MonkeyPatch,
    network: WatchedNetwork,
    pictures: Path,
    tmp_path: Path,
    bias: float,
    line: str,
) -> None:
    """With a line, where t-SNE would give no numbers."""
    changed = dead(network, 1.0)
    monkeypatch.setattr(zoo, "load", lambda *_: changed)
    run(pictures, tmp_path / "atlas", studies="control")
    last = list(changed.model.children())[3]
    assert isinstance(last, nn.Conv2d)
    assert last.bias is not None
    last.bias.data.fill_(bias)
    report = run(pictures, tmp_path / "atlas")
    assert report.studies[0].line.startswith(LEFT_OUT + line)


def test_a_layer_that_cannot_tell_images_apart_has_no_share(
    network: WatchedNetwork, pictures: Path
) -> None:
    """Among neighbours that are all as near, the order of the set would decide."""
    arrays = {
        PIXELS: np.random.default_rng(0).normal(size=(20, 4)),
        measure.ROWS: np.arange(20),
    }
    for layer in network.layers:
        arrays[code_name(measure.TRAINED, layer.name)] = np.zeros((20, 3))

    class Asked:
        images = open_images(str(pictures))

    Asked.network = network  # type: ignore[attr-defined]
    labels = measure._labels(Asked, arrays, silent)  # type: ignore[arg-type]
    assert labels is not None
    assert [(same.share is None, same.untrained) for same in labels.same] == [
        (False, None),
        (True, None),
        (True, None),
    ]


def test_a_network_of_random_weights_is_compared_with_none(
    monkeypatch: pytest.MonkeyPatch, network: WatchedNetwork, pictures: Path, tmp_path: Path
) -> None:
    """Its own weights are random already."""
    drawn = replace(network, source="random weights, seed 0")
    monkeypatch.setattr(zoo, "load", lambda *_: drawn)
    run(pictures, tmp_path / "atlas")
    labels = found(tmp_path / "atlas").labels
    assert labels is not None
    assert all(same.untrained is None for same in labels.same)


def test_the_atlas_names_its_study(pictures: Path, tmp_path: Path) -> None:
    """With its version, and what it rests on."""
    run(pictures, tmp_path / "atlas")
    study = Atlas.open(tmp_path / "atlas").study("map")
    assert study is not None
    assert study.manifest.missing == ""
    assert {"core", "random", "licensed"} <= study.manifest.made_from.keys()
