"""A text file that lists pictures, with labels and captions where somebody wrote them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from generator.errors import ImagesError
from generator.images.decode import UnreadableImage
from generator.images.sets.image_set import ImageSet
from generator.images.sets.sources import open_images
from generator.names import Size
from tests.support.image_forms import picture, write_folder

PNG = picture()


def open_list(folder: Path, text: str | bytes) -> ImageSet:
    """Write a list beside two pictures and open it."""
    write_folder(folder, {"pets/cat 1.png": PNG, "b.png": picture(1)})
    data = text if isinstance(text, bytes) else text.encode()
    (folder / "list.txt").write_bytes(data)
    return open_images(str(folder / "list.txt"))


def words_of(images: ImageSet) -> list[tuple[str, str, str]]:
    """Return path, label and caption of every row."""
    return [(images.path(i), images.label(i), images.caption(i)) for i in range(len(images))]


def test_lines_keep_their_order(tmp_path: Path) -> None:
    """The list says which pictures come and in which order; a path may come twice."""
    images = open_list(tmp_path, "pets/cat 1.png\nb.png\npets/cat 1.png\n")
    assert [path for path, _, _ in words_of(images)] == [
        "pets/cat 1.png",
        "b.png",
        "pets/cat 1.png",
    ]
    assert (images.read(0, Size.square(8)) == images.read(2, Size.square(8))).all()
    assert (images.read(0, Size.square(8)) != images.read(1, Size.square(8))).any()


def test_columns_may_be_left_out(tmp_path: Path) -> None:
    """Without a label the folder's name counts, without a caption the file's."""
    images = open_list(
        tmp_path,
        "\ufeff# comment\n\n \npets/cat 1.png\nb.png\tbirds\nb.png\t\tA bird\nb.png\tbirds\tTwo\n",
    )
    assert words_of(images) == [
        ("pets/cat 1.png", "pets", "cat 1"),
        ("b.png", "birds", "b"),
        ("b.png", "", "A bird"),
        ("b.png", "birds", "Two"),
    ]
    assert images.labels() == ("birds", "pets")


@pytest.mark.parametrize(
    ("line", "path", "label"),
    [
        ("b.png 65", "b.png", "65"),
        ("b.png sea dog", "b.png", "sea dog"),
        ("b.png,cat", "b.png", "cat"),
        ("b.png, cat", "b.png", "cat"),
        ("b.png;cat", "b.png", "cat"),
        ("pets/cat 1.png cat", "pets/cat 1.png", "cat"),
        ("pets\\cat 1.png,cat", "pets/cat 1.png", "cat"),
    ],
)
def test_a_label_may_stand_behind_a_comma_or_space(
    tmp_path: Path, line: str, path: str, label: str
) -> None:
    """It is read, and one line says so."""
    images = open_list(tmp_path, f"{line}\nb.png\tx\n")
    assert words_of(images)[0][:2] == (path, label)
    assert images.read(0, Size.square(8)).shape == (4, 8, 8)
    told = "list.txt: 1 lines without a tab are read as a path and its label; write a tab between"
    assert images.remarks() == (f"{told} the two",)


@pytest.mark.parametrize("name", ["a, b.png", "b.png 65.png", "b.png, c", "a\\b.png"])
def test_a_path_that_is_there_is_that_path(tmp_path: Path, name: str) -> None:
    """Commas, spaces and backslashes belong to it."""
    (tmp_path / name).write_bytes(PNG)
    images = open_list(tmp_path, f"{name}\n")
    assert words_of(images)[0][:2] == (name, "")
    assert images.remarks() == ()


@pytest.mark.parametrize("line", ["gone.png 65", "b.png copy.png", "b.png2 x"])
def test_a_line_that_names_no_file_stays_as_it_is(tmp_path: Path, line: str) -> None:
    """No other picture is taken for it."""
    images = open_list(tmp_path, f"{line}\nb.png\n")
    assert words_of(images)[0][:2] == (line, "")
    with pytest.raises(UnreadableImage, match=r"^vanished$"):
        images.read(0, Size.square(8))


def test_backslashes_are_separators(tmp_path: Path) -> None:
    """A list from Windows is read, and its folders are labels."""
    images = open_list(tmp_path, "pets\\cat 1.png\nb.png\tbirds\n")
    assert words_of(images) == [("pets/cat 1.png", "pets", "cat 1"), ("b.png", "birds", "b")]
    assert images.remarks() == ()


def test_windows_lines_are_lines(tmp_path: Path) -> None:
    """What ends a line is no part of the caption, or of the path."""
    images = open_list(tmp_path, "b.png\tx\tA bird\r\nb.png\r\n")
    assert words_of(images) == [("b.png", "x", "A bird"), ("b.png", "", "b")]
    assert images.read(1, Size.square(8)).shape == (4, 8, 8)


def test_words_are_cleaned(tmp_path: Path) -> None:
    """Marks that reverse the direction of writing go, and bytes that are no text are marked."""
    images = open_list(tmp_path, "b.png\tb\u202eirds\tA  bird\n".encode() + b"b.png\t\xff\t\xfe\n")
    assert words_of(images) == [("b.png", "birds", "A bird"), ("b.png", "\ufffd", "\ufffd")]


def test_missing_files_are_listed_and_unreadable(tmp_path: Path) -> None:
    """A list that is older than its folder costs the missing pictures only."""
    images = open_list(tmp_path, "gone.png\nb.png\n")
    assert len(images) == 2
    with pytest.raises(UnreadableImage, match=r"^vanished$"):
        images.read(0, Size.square(8))
    with pytest.raises(UnreadableImage, match=r"^vanished$"):
        images.original_size(0)
    assert images.read(1, Size.square(8)).shape == (4, 8, 8)


def test_a_picture_that_never_was_is_left_out_and_a_lost_disk_is_noticed(tmp_path: Path) -> None:
    """A line may name what does not exist; what was there when the list was read has to stay."""
    write_folder(tmp_path, {"one/b.png": PNG, "two/b.png": PNG})
    images = open_list(tmp_path, "nowhere/b.png\none/b.png\ntwo/b.png\n")
    shutil.rmtree(tmp_path / "one")
    (tmp_path / "two" / "b.png").unlink()
    assert [images.is_there(row) for row in range(3)] == [True, False, False]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"b.png\nb.png\ta\tb\tc\n", r"list\.txt, line 2: has 4 columns; write path, label and"),
        (b"\tcat\n", r"list\.txt, line 1: begins with a tab, where the path belongs"),
        (b"b.png\n\x89PNG\0\0", r"list\.txt, line 2: is no text"),
        ("b.png".encode("utf-16"), r"list\.txt, line 1: is no text"),
        (b"x" * 70_000, r"list\.txt, line 1: is no text"),
        (b"# b.png\n\n", r"list\.txt: lists no image; write a path a line"),
    ],
)
def test_a_bad_line_is_told_with_its_number(tmp_path: Path, text: bytes, told: str) -> None:
    """The list, the line and what belongs there."""
    with pytest.raises(ImagesError, match=told):
        open_list(tmp_path, text)


def test_absolute_paths_say_nothing_of_the_machine(tmp_path: Path) -> None:
    """They are read where they are, and shown below the folder that they share."""
    lines = f"{tmp_path}/pets/cat 1.png\n{tmp_path}/b.png\n../{tmp_path.name}/b.png\n"
    images = open_list(tmp_path, lines)
    assert [path for path, _, _ in words_of(images)] == [
        "pets/cat 1.png",
        "b.png",
        f"{tmp_path.name}/b.png",
    ]
    assert [images.label(row) for row in range(2)] == ["pets", tmp_path.name.replace("_", " ")]
    assert all(images.read(row, Size.square(8)).shape == (4, 8, 8) for row in range(3))


def test_a_name_that_is_no_text_is_found(tmp_path: Path) -> None:
    """Bytes of the list are bytes of the file's name."""
    (tmp_path / os.fsdecode(b"caf\xe9.png")).write_bytes(PNG)
    images = open_list(tmp_path, b"caf\xe9.png\n")
    assert images.read(0, Size.square(8)).shape == (4, 8, 8)
    assert words_of(images) == [("caf\udce9.png", "", "caf\ufffd")]


def test_labels_and_captions_are_part_of_the_signature(tmp_path: Path) -> None:
    """Another label, caption or picture on disk is another computation."""
    lines = ["b.png\tx\tA\n", "b.png\ty\tA\n", "b.png\tx\tB\n"]
    opened = [open_list(tmp_path, line) for line in lines]
    os.utime(tmp_path / "b.png", ns=(0, 1))
    opened.append(open_list(tmp_path, lines[0]))
    assert len({images.fingerprint() for images in opened}) == 1
    assert len({images.signature() for images in opened}) == 4
