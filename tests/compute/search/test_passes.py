"""Forward passes where memory is short, and where a network gives no number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from generator.compute.search.loop import search_batches
from generator.compute.search.passes import Halving
from generator.config import Settings
from generator.errors import NetworkError
from generator.images.sets.sources import open_images
from generator.network.rules import GRADIENT
from tests.support.tiny_network import draw_pictures, tiny_network


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


def test_a_picture_of_which_the_network_makes_no_number_is_named(tmp_path: Path) -> None:
    """By its path in the set."""
    Image.new("RGB", (24, 24), "black").save(draw_pictures(tmp_path, 9) / "left" / "night.png")

    class Contrast(nn.Module):
        """Divides by the spread of a picture, which may be zero."""

        def forward(self, images: Tensor) -> Tensor:
            return images / images.std((1, 2, 3), keepdim=True)

    tiny = tiny_network()
    odd = replace(tiny, model=nn.Sequential(Contrast(), *tiny.model.children()), rule=GRADIENT)
    odd = replace(odd, modules={"layer1": "2", "layer2": "5"}, mean=(0.0, 0.0, 0.0))
    settings = Settings(images=str(tmp_path), batch=4, workers=0)
    with pytest.raises(NetworkError, match=r"layer1 of zfnet: left/night\.png has .* not a number"):
        search_batches(settings, odd, open_images(str(tmp_path)), range(3), *[lambda *_: None] * 3)
