"""The right images in the right places, however they are dealt out."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from generator.atlas.bins import BINS
from generator.atlas.schema import LayerArrays
from generator.atlas.store import Atlas
from generator.compute import records
from generator.compute.project.contact_sheets import occupied, reconstruct_places
from generator.compute.records import layer_arrays
from generator.errors import AtlasError
from generator.images.decode import read_image
from generator.images.sets.folder import list_images
from generator.images.stream import normalise
from generator.names import Size
from tests.compute.pipeline.runs import bytes_of, run
from tests.oracles import loops as oracles
from tests.support.tiny_network import SIZE, draw_pictures, tiny_network


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


def test_fewer_than_nine_images_leave_places_empty(tmp_path: Path) -> None:
    """Four images fill at most four places."""
    run(draw_pictures(tmp_path / "few", 4), tmp_path / "atlas")
    arrays = Atlas.open(tmp_path / "atlas").arrays("layer1")
    assert (arrays.image[:, 4:] == -1).all()
    assert (arrays.image[:, 0] >= 0).any()


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
