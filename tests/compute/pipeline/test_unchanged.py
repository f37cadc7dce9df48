"""What is there already, finished or not: gone on with, made anew or refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generator.atlas.schema import SCHEMA
from generator.atlas.store import Atlas
from generator.compute import shares
from generator.compute.pipeline import compute
from generator.compute.run import workspace
from generator.config import Settings
from generator.errors import AtlasError
from tests.compute.pipeline.runs import bytes_of, run, silent, stopped_in
from tests.support.tiny_network import draw_pictures, tiny_network


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
        good["manifest.json"].replace(
            f'"schema_version": {SCHEMA}'.encode(), b'"schema_version": 5'
        )
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
    assert f"schema 5, this version reads schema {SCHEMA}" in said[0]
    assert "drops the unfinished work of an older version" in said[1]
    assert f"schema: null -> {SCHEMA}" in said[1]
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
