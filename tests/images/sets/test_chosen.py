"""Some pictures of a set as a set of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from generator.images.sets.chosen import evenly_chosen
from generator.images.sets.sources import open_images
from generator.images.stream import stream
from generator.names import Size
from tests.support.tiny_network import draw_pictures

SIZE = Size.square(24)


def test_a_set_that_is_small_enough_is_itself(tmp_path: Path) -> None:
    """To the last picture."""
    images = open_images(str(draw_pictures(tmp_path, 10)))
    assert evenly_chosen(images, 10) is images


def test_pictures_lie_at_even_distances_and_are_those_of_the_set(tmp_path: Path) -> None:
    """With their paths, labels and pixels, also where other processes read them."""
    images = open_images(str(draw_pictures(tmp_path, 25))).in_channels(1)
    chosen = evenly_chosen(images, 7)
    rows = [0, 3, 7, 10, 14, 17, 21]
    assert len(chosen) == 7
    assert [chosen.path(row) for row in range(7)] == [images.path(row) for row in rows]
    assert [chosen.label(row) for row in range(7)] == [images.label(row) for row in rows]
    assert chosen.grey
    expected = np.stack([images.read(row, SIZE) for row in rows])
    for workers in (0, 1):
        (batch,) = stream(chosen, SIZE, 8, workers, [0])
        np.testing.assert_array_equal(batch.pixels[:7].numpy(), expected)
        assert batch.valid.tolist() == [True] * 7 + [False]
