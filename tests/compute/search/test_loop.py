"""The search over batches: short memory, labels as keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from generator.compute.search import loop
from generator.compute.search.loop import label_keys
from generator.compute.search.passes import Halving
from generator.errors import NetworkError
from generator.images.sets.sources import open_images
from generator.images.stream import stream
from tests.support.tiny_network import draw_pictures


def short_of_memory(most: int) -> Callable[[Tensor], list[Tensor]]:
    """A forward pass that has memory for so many images, and doubles them."""

    def run(images: Tensor) -> list[Tensor]:
        if len(images) > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return [2 * images]

    return run


@pytest.mark.parametrize(("most", "batch"), [(8, 8), (7, 8), (3, 8), (1, 8), (2, 5), (1, 1)])
def test_a_batch_is_halved_until_it_fits(most: int, batch: int) -> None:
    """Every image runs once, in order; it is said once, and not tried again."""
    said: list[str] = []
    forward = Halving(short_of_memory(most), said.append)
    for _ in range(2):
        images = torch.rand(batch, 3, 2, 2)
        parts = list(forward(images))
        assert torch.equal(torch.cat([maps for _, (maps,) in parts]), 2 * images)
        assert torch.equal(torch.cat([images[part] for part, _ in parts]), images)
    assert len(said) == (batch > most)
    assert all(str(batch) in text for text in said)


@pytest.mark.parametrize(
    ("most", "batch", "tried", "again"),
    [
        (8, 8, [8], [8]),
        (7, 8, [8, 4, 4], [4, 4]),
        (3, 8, [8, 4, 2, 2, 2, 2], [2, 2, 2, 2]),
        (2, 5, [5, 2, 2, 1], [2, 2, 1]),
        (1, 3, [3, 1, 1, 1], [1, 1, 1]),
    ],
)
def test_a_batch_is_halved_no_further_than_it_must_be(
    most: int, batch: int, tried: list[int], again: list[int]
) -> None:
    """Half as many at a time until they fit, and as many in the batches after it."""
    sizes: list[int] = []
    honest = short_of_memory(most)

    def counted(images: Tensor) -> list[Tensor]:
        sizes.append(len(images))
        return honest(images)

    forward = Halving(counted, lambda _: None)
    for expected in (tried, again):
        sizes.clear()
        list(forward(torch.rand(batch, 3, 2, 2)))
        assert sizes == expected


def test_too_little_memory_for_one_image_is_an_error() -> None:
    """Which says what to try."""
    with pytest.raises(NetworkError, match="--device cpu"):
        list(Halving(short_of_memory(0), print)(torch.rand(4, 3, 2, 2)))


def test_no_label_is_a_content(tmp_path: Path) -> None:
    """Pictures of one label share a key, those without one have that of their pixels."""
    folder = draw_pictures(tmp_path / "pictures", 5)
    for number, path in enumerate(sorted((folder / "left").iterdir())[:2]):
        (folder / f"alone_{number}.png").write_bytes(path.read_bytes())
    images = open_images(str(folder))
    (batch,) = stream(images, 24, 8, 0, [0])
    keys = label_keys(images)(batch).tolist()
    labels = [images.label(row) for row in range(len(images))]
    assert labels == ["", "", "left", "left", "left", "right", "right"]
    assert len(set(keys[2:5])) == len(set(keys[5:7])) == 1
    assert len(set(keys[:7])) == 4
    assert all(key % 2 == 0 for key in keys[2:7])
    assert all(key % 2 == 1 for key in keys[:2])


def test_records_are_made_as_often_as_promised() -> None:
    """README and error messages speak of half a minute."""
    assert loop.SAVE_EVERY == 30
