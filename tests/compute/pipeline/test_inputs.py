"""Images, folders and settings of every kind, also those that cannot be used."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from generator.atlas.store import Atlas
from generator.compute import shares
from generator.errors import ConfigError, ImagesError, NetworkError, OutputError
from generator.network.zoo import load as zoo
from tests.compute.pipeline.runs import bytes_of, run, stopped_in
from tests.support.profiles import DISPLAY_P3, matrix_profile
from tests.support.tiny_network import draw_pictures, tiny_network


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


RAW = "not read: 1 file of other formats, .cr2 (1); save them as JPEG or PNG to have them in"
BROKEN = "colours: 1 image with an unusable ICC profile, read as they are"
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
