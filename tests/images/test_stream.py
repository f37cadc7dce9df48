"""Batches by number: the same from any process, in any order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from generator.atlas.schema import SkippedFile
from generator.errors import ImagesError
from generator.images.decode import PictureError, UnreadableImage, UnreadableNow
from generator.images.remarks import Remark
from generator.images.sets.sources import open_images
from generator.images.stream import Batch, normalise, stream
from generator.names import Size
from tests.support.counted_images import Counted
from tests.support.image_forms import write_every_form


def same(one: Batch, two: Batch) -> bool:
    """Say whether two batches are equal in all their parts."""
    tensors = ("pixels", "valid", "content")
    return (one.first, one.skipped) == (two.first, two.skipped) and all(
        torch.equal(getattr(one, name), getattr(two, name)) for name in tensors
    )


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_batches_come_by_number(workers: int) -> None:
    """Batch n holds images 4n … 4n + 3, whoever decodes it, in whatever order of batches."""
    images = Counted(14, frozenset({2, 9}))
    numbers = [3, 0, 2]
    found = list(stream(images, Size.square(3), 4, workers, numbers))
    assert [batch.first for batch in found] == [12, 0, 8]
    for batch in found:
        for slot, row in enumerate(range(batch.first, batch.first + 4)):
            there = row < 14 and row not in images.unreadable
            assert batch.valid[slot] == there
            assert (batch.pixels[slot] == (row if there else 0)).all()
            assert (batch.content[slot] != 0) == there
    assert [batch.skipped for batch in found] == [
        (),
        (SkippedFile(path="2.png", reason="torn"),),
        (SkippedFile(path="9.png", reason="torn"),),
    ]
    assert list(stream(images, Size.square(3), 4, workers, [])) == []


class Troubled(Counted):
    """One picture cannot be read for no fault of its own."""

    def __init__(self, problem: PictureError, there: bool) -> None:
        super().__init__(12)
        self.problem, self.there = problem, there

    def is_there(self, row: int) -> bool:
        return self.there

    def read(
        self, row: int, size: Size, remarks: list[Remark] | None = None
    ) -> npt.NDArray[np.uint8]:
        if row == 6:
            raise self.problem
        return super().read(row, size, remarks)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(
    ("problem", "there"),
    [(UnreadableNow("input/output error"), True), (UnreadableImage("vanished"), False)],
)
def test_a_system_in_trouble_leaves_no_picture_out(
    workers: int, problem: PictureError, there: bool
) -> None:
    """The picture is named, with what to do."""
    batches = stream(Troubled(problem, there), Size.square(4), 4, workers, range(3))
    assert next(batches).first == 0
    with pytest.raises(ImagesError, match=rf"^6\.png: cannot be read now \({problem}\).*goes on"):
        next(batches)


def test_pixels_fade_to_the_mean_colour_with_their_opacity() -> None:
    """Of a batch with an opaque, a partly transparent and a fully transparent picture, each."""
    mean, std = (0.5, 0.25, 0.75), (0.25, 0.5, 0.2)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 4, 2, 2)).astype(np.uint8)
    pixels[0, 3], pixels[1, 3], pixels[2, 3] = 255, [[255, 128], [1, 0]], 0
    found = normalise(torch.from_numpy(pixels), mean, std).numpy()
    assert found.shape == (3, 3, 2, 2)
    for (picture, colour, row, column), value in np.ndenumerate(found):
        shade = (pixels[picture, colour, row, column] / 255 - mean[colour]) / std[colour]
        opacity = pixels[picture, 3, row, column] / 255
        assert value == pytest.approx(shade * opacity, abs=1e-6)


@pytest.mark.parametrize("form", ["zip", "tar", "shards", "list"])
def test_workers_read_archives_side_by_side(tmp_path: Path, form: str) -> None:
    """Three processes that read one file at the same time give what one gives."""
    images = open_images(write_every_form(tmp_path)[form])
    alone = list(stream(images, Size.square(8), 1, 0, range(4)))
    together = list(stream(images, Size.square(8), 1, 3, range(4)))
    assert all(batch.valid.all() for batch in alone)
    assert all(map(same, alone, together))
