"""The atlas on disk: what is written comes back, and half an atlas is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from generator.atlas.schema import SCHEMA, LayerArrays, Manifest
from generator.atlas.store import (
    ARRAYS,
    MANIFEST,
    Atlas,
    AtlasWriter,
    expected_files,
)
from generator.errors import AtlasError
from generator.files import PARTIAL, hash_file
from generator.names import Size
from generator.render.facts import read_gallery
from tests.support.tiny_atlas import DEAD, IMAGES, LAYERS, NETWORK, make_atlas


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an atlas that no test changes."""
    return make_atlas(tmp_path_factory.mktemp("store") / "atlas")


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """Return a copy of the atlas to damage."""
    return Path(shutil.copytree(made, tmp_path / "atlas"))


def test_what_is_written_comes_back(made: Path) -> None:
    """Arrays, images, pictures and manifest are read as they were written."""
    atlas = Atlas.open(made)
    atlas.verify()
    assert [layer.name for layer in atlas.manifest.layers] == [name for name, *_ in LAYERS]
    arrays = atlas.arrays("layer3")
    assert arrays.activation.dtype == np.float32
    assert np.isnan(arrays.activation[DEAD]).all()
    assert (arrays.image[DEAD] == -1).all()
    assert sorted(atlas.images()) == list(range(IMAGES))
    assert atlas.picture("layer3", 2, "patches.small").read_bytes()[:4] == b"RIFF"
    assert atlas.identity == hash_file(made / MANIFEST)


def test_the_manifest_lists_every_file(made: Path) -> None:
    """Every file but the manifest is listed with its hash, and nothing else is."""
    listed = Atlas.open(made).manifest.files
    present = {p.relative_to(made).as_posix() for p in made.rglob("*") if p.is_file()}
    assert set(listed) == present - {MANIFEST}
    assert set(expected_files(Atlas.open(made).manifest.layers)) == set(listed)


def test_the_same_facts_make_the_same_bytes(made: Path, tmp_path: Path) -> None:
    """An atlas carries no clock and no chance."""
    assert Atlas.open(make_atlas(tmp_path / "again")).identity == Atlas.open(made).identity


def _set(key: str, value: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        data = json.loads((folder / MANIFEST).read_text())
        data[key] = value
        (folder / MANIFEST).write_text(json.dumps(data))

    return change


def _leave(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def _spoil(folder: Path) -> None:
    (folder / MANIFEST).write_text("{ not json")


def _unlist(folder: Path) -> None:
    data = json.loads((folder / MANIFEST).read_text())
    del data["files"]["pictures/layer2/0.patches.webp"]
    (folder / MANIFEST).write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_leave, "No such file"),
        (_spoil, "not JSON"),
        (_set("schema_version", 99), f"schema 99, this version reads schema {SCHEMA}"),
        (_set("surprise", 1), "surprise"),
        (_set("files", {"../secret": "0" * 64}), "leads out of the atlas"),
        (_unlist, "pictures/layer2/0.patches.webp"),
    ],
)
def test_a_manifest_that_cannot_be_used(
    folder: Path, damage: Callable[[Path], None], said: str
) -> None:
    """The error names the manifest and what is wrong, on one line."""
    damage(folder)
    with pytest.raises(AtlasError, match=MANIFEST) as caught:
        Atlas.open(folder)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(folder: Path) -> None:
    """An atlas that lacks one picture does not open."""
    (folder / "pictures/layer4/3.patches.webp").unlink()
    with pytest.raises(AtlasError, match=r"pictures/layer4/3\.patches\.webp"):
        Atlas.open(folder)


def test_a_changed_file_is_named(folder: Path) -> None:
    """`verify` finds a picture with one other byte, which opening does not."""
    picture = folder / "pictures/layer1/0.images.webp"
    content = bytearray(picture.read_bytes())
    content[-1] ^= 1
    picture.write_bytes(content)
    with pytest.raises(AtlasError, match=r"layer1/0\.images\.webp.*hash"):
        Atlas.open(folder).verify()


def test_damaged_arrays_are_named(folder: Path) -> None:
    """A file of arrays that is cut short gives an error that names it."""
    path = folder / "layer2.safetensors"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(AtlasError, match=r"layer2\.safetensors"):
        Atlas.open(folder).arrays("layer2")


def test_arrays_of_another_shape_are_named(folder: Path) -> None:
    """Arrays of another layer's size are refused with the name of the array."""
    shutil.copyfile(folder / "layer1.safetensors", folder / "layer2.safetensors")
    with pytest.raises(AtlasError, match=r"layer2\.safetensors: array activation"):
        Atlas.open(folder).arrays("layer2")


def test_a_line_that_is_no_image_is_named(folder: Path) -> None:
    """A damaged line of images.jsonl is named by its number."""
    path = folder / "images.jsonl"
    lines = path.read_text().splitlines()
    lines[2] = '{"row": "many"}'
    path.write_text("\n".join(lines))
    with pytest.raises(AtlasError, match=r"images\.jsonl:3: "):
        Atlas.open(folder).images()


