"""The stage that measures effective fields, and the pictures in them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generator.atlas.schema import GUTTER, LayerRecord
from generator.atlas.store import Atlas
from generator.compute import shares
from generator.compute.project import crops
from generator.compute.project import run as drawing
from generator.compute.project.run import measure_field
from generator.compute.run.workspace import Workspace
from generator.images.decode import read_image
from generator.images.sets.folder import list_images
from generator.names import Size
from generator.network.zoo import load as zoo
from tests.compute.pipeline.runs import Killed, bytes_of, run
from tests.oracles import loops as oracles
from tests.support.tiny_network import SIZE, planted_network

# Of theoretical fields, made before there were others: sha256 over the pixels of all patches, and
# the scales of the strongest places.
PATCHES = "64eca5051ffaa608fda29fbdcc7ca2e7e5956823c66b819287e7000760ba450e"
SCALES = {
    "layer1": [0.619005, 0.456055, 0.320295, 0.409968],
    "layer2": [0.0286685, 0.0413996, 0.0751087, 0.0, 0.0141435, 0.0658244],
}


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name loads the network whose kernels are zero but in the middle; groups are small."""
    monkeypatch.setattr(zoo, "load", lambda *_: planted_network())
    monkeypatch.setattr(drawing, "FILTERS_AT_ONCE", 3)


def made(
    images: Path, atlas: Path, progress: Callable[..., None] = lambda *_: None, **more: str
) -> Atlas:
    """Compute an atlas without stimuli or studies."""
    run(images, atlas, progress, stimuli=False, studies=(), **more)
    return Atlas.open(atlas)


def tiles(path: Path, layer: LayerRecord) -> np.ndarray:
    """Return the nine tiles of a sheet, a pixel for each input pixel: [9, side, side, 3]."""
    sheet = np.asarray(Image.open(path).convert("RGB"))
    step, times = layer.tile + GUTTER, layer.tile // layer.patch
    corners = [(row * step, column * step) for row in range(3) for column in range(3)]
    return np.stack(
        [sheet[y : y + layer.tile : times, x : x + layer.tile : times] for y, x in corners]
    )


def test_patches_show_what_the_planted_kernels_rest_on(pictures: Path, tmp_path: Path) -> None:
    """Five pixels of 15 and eleven of 21; each patch is that middle of the recorded field."""
    atlas = made(pictures, tmp_path / "atlas")
    fields = [(each.receptive_field, each.effective_field) for each in atlas.manifest.layers]
    assert fields == [(15, 5), (21, 11)]
    assert "field" not in atlas.manifest.settings
    listing = list_images(pictures)
    read = [read_image(pictures / path, Size.square(SIZE)) for path in listing.paths]
    for layer in atlas.manifest.layers:
        assert layer.patch == layer.effective_field
        arrays, inset = atlas.arrays(layer.name), (layer.receptive_field - layer.patch) // 2
        for filter_ in range(layer.filters):
            shown = tiles(atlas.picture(layer.name, filter_, "patches"), layer)
            for place, row in enumerate(arrays.image[filter_].tolist()):
                if row < 0:
                    continue
                top, left, bottom, right = arrays.box[filter_, place].tolist()
                assert bottom - top == layer.receptive_field
                box = (top + inset, left + inset, bottom - inset, right - inset)
                expected = oracles.patch(read[row].transpose(1, 2, 0), box, (128, 128, 128))
                assert (np.abs(shown[place].astype(int) - expected) <= 1).all()


def test_reconstructions_show_the_same_middle(pictures: Path, tmp_path: Path) -> None:
    """Each is the middle of that by whole fields, on a scale of its own."""
    middle = made(pictures, tmp_path / "middle")
    whole = made(pictures, tmp_path / "whole", field="theoretical")
    for here, there in zip(middle.manifest.layers, whole.manifest.layers, strict=True):
        inset = (there.patch - here.patch) // 2
        scale, other = (each.arrays(here.name).scale for each in (middle, whole))
        for filter_ in range(here.filters):
            shown = tiles(middle.picture(here.name, filter_, "reconstructions"), here)
            full = tiles(whole.picture(here.name, filter_, "reconstructions"), there)
            cropped = full[:, inset:-inset, inset:-inset].astype(float)
            inside = (cropped > 0) & (cropped < 255)  # by either scale
            inside &= (shown > 0) & (shown < 255)
            back = (shown - 127.5) * scale[filter_][:, None, None, None]
            signal = (cropped - 127.5) * other[filter_][:, None, None, None]
            assert (np.abs(back - signal)[inside] <= 0.51 * (scale + other)[filter_].max()).all()


