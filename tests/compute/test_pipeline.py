"""Images and a network in, an atlas out: the right one, whatever happens on the way."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from generator.atlas.bins import BINS
from generator.atlas.schema import LayerArrays
from generator.atlas.store import Atlas
from generator.compute import pipeline, records, shares
from generator.compute.pipeline import ComputeReport, compute
from generator.compute.project import run as drawing
from generator.compute.project.contact_sheets import occupied, reconstruct_places
from generator.compute.records import layer_arrays
from generator.compute.run import workspace
from generator.compute.run.workspace import Workspace
from generator.compute.search import loop
from generator.compute.stimuli.run import LayerMeasures, measure_layer
from generator.config import Settings
from generator.errors import AtlasError, ConfigError, ImagesError, NetworkError, OutputError
from generator.images.decode import read_image
from generator.images.forking import forking
from generator.images.sets.folder import list_images
from generator.images.stream import normalise
from generator.names import Size
from generator.network.watched import WatchedLayer, WatchedNetwork
from generator.network.zoo import load as zoo
from generator.network.zoo.untrained import untrained
from tests.oracles import loops as oracles
from tests.support.profiles import DISPLAY_P3, matrix_profile
from tests.support.tiny_network import SIZE, draw_pictures, tiny_network


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name loads the tiny network."""
    monkeypatch.setattr(zoo, "load", lambda *_: tiny_network())
    monkeypatch.setattr(shares, "measure_layer", measured_once)


@cache
def _measures(source: str, layer: str, changes: bool) -> LayerMeasures:
    network = tiny_network()
    subject = untrained(network) if source.startswith("random") else network
    (found,) = (each for each in subject.layers if each.name == layer)
    return measure_layer(subject, found, silent, changes=changes)


