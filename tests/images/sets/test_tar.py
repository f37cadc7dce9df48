"""Pictures in tars: one, or WebDataset shards, many tars named with braces."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from generator.errors import ImagesError
from generator.images.decode import UnreadableImage
from generator.images.sets import tar as tar_images
from generator.images.sets.image_set import ImageSet
from generator.images.sets.sources import open_images
from generator.images.sets.tar_index import TarIndex
from generator.names import Size
from tests import ROOT
from tests.support.image_forms import picture, write_shards, write_tar

PNG = picture()


def paths_of(images: ImageSet) -> list[str]:
    """Return all paths in their order."""
    return [images.path(row) for row in range(len(images))]


def test_a_sample_gives_one_picture(tmp_path: Path) -> None:
    """The one whose whole ending is a picture's, else the image by its name, else no mask."""
    members = [
        *("1.seg.png", "1.png", "1.jpg", "2.depth.png", "2.seg.png", "3.mask.png", "3.left.png"),
        *("4.left.png", "4.depth.png", "4.RGB.png", "x/1.png", "y/1.png", "z.cr2"),
    ]
    write_tar(tmp_path / "0.tar", [(name, PNG) for name in members])
    images = open_images(str(tmp_path / "{0..0}.tar"))
    assert paths_of(images) == [
        *("0.tar/1.png", "0.tar/3.left.png", "0.tar/4.RGB.png", "0.tar/x/1.png", "0.tar/y/1.png")
    ]
    unread, left_out = images.remarks()
    assert unread == (
        "not read: 1 file of other formats, .cr2 (1); save them as JPEG or PNG to have them in"
    )
    assert left_out == (
        "left out: 7 pictures beside the images of their samples, "
        ".depth.png (2), .jpg (1), .left.png (1), .mask.png (1), .seg.png (2)"
    )
    assert images.labels() == ("x", "y")  # a shard's name is nobody's label
    assert images.label(0) == ""


def test_shards_of_nothing_but_masks_are_told(tmp_path: Path) -> None:
    """What is there is named with its number."""
    write_tar(tmp_path / "0.tar", [("1.mask.png", PNG), ("2.mask.png", PNG)])
    with pytest.raises(ImagesError, match=r"no images in .*; left out: 2 .*, \.mask\.png \(2\)$"):
        open_images(str(tmp_path / "{0..0}.tar"))


def test_folders_of_shards_are_compared_without_the_shards(tmp_path: Path) -> None:
    """`images` is alike in both shards, and the names of shards are nobody's label."""
    for number, label in enumerate(("cat", "dog")):
        write_tar(tmp_path / f"{number}.tar", [(f"{label}/images/1.png", PNG)])
    images = open_images(str(tmp_path / "{0..1}.tar"))
    assert [images.label(row) for row in range(2)] == ["cat", "dog"]
    assert images.labels() == ("cat", "dog")


def test_shards_follow_each_other(tmp_path: Path) -> None:
    """Rows run through the shards in their order; folders of different shards are told apart."""
    for part in ("train", "val"):
        (tmp_path / part).mkdir()
        for number in range(2):
            names = [f"{number}{each}.png" for each in range(3 * number)]
            write_tar(tmp_path / part / f"{number}.tar", [(name, PNG) for name in names])
    images = open_images(str(tmp_path / "{train,val}" / "{0..1}.tar"))
    assert paths_of(images) == [
        f"{part}/1.tar/1{each}.png" for part in ("train", "val") for each in range(3)
    ]
    assert [images.caption(row) for row in range(3)] == ["image 10", "image 11", "image 12"]


def test_captions_at_the_root_of_a_shard_are_its_own(tmp_path: Path) -> None:
    """The same path in two shards is two pictures."""
    for number, words in enumerate((b'{"a.png": "First"}', b'{"a.png": "Second"}')):
        write_tar(tmp_path / f"{number}.tar", [("a.png", PNG), ("captions.json", words)])
    images = open_images(str(tmp_path / "{0..1}.tar"))
    assert [images.caption(row) for row in range(2)] == ["First", "Second"]


def test_a_missing_or_damaged_shard_is_named(tmp_path: Path) -> None:
    """One of a hundred is enough to stop: a set with a hole is another set."""
    spec = write_shards(tmp_path / "shards")
    damaged = tmp_path / "shards" / "09.tar"
    damaged.write_bytes(damaged.read_bytes()[:700])
    with pytest.raises(ImagesError, match=r"shards/09\.tar is cut short"):
        open_images(spec)
    damaged.unlink()
    with pytest.raises(ImagesError, match=r"shards/09\.tar: cannot be read: No such file"):
        open_images(spec)


def test_a_tar_that_shrinks_is_told(tmp_path: Path) -> None:
    """A picture of which less is there than the header promised is truncated."""
    file = write_tar(tmp_path / "a.tar", [("a.png", PNG)])
    images = open_images(str(file))
    file.write_bytes(file.read_bytes()[:700])
    with pytest.raises(UnreadableImage, match=r"^truncated$"):
        images.read(0, Size.square(8))


def die(_tar: Path, *, one_each: bool) -> TarIndex:  # noqa: ARG001 - as `index_tar` is called
    """End the process that reads headers as the system would for want of memory."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def test_a_process_that_dies_over_headers_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing waits for it for ever."""
    for number in range(3):
        write_tar(tmp_path / f"{number}.tar", [("a.png", PNG)])
    monkeypatch.setattr(tar_images, "index_tar", die)
    with pytest.raises(ImagesError, match="has died"):
        open_images(str(tmp_path / "{0..2}.tar"))


ORPHANS = """
import os, signal, sys
from pathlib import Path
from generator.images import forking
from generator.images.sets import tar as tar_images

def read_for_ever(tar, *, one_each):
    if tar.name == "0.tar":
        os.kill(os.getppid(), signal.SIGKILL)
    os.read(os.pipe()[0], 1)

forking.ORPHAN_CHECK = 0.05
tar_images.index_tar = read_for_ever
tar_images.TarImages("x", [*map(Path, sys.argv[1:])], ["a/", "b/", "c/"], True)
"""


def test_processes_that_read_headers_end_with_their_parent(tmp_path: Path) -> None:
    """Nothing is left running: the pipe that all of them hold comes to its end."""
    tars = [write_tar(tmp_path / f"{number}.tar", [("a.png", PNG)]) for number in range(3)]
    done = subprocess.run(
        [sys.executable, "-c", ORPHANS, *tars],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL
