"""Listing a folder of pictures, in an order that stays."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generator.errors import ImagesError
from generator.images.captions import (
    caption_of,
    display_path,
    label_of,
)
from generator.images.decode import UnreadableImage, read_image
from generator.images.sets.folder import list_images
from generator.names import Size

RED = (255, 0, 0)


def touch(path: Path, content: bytes = b"x") -> Path:
    """Make a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def colour(pixels: np.ndarray, row: int, column: int) -> tuple[int, ...]:
    """Return one pixel of [c, h, w]."""
    return tuple(int(value) for value in pixels[:, row, column])


def test_order_is_that_of_the_bytes(tmp_path: Path) -> None:
    """Files are sorted by the bytes of their relative paths, whatever the folder or locale says."""
    names = ["b.jpg", "a/b.jpg", "a.jpg", "B.jpg", "ä.jpg", "a-b.jpg", "Z/deep/er/c.PNG"]
    for name in names:
        touch(tmp_path / name)
    listing = list_images(tmp_path)
    assert tuple(listing.paths) == tuple(sorted(names, key=str.encode))
    assert listing.path(0) == "B.jpg"
    assert len(listing) == 7


def test_formats_are_known_by_their_endings(tmp_path: Path) -> None:
    """All eight endings count, in either case; hidden names and other files do not."""
    for ending in ("jpg", "JPEG", "png", "WebP", "gif", "bmp", "TIF", "tiff"):
        touch(tmp_path / f"picture.{ending}")
    for other in ("notes.txt", "jpg", ".hidden.jpg", ".cache/picture.jpg", "picture.jpg.part"):
        touch(tmp_path / other)
    assert len(list_images(tmp_path)) == 8


def test_pictures_of_other_formats_are_counted(tmp_path: Path) -> None:
    """One line names their endings; where they are all that there is, the error does."""
    names = ("a/1.CR2", "a/2.cr2", "b/x.psd", "b/notes.txt", ".hidden/3.cr2", "4.svg")
    for name in names:
        touch(tmp_path / name)
    with pytest.raises(ImagesError, match=r"HEIC; not read: 4 files .* \.cr2 \(2\), \.psd \(1\), "):
        list_images(tmp_path)
    touch(tmp_path / "b" / "1.jpg")
    told = "not read: 4 files of other formats, .cr2 (2), .psd (1), .svg (1); save them as JPEG or"
    assert list_images(tmp_path).remarks() == (f"{told} PNG to have them in",)
    (tmp_path / "c").mkdir()
    touch(tmp_path / "c" / "1.jpg")
    assert list_images(tmp_path / "c").remarks() == ()


@pytest.mark.parametrize("make", ["missing", "file", "empty", "other"])
def test_a_folder_without_images_is_an_error(tmp_path: Path, make: str) -> None:
    """Missing, no folder, empty, nothing of the formats: the error names folder and formats."""
    root = tmp_path / "photos"
    if make == "file":
        touch(root)
    elif make != "missing":
        root.mkdir()
    if make == "other":
        touch(root / "notes.txt")
    with pytest.raises(ImagesError) as caught:
        list_images(root)
    assert str(root) in str(caught.value)
    assert "JPEG, PNG, WebP, GIF, BMP, TIFF" in str(caught.value)


def test_links_are_followed_without_loops(tmp_path: Path) -> None:
    """A link to a folder above ends; a folder counts once, under its own name where it has one."""
    outside = touch(tmp_path / "outside" / "far.jpg").parent
    root = tmp_path / "root"
    touch(root / "z" / "near.jpg")
    (root / "a").symlink_to(root / "z")
    (root / "z" / "up").symlink_to(root)
    (root / "linked").symlink_to(outside)
    (root / "file.jpg").symlink_to(outside / "far.jpg")
    assert tuple(list_images(root).paths) == ("file.jpg", "linked/far.jpg", "z/near.jpg")


def test_dead_links_are_listed_and_pipes_are_not(tmp_path: Path) -> None:
    """A link to nothing is found unreadable later; a pipe, which would never end, is passed by."""
    touch(tmp_path / "a.jpg")
    (tmp_path / "dead.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (tmp_path / "circle.jpg").symlink_to(tmp_path / "circle.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    assert tuple(list_images(tmp_path).paths) == ("a.jpg", "circle.jpg", "dead.jpg")
    with pytest.raises(UnreadableImage, match=r"^vanished$"):
        read_image(tmp_path / "dead.jpg", Size.square(4))


def test_the_place_of_a_disk_taken_away_is_noticed(tmp_path: Path) -> None:
    """Also where a link leads to it, or where the folder in which it was mounted stays."""
    outside = touch(tmp_path / "disk" / "far.jpg")
    inside = [touch(tmp_path / "root" / name) for name in ("a/1.jpg", "a/2.jpg", "b/1.jpg")]
    (tmp_path / "root" / "linked").symlink_to(outside.parent)
    (tmp_path / "root" / "a" / "dead.jpg").symlink_to(tmp_path / "nowhere.jpg")
    images = list_images(tmp_path / "root")
    assert all(images.is_there(row) for row in range(len(images)))
    shutil.rmtree(outside.parent)
    inside[0].unlink()
    inside[2].unlink()
    gone = [path for row, path in enumerate(images.paths) if not images.is_there(row)]
    assert gone == ["b/1.jpg", "linked/far.jpg"]


def test_names_that_are_no_text(tmp_path: Path) -> None:
    """A name of bytes that are no UTF-8 is listed, read and shown with replacement marks."""
    raw = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(raw)  # noqa: PTH102 - pathlib takes no bytes
    Image.new("RGB", (4, 4), RED).save(os.fsdecode(raw + b"/\xff\n<\"'>.png"))
    listing = list_images(tmp_path)
    (path,) = listing.paths
    assert os.fsencode(path) == b"caf\xe9/\xff\n<\"'>.png"
    assert display_path(path) == "caf\ufffd/\ufffd\n<\"'>.png"
    assert len(listing.fingerprint()) == 64
    assert colour(read_image(tmp_path / path, Size.square(4)), 0, 0) == (*RED, 255)
    assert (label_of(path), caption_of(path, {})) == ("caf\ufffd", "caf\ufffd, image")


def test_fingerprint_tells_names_and_sizes(tmp_path: Path) -> None:
    """It changes with a name or a size, not with a time; the signature changes with a time."""
    file = touch(tmp_path / "a" / "b.jpg", b"12345")
    os.utime(file, ns=(0, 1))
    first = list_images(tmp_path)
    os.utime(file, ns=(0, 2))
    later = list_images(tmp_path)
    assert later.fingerprint() == first.fingerprint() != first.signature()
    assert later.signature() != first.signature()
    file.write_bytes(b"123456")
    assert list_images(tmp_path).fingerprint() != first.fingerprint()
    file.write_bytes(b"12345")
    file.rename(tmp_path / "a" / "c.jpg")
    assert list_images(tmp_path).fingerprint() != first.fingerprint()