def measured_once(
    network: WatchedNetwork, layer: WatchedLayer, progress: Callable[..., None], *, changes: bool
) -> LayerMeasures:
    """Give what stimuli show of the tiny network, which no image set changes."""
    progress("stimuli", 1, 1)
    return _measures(network.source, layer.name, changes)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Twenty-five pictures: a full batch of eight three times, and one over."""
    return draw_pictures(tmp_path / "pictures", 25)


def silent(*_: object) -> None:
    """Report nothing."""


def run(
    images: Path, atlas: Path, progress: Callable[..., None] = silent, **more: Any
) -> ComputeReport:
    """Compute with small batches in this process."""
    settings = Settings(**{"images": str(images), "atlas": atlas, "batch": 8, "workers": 0, **more})
    report = compute(settings, progress, silent)
    assert report is not None
    return report


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def inputs(folder: Path) -> torch.Tensor:
    """All pictures as the network sees them: [n, 3, h, w]."""
    listing = list_images(folder)
    pixels = np.stack([read_image(folder / path, Size.square(SIZE)) for path in listing.paths])
    network = tiny_network()
    return normalise(torch.from_numpy(pixels), network.mean, network.std)


def test_the_atlas_holds_the_brute_force_nine(pictures: Path, tmp_path: Path) -> None:
    """Values, images, units and boxes equal those of scoring everything and sorting."""
    run(pictures, tmp_path / "atlas")
    atlas = Atlas.open(tmp_path / "atlas")
    atlas.verify()
    network = tiny_network()
    images = inputs(pictures)
    with torch.no_grad():
        maps = {"layer1": network.model[:2](images), "layer2": network.model(images)}  # type: ignore[index]
    for layer in network.layers:
        arrays = atlas.arrays(layer.name)
        truth = oracles.top_nine(maps[layer.name].double().numpy())
        for filter_, expected in enumerate(truth):
            count = len(expected)
            assert (arrays.image[filter_, count:] == -1).all()
            assert np.isnan(arrays.activation[filter_, count:]).all()
            for place, (value, image, row, column) in enumerate(expected):
                assert arrays.activation[filter_, place] == pytest.approx(value, rel=1e-5)
                assert arrays.image[filter_, place] == image
                assert arrays.unit[filter_, place].tolist() == [row, column]
                rows, columns = layer.field.interval(row), layer.field.interval(column)
                box = [rows[0], columns[0], rows[1], columns[1]]
                assert arrays.box[filter_, place].tolist() == box
    dead = atlas.arrays("layer2")
    assert dead.active[3] == 0
    assert (dead.scale[3] == 0).all()
    first, second = atlas.manifest.layers
    assert [sheet.name for sheet in first.kernels] == ["untrained", "trained"]
    assert second.kernels == ()  # it looks at maps, not at pixels
    won = {int(row) for name in maps for row in atlas.arrays(name).image.ravel() if row >= 0}
    assert set(atlas.images()) == won


def test_reconstructions_equal_the_whole_image_way(pictures: Path) -> None:
    """What is projected from crops in groups equals explicit loops over the whole input."""
    network = tiny_network()
    network.model.double()
    layer = network.layers[1]
    images = inputs(pictures).double()
    with torch.no_grad():
        maps = network.model(images).numpy()
    nine = oracles.top_nine(maps)
    image = np.full((6, 9), -1)
    unit = np.zeros((6, 9, 2), np.int32)
    activation = np.zeros((6, 9))
    for filter_, found in enumerate(nine):
        for place, (value, row, *position) in enumerate(found[:2]):
            image[filter_, place], unit[filter_, place] = row, position
            activation[filter_, place] = value
    start = layer.field.offset + unit * int(layer.field.stride)
    box = np.concatenate([start, start + layer.field.size], -1).astype(np.int32)
    arrays = LayerArrays(
        activation=activation,  # type: ignore[arg-type]
        image=image,
        unit=unit,
        box=box,
        scale=np.zeros((6, 9), np.float32),
        histogram=np.zeros((6, BINS), np.int64),
        label_purity=np.zeros(6, np.float32),
        label_entropy=np.zeros(6, np.float32),
        label=np.zeros(6, np.int32),
    )
    places = occupied(arrays, 0, 6)
    signals = reconstruct_places(network, layer, places, images.__getitem__)
    parts: list[oracles.Part] = []
    for module in network.model.children():
        if isinstance(module, torch.nn.Conv2d):
            assert module.bias is not None
            kernel, bias = module.weight.numpy(), module.bias.numpy()
            parts.append(oracles.Conv(kernel, bias, 1, int(module.padding[0])))
        elif isinstance(module, torch.nn.MaxPool2d):
            parts.append(oracles.MaxPool(3, 2, 1))
        else:
            parts.append(oracles.Relu())
    assert len(places.rows) == 10
    for index in range(0, len(places.rows), 3):
        filter_ = int(places.filters[index])
        row, column = places.units[index].tolist()
        whole = oracles.deconvnet(
            parts, images[places.rows[index]].numpy(), 4, filter_, row, column
        )
        for channel in range(3):
            expected = oracles.patch(
                whole[channel, :, :, None].repeat(3, 2),
                tuple(places.boxes[index].tolist()),
                [0.0] * 3,
            )[..., 0]
            np.testing.assert_allclose(signals[index, channel], expected, rtol=1e-5, atol=1e-5)


def test_a_changed_activation_is_named(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the search recorded must come out again, or the run stops with filter and image."""
    honest = layer_arrays

    def tampered(*args: Any) -> Any:
        arrays = honest(*args)
        arrays.activation[2, 1] *= 1.001
        return arrays

    monkeypatch.setattr(records, "layer_arrays", tampered)
    with pytest.raises(AtlasError, match=r"layer1, filter 2, image (left|right)/picture_\d+\.png"):
        run(pictures, tmp_path / "atlas")
    assert not (tmp_path / "atlas").exists()


