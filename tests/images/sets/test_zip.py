"""Pictures in a zip: read where they lie, never unpacked, and damage told."""

from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path

import pytest

from generator.errors import ImagesError
from generator.images.decode import UnreadableImage
from generator.images.sets import zip as zip_images
from generator.images.sets.image_set import ImageSet
from generator.images.sets.sources import open_images
from generator.names import Size
from tests.support.image_forms import picture, write_zip

PNG = picture()


def open_zip(folder: Path, members: dict[str, bytes]) -> ImageSet:
    """Write a zip and open it."""
    return open_images(str(write_zip(folder / "a.zip", members)))


def paths_of(images: ImageSet) -> list[str]:
    """Return all paths in their order."""
    return [images.path(row) for row in range(len(images))]


def flip(file: Path, place: int, value: int) -> None:
    """Change one byte of a file; a negative place counts from the end."""
    data = bytearray(file.read_bytes())
    data[place] = value
    file.write_bytes(data)


def test_names_never_lead_out(tmp_path: Path) -> None:
    """Absolute names and those with ".." are only names, and cleaned; hidden ones do not count."""
    names = ["/etc/a.png", "../../b.png", "x\\..\\c.png", "__MACOSX/._d.png", ".git/e.png"]
    images = open_zip(tmp_path, dict.fromkeys(names, PNG))
    assert paths_of(images) == ["etc/a.png", "b.png", "x/c.png"]
    assert images.labels() == ("etc", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_links_and_folders_are_passed_over(tmp_path: Path) -> None:
    """A link inside a zip is a file that holds a path; it is no picture."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        link = zipfile.ZipInfo("link.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.mkdir("folder.png")
        archive.writestr("a.png", PNG)
    assert paths_of(open_images(str(tmp_path / "a.zip"))) == ["a.png"]


def test_an_encrypted_zip_is_told(tmp_path: Path) -> None:
    """The mark of encryption suffices; no password is asked for."""
    file = write_zip(tmp_path / "a.zip", {"a.png": PNG})
    data = bytearray(file.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    file.write_bytes(data)
    with pytest.raises(ImagesError, match=r"a\.zip is encrypted \(a\.png\); give it without"):
        open_images(str(file))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_told(tmp_path: Path, method: int) -> None:
    """Stored and deflated are read; for others the error says what to do."""
    file = write_zip(tmp_path / "a.zip", {"a.png": PNG}, method)
    with pytest.raises(ImagesError, match=r"a\.png is packed by method \d+; make the zip anew"):
        open_images(str(file))


@pytest.mark.parametrize("keep", [3, 40, -10])
def test_a_zip_that_is_cut_short_is_told(tmp_path: Path, keep: int) -> None:
    """Its directory stands at its end."""
    file = write_zip(tmp_path / "a.zip", {"a.png": PNG})
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(ImagesError, match=r"a\.zip is no whole zip: ."):
        open_images(str(file))


def test_a_zip_without_pictures_is_told(tmp_path: Path) -> None:
    """Empty, or with other files only."""
    for members in ({}, {"a.txt": b"words"}):
        with pytest.raises(ImagesError, match=r"no images in a\.zip: it holds no file of JPEG"):
            open_zip(tmp_path, members)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("place", [0, 200])
def test_damage_inside_is_unreadable(tmp_path: Path, method: int, place: int) -> None:
    """A flipped byte in a header or a picture costs that picture, and never goes unseen."""
    file = write_zip(tmp_path / "a.zip", {"a.png": PNG, "b.png": PNG}, method)
    flip(file, place, file.read_bytes()[place] ^ 0x55)
    images = open_images(str(file))
    with pytest.raises(UnreadableImage, match=r"^damaged: "):
        images.read(0, Size.square(8))
    assert images.read(1, Size.square(8)).shape == (4, 8, 8)


def test_a_bomb_ends_where_the_directory_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more is unpacked than promised, and a promise of too much is refused."""
    file = write_zip(tmp_path / "a.zip", {"a.png": bytes(1 << 20), "b.png": PNG})
    monkeypatch.setattr(zip_images, "LARGEST", 1 << 19)
    images = open_images(str(file))
    with pytest.raises(UnreadableImage, match=r"^too large: a file of 1,048,576 bytes$"):
        images.read(0, Size.square(8))
    data = bytearray(file.read_bytes())
    place = data.index(b"PK\1\2") + 24
    data[place : place + 4] = struct.pack("<I", 100)
    file.write_bytes(data)
    with pytest.raises(UnreadableImage, match=r"^damaged: not what the zip's directory says$"):
        open_images(str(file)).read(0, Size.square(8))


def test_damaged_captions_and_credits_at_the_root_are_told(tmp_path: Path) -> None:
    """As in a folder, the archive and the file are named."""
    with pytest.raises(ImagesError, match=r"a\.zip: captions\.json is not JSON"):
        open_zip(tmp_path, {"1.png": PNG, "captions.json": b"{"})
    with pytest.raises(ImagesError, match=r"a\.zip: CREDITS\.toml: the key \w+ is missing"):
        open_zip(tmp_path, {"1.png": PNG, "CREDITS.toml": b""})