def test_the_writer_refuses_arrays_of_another_type(tmp_path: Path) -> None:
    """Double precision is not what the atlas agreed on."""
    wrong: dict[str, Any] = {
        name: np.zeros((2, *shape), kind) for name, (kind, shape) in ARRAYS.items()
    }
    wrong["scale"] = np.zeros((2, 9), np.float64)
    with pytest.raises(AtlasError, match="array scale is float64"):
        AtlasWriter(tmp_path).write_arrays("layer1", LayerArrays(**wrong))


def test_measures_come_back_as_written(made: Path) -> None:
    """What stimuli showed has the shapes that the record of its layer names."""
    atlas = Atlas.open(made)
    for layer in atlas.manifest.layers:
        assert layer.stimuli
        found = atlas.measures(layer.name, "measures")
        before = atlas.measures(layer.name, "untrained")
        assert found.orientation_curve.shape == (layer.filters, len(layer.stimuli.orientations))
        assert found.family_response.shape == (layer.filters, len(layer.stimuli.families))
        assert not np.array_equal(found.best, before.best)


def test_missing_measures_are_named(folder: Path) -> None:
    """An array that is not there is named with its file."""
    path = folder / "layer2.measures.safetensors"
    arrays = load_file(path)
    del arrays["hue"]
    save_file(arrays, path)
    with pytest.raises(AtlasError, match=r"layer2\.measures\.safetensors: array hue is missing"):
        Atlas.open(folder).measures("layer2", "measures")


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("layer1.measures", "family"),
        ("layer1.measures", "axis"),
        ("layer1.untrained", "twin"),
        ("layer1", "label"),
    ],
)
def test_an_index_that_leads_to_nothing_is_named(folder: Path, name: str, array: str) -> None:
    """Damage to an atlas is found when it is read, not where its facts are used."""
    path = folder / f"{name}.safetensors"
    arrays = load_file(path)
    arrays[array][0] = 100
    save_file(arrays, path)
    atlas = Atlas.open(folder)
    with pytest.raises(AtlasError, match=rf"array {array} leads beyond its \d+ names"):
        read_gallery(atlas)


def test_an_unfinished_folder_is_no_atlas(made: Path, tmp_path: Path) -> None:
    """`finish` refuses a folder that lacks a file, and leaves no manifest."""
    manifest = Atlas.open(made).manifest
    writer = AtlasWriter(tmp_path / "half")
    writer.write_images([])
    with pytest.raises(AtlasError, match=r"layer1\.safetensors: not written"):
        writer.finish(manifest)
    assert not (tmp_path / "half" / MANIFEST).exists()


def test_remains_of_a_killed_write_go(folder: Path) -> None:
    """A file that was being written when the process died does not become part of the atlas."""
    manifest: Manifest = Atlas.open(folder).manifest
    remains = folder / "pictures/layer1" / ("0.patches.webp" + PARTIAL)
    remains.write_bytes(b"half")
    again = AtlasWriter(folder).finish(manifest)
    assert not remains.exists()
    assert again == manifest


def test_a_writer_goes_on_where_another_stopped(folder: Path) -> None:
    """Files written before stay when a new writer takes the folder up."""
    before = {path.name for path in (folder / "pictures" / "layer1").iterdir()}
    AtlasWriter(folder)
    assert {path.name for path in (folder / "pictures" / "layer1").iterdir()} == before
    assert "0.patches.webp" in before


@pytest.mark.parametrize("name", ["best", "rest"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_measure_without_a_number_is_named(folder: Path, name: str, value: float) -> None:
    """What every page needs of a filter is a number."""
    path = folder / "layer1.measures.safetensors"
    arrays = load_file(path)
    arrays[name][0] = value
    save_file(arrays, path)
    with pytest.raises(AtlasError, match=f"array {name} holds no number"):
        Atlas.open(folder).measures("layer1", "measures")


def test_an_atlas_without_stimuli_has_no_files_of_them(tmp_path: Path) -> None:
    """It is whole without them; an error names the layer to whoever asks for them."""
    atlas = Atlas.open(make_atlas(tmp_path / "atlas", stimuli=False))
    atlas.verify()
    assert {name for name in atlas.manifest.files if name.endswith(".safetensors")} == {
        f"{name}.safetensors" for name, *_ in LAYERS
    }
    with pytest.raises(KeyError, match="layer2 was shown no stimuli"):
        atlas.measures("layer2", "measures")
    assert read_gallery(atlas).layer("layer2").measures == ()


def test_an_input_size_is_one_number_where_it_is_a_square(made: Path, tmp_path: Path) -> None:
    """As atlases have always held it; otherwise height and width."""
    assert json.loads((made / "manifest.json").read_text())["network"]["input_size"] == 224
    assert Atlas.open(made).manifest.network.input_size == Size.square(224)
    oblong = NETWORK.model_copy(update={"input_size": Size(256, 128)})
    folder = make_atlas(tmp_path / "atlas", network=oblong)
    assert json.loads((folder / "manifest.json").read_text())["network"]["input_size"] == [256, 128]
    assert Atlas.open(folder).manifest.network == oblong