@pytest.mark.parametrize("more", [{"workers": 2}, {"batch": 1}, {"batch": 5}, {"batch": 64}])
def test_workers_and_batches_change_no_place(
    pictures: Path, tmp_path: Path, more: dict[str, Any]
) -> None:
    """Same nine, same units, same pictures, however the images are dealt out."""
    run(pictures, tmp_path / "one")
    run(pictures, tmp_path / "two", **more)
    first, second = Atlas.open(tmp_path / "one"), Atlas.open(tmp_path / "two")
    for layer in ("layer1", "layer2"):
        one, two = first.arrays(layer), second.arrays(layer)
        assert (one.image == two.image).all()
        assert (one.unit == two.unit).all()
        rounding = 1e-6 * float(np.nanmax(one.activation))  # of sums whose terms may be this large
        np.testing.assert_allclose(one.activation, two.activation, rtol=1e-6, atol=rounding)
    if "workers" in more:
        assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")


class Killed(Exception):
    """Stands for a kill: nothing after it runs."""


@pytest.mark.parametrize(
    "stop_at",
    [("search", 1), ("search", 3), ("stimuli", 2), ("reconstruct", 1), ("reconstruct", 3)],
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


def test_what_is_there_is_not_computed_again(pictures: Path, tmp_path: Path) -> None:
    """The same settings find the atlas; a changed picture does not."""
    assert not run(pictures, tmp_path / "atlas").unchanged
    again = run(pictures, tmp_path / "atlas")
    assert again.unchanged
    assert again.images == 25
    assert again.dead == {"layer1": 0, "layer2": 1}
    picture = next(iter((pictures / "left").iterdir()))
    shutil.copy(next(iter((pictures / "right").iterdir())), picture)
    assert not run(pictures, tmp_path / "atlas").unchanged


def test_a_damaged_atlas_is_computed_again(pictures: Path, tmp_path: Path) -> None:
    """A wrong byte is found by its hash, said, and mended."""
    run(pictures, tmp_path / "atlas")
    good = bytes_of(tmp_path / "atlas")
    (tmp_path / "atlas" / "layer1.safetensors").write_bytes(b"wrong")
    said: list[str] = []
    settings = Settings(images=str(pictures), atlas=tmp_path / "atlas", batch=8, workers=0)
    report = compute(settings, silent, said.append)
    assert report is not None
    assert not report.unchanged
    assert "layer1.safetensors" in said[0]
    assert bytes_of(tmp_path / "atlas") == good


def test_stimuli_are_not_shown_again_for_other_images(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the network answers to stimuli does not depend on the images."""
    run(pictures, tmp_path / "atlas")
    before = Atlas.open(tmp_path / "atlas").measures("layer2", "measures")
    draw_pictures(pictures, 30, seed=9)
    monkeypatch.setattr(shares, "measure_layer", lambda *_, **__: pytest.fail("shown again"))
    run(pictures, tmp_path / "atlas")
    after = Atlas.open(tmp_path / "atlas").measures("layer2", "measures")
    assert np.array_equal(before.family_response, after.family_response)


def test_measures_are_kept_under_all_that_they_rest_on() -> None:
    """Other weights, another normalisation, layer or network: other pipeline."""
    network = tiny_network()
    first, second = network.layers
    keys = [
        shares.measures_key(network, first, "measures"),
        shares.measures_key(network, second, "measures"),
        shares.measures_key(network, first, "untrained"),
        shares.measures_key(replace(network, weights_sha256="1" * 64), first, "measures"),
        shares.measures_key(replace(network, mean=(0.1, 0.2, 0.3)), first, "measures"),
        shares.measures_key(network, replace(first, filters=2), "measures"),
        shares.measures_key(replace(network, code_sha256="1" * 64), first, "measures"),
    ]
    assert len(set(keys)) == len(keys)
    assert keys[0] == shares.measures_key(tiny_network(), first, "measures")


def test_pictures_at_the_root_have_no_label(pictures: Path, tmp_path: Path) -> None:
    """The set's labels are those of its folders, and an index finds the right one."""
    shutil.copyfile(next(pictures.rglob("*.png")), pictures / "alone.png")
    run(pictures, tmp_path / "atlas")
    atlas = Atlas.open(tmp_path / "atlas")
    assert atlas.manifest.images.labels == ("left", "right")
    images, arrays = atlas.images(), atlas.arrays("layer1")
    for rows, label in zip(arrays.image, arrays.label, strict=True):  # the hundredth is the nine
        counts = Counter(images[row].label for row in rows.tolist() if row >= 0)
        del counts[""]
        assert counts[atlas.manifest.images.labels[label]] == max(counts.values())


def test_unreadable_images_are_skipped_and_listed(pictures: Path, tmp_path: Path) -> None:
    """Truncated, empty and misnamed files take no place and stop nothing."""
    whole = next(iter((pictures / "left").iterdir())).read_bytes()
    (pictures / "a_truncated.png").write_bytes(whole[: len(whole) // 2])
    (pictures / "b_empty.jpg").touch()
    (pictures / "c_text.jpg").write_text("no picture")
    report = run(pictures, tmp_path / "atlas")
    assert [file.path for file in report.skipped] == [
        "a_truncated.png",
        "b_empty.jpg",
        "c_text.jpg",
    ]
    manifest = Atlas.open(tmp_path / "atlas").manifest
    assert manifest.images.count == 25
    assert manifest.images.skipped == report.skipped
    assert all(file.reason for file in report.skipped)


PROFILED = 11  # pictures, in batches of eight


def remarkable(pictures: Path) -> Path:
    """Give pictures a profile, break that of one, and put a raw file among them."""
    for path in sorted(pictures.rglob("*.png"))[: PROFILED + 1]:
        profile = b"words" if path.name == "picture_000.png" else matrix_profile(DISPLAY_P3)
        with Image.open(path) as image:
            image.load()
        image.save(path, icc_profile=profile)
    (pictures / "left" / "1.cr2").touch()
    return pictures


RAW = "not read: 1 files of other formats, .cr2 (1); save them as JPEG or PNG to have them in"
BROKEN = "colours: 1 images with an unusable ICC profile, read as they are"
AS_THEY_ARE = (
    f"colours: {PROFILED} images with an ICC profile other than sRGB, read as they are; --icc "
    "converts them"
)


def test_remarks_are_counted_once(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decoded here or beside, in one go or after a stop; an atlas that is there tells them too."""
    remarkable(pictures)
    expected = (RAW, AS_THEY_ARE, BROKEN)
    assert run(pictures, tmp_path / "here").remarks == expected
    assert run(pictures, tmp_path / "beside", workers=2).remarks == expected
    stopped_in(monkeypatch, "reconstruct", pictures, tmp_path / "stopped")
    assert run(pictures, tmp_path / "stopped").remarks == expected
    again = run(pictures, tmp_path / "here")
    assert again.unchanged
    assert again.remarks == expected
    assert Atlas.open(tmp_path / "here").manifest.images.remarks == expected[1:]


def test_colours_in_srgb_are_another_atlas(pictures: Path, tmp_path: Path) -> None:
    """The setting is part of what the atlas rests on, and its activations are others."""
    remarkable(pictures)
    run(pictures, tmp_path / "atlas")
    plain = Atlas.open(tmp_path / "atlas")
    before = plain.arrays("layer1").activation
    report = run(pictures, tmp_path / "atlas", icc=True)
    converted = Atlas.open(tmp_path / "atlas")
    assert not report.unchanged
    assert report.remarks == (
        RAW,
        f"converted to sRGB: {PROFILED} images with another ICC profile",
        BROKEN,
    )
    assert converted.manifest.settings["icc"] is True
    assert "icc" not in plain.manifest.settings
    assert (converted.arrays("layer1").activation != before).any()
    assert run(pictures, tmp_path / "atlas", icc=True).unchanged


def test_fewer_than_nine_images_leave_places_empty(tmp_path: Path) -> None:
    """Four images fill at most four places."""
    run(draw_pictures(tmp_path / "few", 4), tmp_path / "atlas")
    arrays = Atlas.open(tmp_path / "atlas").arrays("layer1")
    assert (arrays.image[:, 4:] == -1).all()
    assert (arrays.image[:, 0] >= 0).any()


def test_a_folder_without_one_readable_image_is_an_error(tmp_path: Path) -> None:
    """The folder and the first file's trouble are named; nothing is left behind at the atlas."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "one.jpg").touch()
    with pytest.raises(ImagesError, match=r"pictures.*one\.jpg.*JPEG, PNG"):
        run(folder, tmp_path / "atlas")
    assert not (tmp_path / "atlas").exists()


def test_an_image_that_vanishes_after_the_search_is_named(pictures: Path, tmp_path: Path) -> None:
    """The winner cannot be drawn any more, so the run stops and says which."""

    def remove(stage: str, done: int, of: int) -> None:
        if stage == "search" and done == of:
            for path in pictures.rglob("*.png"):
                path.unlink()

    with pytest.raises(ImagesError, match=r"picture_\d+\.png: was readable"):
        run(pictures, tmp_path / "atlas", remove)


def test_a_network_that_answers_nan_is_refused(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The layer and the image are named."""

    def broken(*_: object) -> Any:
        network = tiny_network()
        first = network.model[0]  # type: ignore[index]
        first.weight[0] = float("nan")
        return network

    monkeypatch.setattr(zoo, "load", broken)
    with pytest.raises(NetworkError, match=r"layer1.*picture_000\.png has an activation"):
        run(pictures, tmp_path / "atlas")


def test_a_folder_that_is_no_atlas_is_not_replaced(pictures: Path, tmp_path: Path) -> None:
    """Somebody's files are never swapped away."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="mine"):
        run(pictures, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_somebody_elses_manifest_makes_no_atlas(pictures: Path, tmp_path: Path) -> None:
    """Other programs write a manifest.json too; their folders are not replaced."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "manifest.json").write_text('{"name": "app", "icons": []}')
    with pytest.raises(OutputError, match="app"):
        run(pictures, tmp_path / "app")
    assert (tmp_path / "app" / "manifest.json").exists()


def test_pictures_made_by_us_are_not_searched(pictures: Path) -> None:
    """An atlas and a site inside the folder of images change nothing."""
    more: dict[str, Any] = {"site": pictures / "site"}
    assert run(pictures, pictures / "build" / "atlas", **more).images == 25
    again = run(pictures, pictures / "build" / "atlas", **more)
    assert again.unchanged
    assert again.images == 25


def test_strict_refuses_unreadable_images_and_keeps_the_atlas(
    pictures: Path, tmp_path: Path
) -> None:
    """The first such file is named, and what was there before is still there."""
    run(pictures, tmp_path / "atlas")
    before = bytes_of(tmp_path / "atlas")
    (pictures / "empty.png").touch()
    with pytest.raises(ImagesError, match=r"empty\.png"):
        run(pictures, tmp_path / "atlas", strict=True)
    assert bytes_of(tmp_path / "atlas") == before
    run(pictures, tmp_path / "atlas")
    with pytest.raises(ImagesError, match=r"empty\.png"):
        run(pictures, tmp_path / "atlas", strict=True)


def test_broken_credits_are_found_before_the_search(pictures: Path, tmp_path: Path) -> None:
    """Nobody waits hours for a missing key."""
    (pictures / "CREDITS.toml").write_text('title = "T"\n')

    def searching(stage: str, _done: int, _of: int) -> None:
        pytest.fail(stage)

    with pytest.raises(ImagesError, match=r"CREDITS\.toml"):
        run(pictures, tmp_path / "atlas", searching)


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


def stopped_in(
    monkeypatch: pytest.MonkeyPatch, stage: str, images: Path, atlas: Path, **more: Any
) -> None:
    """Stop a run at the first step of a stage, with everything recorded that can be."""

    def kill(name: str, _done: int, _of: int) -> None:
        if name == stage:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(loop, "SAVE_EVERY", -1.0)
        with pytest.raises(Killed):
            run(images, atlas, kill, **more)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"batch": 5}, r"batch: 8 -> 5"),
        ({"one_per_label": True}, r"one image per label: false -> true"),
        ({"stimuli": False}, r"stimuli: true -> false"),
        ({"icc": True}, r"colours: as they are -> sRGB by ICC"),
        ("more pictures", r"images changed: 25 -> 26 files"),
        ("another picture", r"images: their content changed"),
    ],
    ids=str,
)
def test_unfinished_work_on_something_else_is_refused_and_kept(
    pictures: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any] | str,
    said: str,
) -> None:
    """The error says what differs and how to start anew; the work can still be finished."""
    other = shutil.copytree(pictures, tmp_path / "elsewhere" / "pictures")
    more = change if isinstance(change, dict) else {}
    if change == "more pictures":
        draw_pictures(other, 26)
    elif change == "another picture":
        shutil.copy(other / "left" / "picture_000.png", other / "left" / "picture_002.png")
    stopped_in(monkeypatch, "reconstruct", pictures, tmp_path / "atlas")
    with pytest.raises(AtlasError, match=said) as problem:
        run(other, tmp_path / "atlas", **more)
    assert "--anew" in str(problem.value)
    assert "25 -> 25" not in str(problem.value)
    assert run(pictures, tmp_path / "atlas").searched == 0
    stopped_in(monkeypatch, "reconstruct", pictures, tmp_path / "again")
    settings = Settings(
        **{"images": str(other), "atlas": tmp_path / "again", "batch": 8, "workers": 0, **more}
    )
    report = compute(settings, silent, silent, anew=True)
    assert report is not None
    assert report.searched == report.images


def test_credits_alone_do_not_make_search_and_pictures_again(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are only copied into the atlas, so unfinished work goes on with them."""
    stopped_in(monkeypatch, "reconstruct", pictures, tmp_path / "atlas")
    (pictures / "CREDITS.toml").write_text(
        'title = "T"\nauthors = "A"\nlicence = "CC0"\nsource = "S"\nhow_to_credit = "H"\n'
    )
    assert run(pictures, tmp_path / "atlas").searched == 0
    credit = Atlas.open(tmp_path / "atlas").manifest.images.credits
    assert credit is not None
    assert credit.licence == "CC0"


def test_changed_credits_over_an_atlas_cost_no_work_that_is_on_the_way(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The atlas that is there was made of the same images and settings, but by another run."""
    run(pictures, tmp_path / "atlas")
    (pictures / "CREDITS.toml").write_text(
        'title = "T"\nauthors = "A"\nlicence = "CC0"\nsource = "S"\nhow_to_credit = "H"\n'
    )
    for _ in range(2):
        stopped_in(monkeypatch, "reconstruct", pictures, tmp_path / "atlas")
    assert run(pictures, tmp_path / "atlas").searched == 0


def test_an_atlas_and_work_of_an_older_schema_are_made_anew(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line says so of each; nobody has to ask for it, and the atlas is as if nothing had been."""
    run(pictures, tmp_path / "atlas")
    good = bytes_of(tmp_path / "atlas")
    manifest = tmp_path / "atlas" / "manifest.json"
    manifest.write_bytes(
        good["manifest.json"].replace(b'"schema_version": 4', b'"schema_version": 3')
    )
    stopped_in(monkeypatch, "reconstruct", pictures, tmp_path / "atlas")
    record = tmp_path / "atlas.work" / "identity.json"
    older = json.loads(record.read_text())["work"]
    del older["schema"]
    workspace._write(record, {"work": {**older, "version": "0.1.0, schema 3"}})
    said: list[str] = []
    settings = Settings(images=str(pictures), atlas=tmp_path / "atlas", batch=8, workers=0)
    report = compute(settings, silent, said.append)
    assert report is not None
    assert report.searched == 25
    assert len(said) == 2
    assert "schema 3, this version reads schema 4" in said[0]
    assert "drops the unfinished work of an older version" in said[1]
    assert "schema: null -> 4" in said[1]
    assert bytes_of(tmp_path / "atlas") == good


def test_anew_computes_again_what_is_there(pictures: Path, tmp_path: Path) -> None:
    """A picture that could not be read for a while may have become readable."""
    run(pictures, tmp_path / "atlas")
    good = bytes_of(tmp_path / "atlas")
    settings = Settings(images=str(pictures), atlas=tmp_path / "atlas", batch=8, workers=0)
    report = compute(settings, silent, silent, anew=True)
    assert report is not None
    assert (report.unchanged, report.searched) == (False, 25)
    assert bytes_of(tmp_path / "atlas") == good


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
                run(pictures, tmp_path / name)
    good = bytes_of(tmp_path / "two")
    assert not run(pictures, tmp_path / "one", batch=5).unchanged
    (tmp_path / "two" / "layer1.safetensors").write_bytes(b"wrong")
    assert not run(pictures, tmp_path / "two").unchanged
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


def test_the_same_pixels_take_one_place(pictures: Path, tmp_path: Path) -> None:
    """Copies under any name are set aside and counted; the first of them has the place."""
    for number in range(3):
        shutil.copy(pictures / "left" / "picture_000.png", pictures / f"z_copy_{number}.png")
    assert run(pictures, tmp_path / "atlas").duplicates == 3
    atlas = Atlas.open(tmp_path / "atlas")
    assert atlas.manifest.images.count == 28
    assert atlas.manifest.images.duplicates == 3
    assert not any(record.path.startswith("z_copy") for record in atlas.images().values())
    assert "left/picture_000.png" in {record.path for record in atlas.images().values()}


def test_one_per_label_gives_nine_labels(pictures: Path, tmp_path: Path) -> None:
    """With two labels there are two places at most, the best image of each."""
    run(pictures, tmp_path / "all")
    run(pictures, tmp_path / "atlas", one_per_label=True)
    atlas = Atlas.open(tmp_path / "atlas")
    assert atlas.manifest.images.one_per_label
    images, arrays = atlas.images(), atlas.arrays("layer1")
    best = Atlas.open(tmp_path / "all").arrays("layer1").image[:, 0]
    assert (arrays.image[:, 0] == best).all()
    assert (arrays.image[:, 2:] == -1).all()
    for pair in arrays.image[:, :2].tolist():
        assert [images[row].label for row in sorted(pair)] == ["left", "right"]


def test_stimuli_can_be_left_out(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is shown, and the atlas says so."""
    monkeypatch.setattr(shares, "measure_layer", lambda *_, **__: pytest.fail("shown"))
    run(pictures, tmp_path / "atlas", stimuli=False)
    manifest = Atlas.open(tmp_path / "atlas").manifest
    assert [layer.stimuli for layer in manifest.layers] == [None, None]
    assert not any(
        "measures" in name or "untrained." in name for name in manifest.files if "/" not in name
    )


def test_an_unknown_device_is_named(pictures: Path, tmp_path: Path) -> None:
    """With what to try instead."""
    with pytest.raises(ConfigError, match="'abacus'"):
        run(pictures, tmp_path / "atlas", device="abacus")


def test_strange_names_and_credits_reach_the_atlas(tmp_path: Path) -> None:
    """Quotes, brackets, newlines and foreign bytes are kept as text; the licence is carried."""
    folder = draw_pictures(tmp_path / "pictures\udcff", 3)
    names = [b'<b>"x"&\'.png', b"new\nline.png", b"bytes\xff.png", b"l" * 200 + b".png"]
    drawn = draw_pictures(tmp_path / "more", len(names), seed=1).rglob("*.png")
    for name, source in zip(names, drawn, strict=True):
        (folder / name.decode("utf-8", "surrogateescape")).write_bytes(source.read_bytes())
    (folder / "CREDITS.toml").write_text(
        'title = "T"\nauthors = "A"\nlicence = "CC0"\nsource = "S"\nhow_to_credit = "H"\n'
    )
    run(folder, tmp_path / "atlas")
    atlas = Atlas.open(tmp_path / "atlas")
    records = atlas.images().values()
    assert {record.licence for record in records} == {"CC0"}
    assert "bytes\ufffd.png" in {record.path for record in records}
    assert atlas.manifest.images.credits is not None
    assert atlas.manifest.images.root_name == "pictures\ufffd"
