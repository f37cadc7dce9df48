"""Every form of an image set: the same pictures out of each, and a clear error for a bad one."""

from __future__ import annotations

import os
import pickle
import re
from pathlib import Path

import pytest

from generator.config import load_settings
from generator.errors import ImagesError
from generator.images.decode import UnreadableImage
from generator.images.sets.image_set import ImageSet
from generator.images.sets.sources import open_images
from generator.names import Size
from tests.support.image_forms import (
    PICTURES,
    files,
    picture,
    write_every_form,
    write_folder,
    write_tar,
    write_zip,
)

FORMS = (
    "folder",
    "zip",
    "stored zip",
    "tar",
    "pax tar",
    "gnu tar",
    "tar of samples",
    "shards",
    "list",
)


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The same pictures in every form."""
    return write_every_form(tmp_path_factory.mktemp("forms"))


def rows_of(images: ImageSet) -> dict[str, int]:
    """Return the row of each picture by its path without the shard that holds it."""
    return {re.sub(r"^\w+\.tar/", "", images.path(row)): row for row in range(len(images))}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_pictures(forms: dict[str, str], form: str) -> None:
    """Pixels, sizes, labels and captions are those of the folder; other files are no pictures."""
    folder, images = open_images(forms["folder"]), open_images(forms[form])
    rows, expected = rows_of(images), rows_of(folder)
    assert rows.keys() == PICTURES.keys()
    for path, row in rows.items():
        assert (images.label(row), images.caption(row)) == PICTURES[path]
        assert (
            images.read(row, Size.square(9)) == folder.read(expected[path], Size.square(9))
        ).all()
        assert images.original_size(row) == (20, 14)
    assert images.labels() == ("cats", "sea dogs")


@pytest.mark.parametrize("form", FORMS)
def test_credits_are_found(forms: dict[str, str], form: str) -> None:
    """At the root of a folder or archive, beside shards and lists; samples have none."""
    credit = open_images(forms[form]).credits()
    if form == "tar of samples":
        assert credit is None
    else:
        assert credit is not None
        assert credit.authors == "Anna"


@pytest.mark.parametrize("form", FORMS)
def test_names_are_no_paths(forms: dict[str, str], form: str) -> None:
    """The name that people see has no folder of this machine in it, and nor do the paths."""
    images = open_images(forms[form])
    assert images.name in {
        "folder", "a.zip", "b.zip", "a.tar", "b.tar", "c.tar", "d.tar", "shards", "list.txt",
    }  # fmt: skip
    assert not any(images.path(row).startswith("/") for row in range(len(images)))


@pytest.mark.parametrize("form", FORMS)
def test_a_set_travels_to_other_processes(forms: dict[str, str], form: str) -> None:
    """Pickled and back it gives the same pictures, and it says the same of itself."""
    images = open_images(forms[form])
    other = pickle.loads(pickle.dumps(images))  # noqa: S301 - made in the line before
    for row in range(len(images)):
        assert (other.read(row, Size.square(5)) == images.read(row, Size.square(5))).all()
        assert (other.path(row), other.caption(row)) == (images.path(row), images.caption(row))
    assert other.signature() == images.signature()


@pytest.mark.parametrize("form", FORMS)
def test_opened_again_a_set_is_the_same(forms: dict[str, str], form: str) -> None:
    """Order, fingerprint and signature do not change by themselves: a stopped run can go on."""
    one, two = open_images(forms[form]), open_images(forms[form])
    assert [one.path(row) for row in range(len(one))] == [two.path(row) for row in range(len(two))]
    assert one.fingerprint() == two.fingerprint()
    assert one.signature() == two.signature() != one.fingerprint()


def test_archives_of_one_folder_have_its_fingerprint(forms: dict[str, str]) -> None:
    """Names and sizes are what counts, wherever they are; the order is the same in these."""
    prints = {open_images(forms[form]).fingerprint() for form in FORMS[1:6]}
    assert len(prints) == 1


@pytest.mark.parametrize("form", ["folder", "zip", "tar", "shards", "list"])
def test_what_vanishes_is_unreadable(tmp_path: Path, form: str) -> None:
    """A picture or archive that goes between listing and reading is told, not a crash."""
    spec = write_every_form(tmp_path)[form]
    images = open_images(spec)
    gone = {"folder": "folder/cats", "list": "listed/cats", "shards": "shards/08.tar"}
    (tmp_path / gone.get(form, f"a.{form}")).rename(tmp_path / "gone")
    row = next(row for row in range(len(images)) if "tabby" in images.path(row))
    with pytest.raises(UnreadableImage, match=r"^vanished$"):
        images.read(row, Size.square(8))
    with pytest.raises(UnreadableImage, match=r"^vanished$"):
        images.original_size(row)


@pytest.mark.parametrize("form", ["folder", "list"])
def test_new_captions_change_the_signature(tmp_path: Path, form: str) -> None:
    """A caption is part of the atlas, so that another one is another computation."""
    spec = write_every_form(tmp_path)[form]
    before = open_images(spec)
    (tmp_path / ("folder" if form == "folder" else "listed") / "captions.json").write_text("{}")
    after = open_images(spec)
    assert after.fingerprint() == before.fingerprint()
    assert after.signature() != before.signature()


@pytest.mark.parametrize("form", ["zip", "tar", "shards"])
def test_a_touched_archive_changes_the_signature(tmp_path: Path, form: str) -> None:
    """A later time of last change is another signature and the same fingerprint."""
    spec = write_every_form(tmp_path)[form]
    before = open_images(spec)
    file = tmp_path / ("shards/09.tar" if form == "shards" else f"a.{form}")
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1))
    assert open_images(spec).fingerprint() == before.fingerprint()
    assert open_images(spec).signature() != before.signature()


def test_our_own_folders_are_left_out(tmp_path: Path) -> None:
    """Pictures of the atlas and the site are nobody's input."""
    write_folder(tmp_path, files() | {"site/filter.png": picture()})
    assert len(open_images(str(tmp_path), leave_out=[tmp_path / "site"])) == len(PICTURES)


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("", None, "no folder or file"),
        ("none/photos", None, "no folder or file .*/none/photos: give a folder, a .zip, a .tar"),
        ("empty.zip", b"", r"empty\.zip is empty: give a folder"),
        ("film.mp4", b"\0\0\0\x18ftypmp42", r"film\.mp4 is a video: save its frames"),
        ("one.png", picture(), r"one\.png is one picture; give a folder"),
        ("a.docx.bin", b"words", r"a\.docx\.bin is not a set of images; give"),
        ("a.tar.gz", b"\x1f\x8b\x08\0", r"is packed with gzip.*unpack it to a plain \.tar"),
        ("a.tgz", b"\x1f\x8b\x08\0", r"is packed with gzip"),
        ("a.tar.bz2", b"BZh91AY", r"is packed with bzip2"),
        ("a.tar.xz", b"\xfd7zXZ\0", r"is packed with xz"),
        ("a.zip", b"this is no zip", r"a\.zip is no whole zip: File is not a zip file"),
        ("a.tar", b"this is no tar" * 100, r"a\.tar is no whole tar: no header at byte 0"),
        ("list.txt", b"\n# nothing\n", r"list\.txt: lists no image"),
    ],
)  # fmt: skip
def test_what_is_no_image_set_is_told(
    tmp_path: Path, file: str, content: bytes | None, told: str
) -> None:
    """The error names what was given and says what can be."""
    path = tmp_path / (file or "nothing")
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ImagesError, match=told):
        open_images(str(path))


