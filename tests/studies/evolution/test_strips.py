"""Strips: their layout, and that each column is what the weights of its moment make."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from generator.atlas.schema import GUTTER
from generator.compute.project import crops
from generator.compute.project.run import Inputs
from generator.network.watched import WatchedNetwork
from generator.studies.evolution.record import strip_size
from generator.studies.evolution.strips import strip, strips, tile_of
from generator.studies.search import search
from tests.studies.evolution.moments import SETTINGS, moments, pictures

TILE = 8


def plain(value: int) -> crops.Pixels:
    """Return a small tile of one grey."""
    return np.full((4, 4, 3), value, np.uint8)


def test_patches_lie_above_their_reconstructions() -> None:
    """A column for each moment with a gutter between, grey where there is none."""
    picture = strip([(plain(10), plain(20)), None, (plain(30), plain(40))], TILE)
    assert picture.shape == (2 * TILE + GUTTER, 3 * TILE + 2 * GUTTER, 3)
    assert strip_size(TILE, 3) == (picture.shape[1], picture.shape[0])
    second = TILE + GUTTER
    values = {
        (row, column): set(
            picture[row * second :, column * second :][:TILE, :TILE].ravel().tolist()
        )
        for row in (0, 1)
        for column in (0, 1, 2)
    }
    assert values == {
        (0, 0): {10},
        (1, 0): {20},
        (0, 1): {crops.GREY},
        (1, 1): {crops.GREY},
        (0, 2): {30},
        (1, 2): {40},
    }
    assert set(picture[TILE:second].ravel().tolist()) == {crops.GREY}


def test_each_column_is_what_its_own_weights_make(tmp_path: Path) -> None:
    """In layer 1 a reconstruction is the kernel of that moment, where it lies inside the image."""
    networks, images = moments(), pictures(tmp_path / "pictures")
    found = search(networks, images, SETTINGS, tmp_path / "record", lambda *_: None)
    inputs = Inputs(networks[-1], images)
    layer = networks[-1].layers[0]
    made = strips(networks, found, 0, range(1, 4), inputs, layer.field.size)
    tile = tile_of(layer.field.size)
    assert tile == 66  # 22 times the field of 3 pixels
    for number, content in zip(range(1, 4), made, strict=True):
        picture = np.asarray(Image.open(io.BytesIO(content)))
        for at, network in enumerate(networks):
            column = picture[:, at * (tile + GUTTER) :][:, :tile]
            kernel = network.model[0].weight[number].numpy()  # type: ignore[index]
            patch, inside = strongest_patch(network, inputs, number)
            expected = crops.signed_picture(kernel * inside)[0]
            np.testing.assert_allclose(
                column[tile + GUTTER :: 22, ::22].astype(int), expected.astype(int), atol=1
            )
            assert np.array_equal(column[:tile:22, ::22], patch)


def strongest_patch(
    network: WatchedNetwork, images: Inputs, number: int
) -> tuple[crops.Pixels, np.ndarray]:
    """Return the 3 × 3 pixels to which a filter of layer 1 answers most, and which are inside."""
    whole = torch.stack([images.input(row) for row in range(len(images.images))])
    with torch.no_grad():
        maps = network.model[0](whole)[:, number]  # type: ignore[index]
    row, top, left = np.unravel_index(int(maps.argmax()), tuple(maps.shape))
    padded = torch.nn.functional.pad(whole[row], (1, 1, 1, 1)).numpy()
    patch = padded[:, top : top + 3, left : left + 3]
    mean, std = (np.asarray(each, np.float32) for each in (network.mean, network.std))
    inside = np.pad(np.ones(whole.shape[2:], np.float32), 1)[top : top + 3, left : left + 3]
    return crops.to_pixels(patch, mean, std), inside


def test_a_filter_that_nothing_activates_is_grey(tmp_path: Path) -> None:
    """Filter 3 of the last layer, at every moment; the others are not."""
    networks, images = moments(), pictures(tmp_path / "pictures")
    found = search(networks, images, SETTINGS, tmp_path / "record", lambda *_: None)
    made = strips(networks, found, 1, range(6), Inputs(networks[-1], images), 8)
    grey = [bool((np.asarray(Image.open(io.BytesIO(each))) == crops.GREY).all()) for each in made]
    assert grey == [number == 3 for number in range(6)]