def test_whole_fields_are_shown_as_ever(pictures: Path, tmp_path: Path) -> None:
    """As before there were effective fields, which are measured and recorded all the same."""
    atlas = made(pictures, tmp_path / "atlas", field="theoretical")
    assert atlas.manifest.settings["field"] == "theoretical"
    found = hashlib.sha256()
    for layer in atlas.manifest.layers:
        assert layer.patch == layer.receptive_field
        assert layer.effective_field in (5, 11)
        scales = atlas.arrays(layer.name).scale[:, 0]
        assert scales == pytest.approx(SCALES[layer.name], rel=1e-3)
        for filter_ in range(layer.filters):
            picture = Image.open(atlas.picture(layer.name, filter_, "patches")).convert("RGB")
            found.update(picture.tobytes())
    assert found.hexdigest() == PATCHES


def test_a_killed_run_measures_no_field_twice(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a kill in the stage the other layer is left, after one in the next stage none."""
    straight = bytes_of(made(pictures, tmp_path / "straight").folder)
    measured = Counter[str]()

    def counted(network: object, layer: object, *rest: object) -> int:
        measured[layer.name] += 1  # type: ignore[attr-defined]
        return measure_field(network, layer, *rest)  # type: ignore[arg-type]

    def kill_in(stage: str) -> Callable[[str, int, int], None]:
        def kill(name: str, _done: int, _of: int) -> None:
            if name == stage:
                raise Killed

        return kill

    monkeypatch.setattr(shares, "measure_field", counted)
    for stage, expected in (("fields", ["layer1"]), ("reconstruct", ["layer1", "layer2"])):
        with pytest.raises(Killed):
            made(pictures, tmp_path / "atlas", kill_in(stage))
        assert sorted(measured.elements()) == expected
    assert bytes_of(made(pictures, tmp_path / "atlas").folder) == straight
    assert sorted(measured.elements()) == ["layer1", "layer2"]
    assert not list((tmp_path / "atlas.work").glob("fields*"))


def test_pictures_in_another_field_are_drawn_again(pictures: Path, tmp_path: Path) -> None:
    """What is recorded of a group counts only while the field is the one it was drawn in."""
    straight = made(pictures, tmp_path / "straight", field="theoretical")

    def kill(name: str, _done: int, _of: int) -> None:
        if name == "reconstruct":
            raise Killed

    with pytest.raises(Killed):
        made(pictures, tmp_path / "atlas", kill)
    workspace = Workspace(tmp_path / "atlas")
    assert workspace.load_scales("layer1", 0, 5) is not None
    assert workspace.load_scales("layer1", 0, 15) is None
    for layer in ("layer1", "layer2"):
        workspace.save_field(layer, 0)  # as if nothing could be measured
    atlas = made(pictures, tmp_path / "atlas")
    assert [each.effective_field for each in atlas.manifest.layers] == [None, None]
    pictured = {name: sha for name, sha in atlas.manifest.files.items() if "pictures" in name}
    assert pictured.items() <= straight.manifest.files.items()


def test_the_field_is_part_of_what_an_atlas_is_made_from(pictures: Path, tmp_path: Path) -> None:
    """The other setting makes the atlas again."""
    made(pictures, tmp_path / "atlas")
    report = run(pictures, tmp_path / "atlas", stimuli=False, studies=(), field="theoretical")
    assert not report.unchanged
    assert report.fields == 2


def test_a_layer_without_any_place_keeps_its_field(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is measured where no image activates any filter."""
    network = planted_network()
    network.model[0].bias.fill_(-1e6)  # type: ignore[index]
    monkeypatch.setattr(zoo, "load", lambda *_: network)
    layer = made(pictures, tmp_path / "atlas").manifest.layers[0]
    assert (layer.effective_field, layer.patch) == (None, 15)
    assert layer.tile == crops.tile_side(15)