@pytest.mark.parametrize("where", ["flag", "file"])
def test_a_command_is_an_error_that_says_what_to_give_instead(tmp_path: Path, where: str) -> None:
    """After --images or in gallery.toml, nothing is run; an address or a path is what to give."""
    spec = f"pipe:touch {tmp_path}/run"
    if where == "file":
        (tmp_path / "gallery.toml").write_text(f"images = '{spec}'\n")
        spec = load_settings(tmp_path / "gallery.toml", {}).images or ""
    with pytest.raises(
        ImagesError,
        match=rf"^{spec}: commands are not run\. Give the address .*\[remote\].* download them",
    ):
        open_images(spec)
    assert not (tmp_path / "run").exists()


def test_a_folder_without_pictures_is_told(tmp_path: Path) -> None:
    """The formats that are read are named."""
    (tmp_path / "notes.md").write_text("words")
    with pytest.raises(ImagesError, match=r"no images in .* JPEG, PNG"):
        open_images(str(tmp_path))


def test_a_folder_with_braces_in_its_name_is_a_folder(tmp_path: Path) -> None:
    """What is there under exactly that name is meant."""
    folder = write_folder(tmp_path / "{a,b}.tar", files())
    assert len(open_images(str(folder))) == len(PICTURES)


@pytest.mark.parametrize("form", ["folder", "zip", "tar"])
def test_a_damaged_picture_has_the_same_reason_in_every_form(tmp_path: Path, form: str) -> None:
    """Half a picture is truncated, wherever it lies, and the others are read."""
    content = {"a.png": picture()[:300], "b.png": picture(), "c.png": b"", "d.png": b"words"}
    place = tmp_path / f"set.{form}"
    if form == "tar":
        write_tar(place, content.items())
    elif form == "zip":
        write_zip(place, content)
    else:
        write_folder(place, content)
    images = open_images(str(place))
    reasons = {}
    for row in range(len(images)):
        try:
            assert images.read(row, Size.square(8)).shape == (4, 8, 8)
        except UnreadableImage as problem:
            reasons[images.path(row)] = str(problem).partition(":")[0]
    assert reasons == {"a.png": "truncated", "c.png": "empty file", "d.png": "not an image"}
