"""Batches by number: the same from any process, in any order, and a clear end when one dies."""

from __future__ import annotations

import errno
import hashlib
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import traceback
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image

from generator.atlas.schema import Credit, SkippedFile
from generator.errors import ImagesError
from generator.images import decode
from generator.images.decode import PictureError, UnreadableImage, UnreadableNow
from generator.images.decoders import content_of
from generator.images.sets.image_set import ImageSet
from generator.images.sets.sources import open_images
from generator.images.stream import Batch, normalise, stream
from tests import ROOT
from tests.support.image_forms import write_every_form
from tests.support.tiny_network import draw_pictures

HOME = os.getpid()


class Counted(ImageSet):
    """Plain squares, row r of colour r. Some rows cannot be read; one ends its process."""

    name = "counted"

    def __init__(self, count: int, unreadable: frozenset[int] = frozenset(), end: int = -1) -> None:
        self.count, self.unreadable, self.end = count, unreadable, end

    def __len__(self) -> int:
        return self.count

    def path(self, row: int) -> str:
        return f"{row}.png"

    def label(self, row: int) -> str:
        return ""

    def labels(self) -> tuple[str, ...]:
        return ()

    def caption(self, row: int) -> str:
        return f"image {row}"

    def read(self, row: int, size: int) -> npt.NDArray[np.uint8]:
        if row in self.unreadable:
            raise UnreadableImage("torn")
        if row == self.end and os.getpid() != HOME:
            os.kill(os.getpid(), signal.SIGKILL)
        return np.full((4, size, size), row, np.uint8)

    def original_size(self, row: int) -> tuple[int, int]:
        return (1, 1)

    def fingerprint(self) -> str:
        return "0"

    def signature(self) -> str:
        return "0"

    def credits(self) -> Credit | None:
        return None


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
    found = list(stream(images, 3, 4, workers, numbers))
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
    assert list(stream(images, 3, 4, workers, [])) == []


class Troubled(Counted):
    """One picture cannot be read for no fault of its own."""

    def __init__(self, problem: PictureError, there: bool) -> None:
        super().__init__(12)
        self.problem, self.there = problem, there

    def is_there(self, row: int) -> bool:
        return self.there

    def read(self, row: int, size: int) -> npt.NDArray[np.uint8]:
        if row == 6:
            raise self.problem
        return super().read(row, size)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(
    ("problem", "there"),
    [(UnreadableNow("input/output error"), True), (UnreadableImage("vanished"), False)],
)
def test_a_system_in_trouble_leaves_no_picture_out(
    workers: int, problem: PictureError, there: bool
) -> None:
    """The picture is named, with what to do."""
    batches = stream(Troubled(problem, there), 4, 4, workers, range(3))
    assert next(batches).first == 0
    with pytest.raises(ImagesError, match=rf"^6\.png: cannot be read now \({problem}\).*goes on"):
        next(batches)


NOT_THE_PICTURES = (
    "EIO", "ENOMEM", "EMFILE", "ENFILE", "ENODEV", "ENXIO", "ESTALE", "ENOTCONN", "ETIMEDOUT",
    "EHOSTDOWN", "EHOSTUNREACH",
)  # fmt: skip


@pytest.mark.parametrize("name", [*NOT_THE_PICTURES, "EACCES", "EISDIR"])
def test_an_error_of_the_system_stops_and_one_of_the_picture_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A disk in trouble must not thin out the set; a file that may not be read is left out."""
    images = open_images(str(draw_pictures(tmp_path / "pictures", 3)))
    number = getattr(errno, name)
    honest = decode._open

    def failing(source: Path | bytes) -> Image.Image:
        if Path(os.fsdecode(source)).name == "picture_001.png":
            raise OSError(number, os.strerror(number))
        return honest(source)

    monkeypatch.setattr(decode, "_open", failing)
    batches = stream(images, 8, 4, 0, [0])
    if name in NOT_THE_PICTURES:
        reason = re.escape(os.strerror(number).lower())
        with pytest.raises(
            ImagesError, match=rf"picture_001\.png: cannot be read now \({reason}\)"
        ):
            next(batches)
    else:
        assert [file.path for file in next(batches).skipped] == ["right/picture_001.png"]


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


def test_content_is_a_hash_of_the_pixels() -> None:
    """The first eight bytes of sha256 over red, green, blue and opacity; equal for equal pixels."""
    pixels = np.arange(36, dtype=np.uint8).reshape(4, 3, 3)
    digest = hashlib.sha256(bytes(range(36))).digest()
    assert content_of(pixels) == int(np.frombuffer(digest[:8], "<i8")[0])
    assert content_of(pixels[:, ::-1]) != content_of(pixels)
    (batch,) = stream(Counted(3), 5, 4, 0, [0])
    assert batch.content.dtype == torch.int64
    assert batch.content.tolist() == [
        *(content_of(np.full((4, 5, 5), row, np.uint8)) for row in range(3)),
        0,
    ]


@pytest.mark.parametrize("form", ["zip", "tar", "shards", "list"])
def test_workers_read_archives_side_by_side(tmp_path: Path, form: str) -> None:
    """Three processes that read one file at the same time give what one gives."""
    images = open_images(write_every_form(tmp_path)[form])
    alone = list(stream(images, 8, 1, 0, range(4)))
    together = list(stream(images, 8, 1, 3, range(4)))
    assert all(batch.valid.all() for batch in alone)
    assert all(map(same, alone, together))


@pytest.mark.parametrize("workers", [1, 3])
def test_a_dead_worker_is_told(workers: int) -> None:
    """A process that is killed is named, with its end and what to do."""
    with pytest.raises(ImagesError) as caught:
        list(stream(Counted(60, end=20), 8, 4, workers, range(15)))
    text = str(caught.value)
    assert re.match(r"process \d+, which decodes images, has died \(ended by SIGKILL", text)
    assert "the same command goes on from the last record" in text
    assert "--workers 0" in text
    # In the next run, and without processes, everything is as it should be.
    assert len(list(stream(Counted(60), 8, 4, 2, range(15)))) == 15
    assert len(list(stream(Counted(60, end=20), 8, 4, 0, range(15)))) == 15


def test_batches_before_a_death_come() -> None:
    """All of them from one process; of several, the batches that others have in work are lost."""
    batches = stream(Counted(60, end=20), 8, 4, 1, range(15))
    assert [next(batches).first for _ in range(5)] == [0, 4, 8, 12, 16]
    with pytest.raises(ImagesError, match="has died"):
        next(batches)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_mistake_ends_the_stream(workers: int) -> None:
    """What is no fault of a picture is raised as it is, and shows where it happened."""
    with pytest.raises(OverflowError, match="out of bounds") as caught:
        list(stream(Counted(300), 8, 4, workers, [70]))  # no byte holds 280
    assert "test_stream.py" in "".join(traceback.format_exception(caught.value))
    assert "np.full" in "".join(traceback.format_exception(caught.value))


def test_workers_end_with_the_stream() -> None:
    """Read to the end, left early, or broken: no process stays."""
    before = set(multiprocessing.active_children())
    list(stream(Counted(8), 4, 4, 2, range(2)))
    left = stream(Counted(40), 4, 4, 2, range(10))
    next(left)
    assert len(set(multiprocessing.active_children()) - before) == 2
    left.close()  # type: ignore[attr-defined]
    assert set(multiprocessing.active_children()) == before


ORPHANS = """
import os, signal
from generator.images import forking
from generator.images.stream import stream
from tests.images.test_stream import Counted

forking.ORPHAN_CHECK = 0.05
next(stream(Counted(800), 8, 4, 3, range(200)))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_workers_end_when_their_parent_is_killed() -> None:
    """Nothing is left running: the pipe that all of them hold comes to its end."""
    done = subprocess.run(
        [sys.executable, "-c", ORPHANS],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL
