"""Pictures in a tar: found by its headers, with the words beside them, and damage told."""

from __future__ import annotations

import gc
import io
import json
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.errors import ImagesError
from generator.images.sets.image_set import ImageSet
from generator.images.sets.sources import open_images
from generator.images.sets.tar_index import LONGEST_TEXT, files_in
from generator.names import Size
from tests.support.image_forms import picture, write_tar

FORMATS = {
    "ustar": tarfile.USTAR_FORMAT,
    "gnu": tarfile.GNU_FORMAT,
    "pax": tarfile.PAX_FORMAT,
}
PNG = picture()


def open_tar(folder: Path, members: dict[str, bytes]) -> ImageSet:
    """Write a tar and open it."""
    return open_images(str(write_tar(folder / "a.tar", members.items())))


def paths_of(images: ImageSet) -> list[str]:
    """Return all paths in their order."""
    return [images.path(row) for row in range(len(images))]


# Headers


@given(
    members=st.lists(
        st.tuples(
            st.lists(st.text("ab é.\n猫", min_size=1, max_size=70), min_size=1, max_size=4),
            st.binary(max_size=1200),
        ),
        max_size=5,
    ),
    form=st.sampled_from(sorted(FORMATS)),
    time=st.sampled_from([0, 1.5]),
)
@settings(max_examples=60, deadline=None)
def test_members_lie_where_they_were_written(
    tmp_path_factory: pytest.TempPathFactory,
    members: list[tuple[list[str], bytes]],
    form: str,
    time: float,
) -> None:
    """Names come back, also long and odd ones, and the bytes of each file lie where it says."""
    file = tmp_path_factory.mktemp("tar") / "a.tar"
    written = []
    with tarfile.open(file, "w", format=FORMATS[form]) as archive:
        for parts, data in members:
            member = tarfile.TarInfo("/".join(parts))
            member.size, member.mtime = len(data), time
            try:
                archive.addfile(member, io.BytesIO(data))
            except ValueError:  # a name too long for the oldest format
                continue
            written.append((member.name, data))
    whole = file.read_bytes()
    assert [
        (each.name, whole[each.offset_data : each.offset_data + each.size])
        for each in files_in(file)
    ] == written


def test_members_are_not_held(tmp_path: Path) -> None:
    """A million members take no more memory than one: those that were passed are gone."""
    file = write_tar(tmp_path / "a.tar", [(f"{number}.png", b"") for number in range(9)])
    alive = [
        sum(type(each) is tarfile.TarInfo for each in gc.get_objects()) for _ in files_in(file)
    ]
    assert len(alive) == 9
    assert alive[-1] == alive[0]


def test_links_and_devices_are_passed_over(tmp_path: Path) -> None:
    """Only files count; nothing that a link names is ever read."""
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name, kind in (
            ("link.png", tarfile.SYMTYPE),
            ("hard.png", tarfile.LNKTYPE),
            ("device.png", tarfile.CHRTYPE),
            ("pipe.png", tarfile.FIFOTYPE),
            ("folder.png", tarfile.DIRTYPE),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
        member = tarfile.TarInfo("a" * 150 + ".png")  # after a link: its long name is its own
        member.size = len(PNG)
        archive.addfile(member, io.BytesIO(PNG))
    images = open_images(str(tmp_path / "a.tar"))
    assert paths_of(images) == ["a" * 150 + ".png"]
    assert images.read(0, Size.square(8)).shape == (4, 8, 8)


def test_names_never_lead_out(tmp_path: Path) -> None:
    """Absolute names and those with ".." are only names, and cleaned; hidden ones do not count."""
    names = ["/etc/a.png", "../../b.png", "./x/../c.png", "x//d.png", ".cache/e.png", "._f.png"]
    images = open_tar(tmp_path, dict.fromkeys(names, PNG))
    assert paths_of(images) == ["etc/a.png", "b.png", "x/c.png", "x/d.png"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar"]


def test_names_that_are_no_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 stay, as in a folder."""
    images = open_tar(tmp_path, {"caf\udce9/a.png": PNG})
    assert paths_of(images) == ["caf\udce9/a.png"]
    assert images.label(0) == "caf\ufffd"
    assert images.labels() == ("caf\ufffd",)


@pytest.mark.parametrize("cut", [300, 600, 1200, 1700, 2500])
def test_a_tar_that_is_cut_short_is_told(tmp_path: Path, cut: int) -> None:
    """Inside a header, inside a picture, inside the next header, inside the last picture."""
    file = write_tar(tmp_path / "a.tar", [("a.png", PNG), ("b.png", PNG)])
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(ImagesError, match=r"a\.tar is (cut short: [\d,]+ bytes are|no whole tar)"):
        open_images(str(file))


def test_a_damaged_header_is_told_with_its_place(tmp_path: Path) -> None:
    """What follows a picture and is no header ends the reading."""
    file = write_tar(tmp_path / "a.tar", [("a.png", b"x" * 512), ("b.png", PNG)])
    data = bytearray(file.read_bytes())
    data[1024:1536] = b"\xee" * 512
    file.write_bytes(data)
    with pytest.raises(ImagesError, match=r"a\.tar is no whole tar: no header at byte 1,024"):
        open_images(str(file))


def summed(data: bytearray) -> bytearray:
    """Return a tar with the right sum in its first header."""
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    return data


NEGATIVE = b"\xff" * 10 + bytes(2)


@pytest.mark.parametrize(
    "field", [b"77777777777\0", b"99999999999\0", b"\x80" + b"\xff" * 11, NEGATIVE]
)
def test_a_size_that_cannot_be_is_told(tmp_path: Path, field: bytes) -> None:
    """Larger than the archive, no octal digits, a number of eighty bits, and one below zero."""
    file = write_tar(tmp_path / "a.tar", [("a.png", PNG)])
    data = bytearray(file.read_bytes())
    data[124:136] = field
    file.write_bytes(summed(data))
    with pytest.raises(ImagesError, match=r"a\.tar is (cut short|no whole tar)"):
        open_images(str(file))


def test_the_oldest_tars_are_read(tmp_path: Path) -> None:
    """A header without a mark is known by its sum, and refused where the sum is wrong."""
    file = write_tar(tmp_path / "a.tar", [("a.png", PNG)])
    data = bytearray(file.read_bytes())
    data[257:265] = bytes(8)
    file.write_bytes(summed(data))
    assert paths_of(open_images(str(file))) == ["a.png"]
    data[0] += 1
    file.write_bytes(data)
    with pytest.raises(ImagesError, match="no header at byte 0"):
        open_images(str(file))


def test_sparse_files_are_refused(tmp_path: Path) -> None:
    """The bytes of a picture would lie in pieces."""
    file = write_tar(tmp_path / "a.tar", [("a.png", PNG)])
    data = bytearray(file.read_bytes())
    data[156:157] = b"S"
    file.write_bytes(summed(data))
    with pytest.raises(ImagesError, match="sparse files; make it anew"):
        open_images(str(file))


@pytest.mark.parametrize(
    "field", [b"%011o\0" % (1 << 21), b"\x80" + (1 << 60).to_bytes(11), NEGATIVE]
)
def test_a_long_name_that_cannot_be_is_told(tmp_path: Path, field: bytes) -> None:
    """A name that is longer than the archive, or than all memory, or shorter than nothing."""
    file = write_tar(tmp_path / "a.tar", [("a.png", PNG)])
    data = bytearray(file.read_bytes())
    data[156:157], data[124:136] = b"L", field
    file.write_bytes(summed(data))
    with pytest.raises(ImagesError, match=r"a\.tar is no whole tar: no header at byte 0"):
        open_images(str(file))


def test_names_before_names_end(tmp_path: Path) -> None:
    """A tar of nothing but names of names is refused, however long it is."""
    file = write_tar(tmp_path / "a.tar", [("a.png", PNG)])
    data = bytearray(file.read_bytes()[:512])
    data[156:157], data[124:136] = b"L", bytes(12)
    file.write_bytes(summed(data) * 5000)
    with pytest.raises(ImagesError, match=r"a\.tar is no whole tar"):
        open_images(str(file))


def test_a_tar_without_pictures_is_told(tmp_path: Path) -> None:
    """Empty, or with other files only."""
    for members in ({}, {"a.txt": b"words", ".hidden.png": PNG}):
        with pytest.raises(ImagesError, match=r"no images in a\.tar: it holds no file of JPEG"):
            open_tar(tmp_path, members)


# Words beside pictures


def test_all_pictures_of_one_tar_count(tmp_path: Path) -> None:
    """Pictures of one name up to the first dot share the words that follow them."""
    images = open_tar(tmp_path, {"a/x.jpg": PNG, "a/x.2.png": PNG, "a/x.txt": b"Two", "b.png": PNG})
    assert paths_of(images) == ["a/x.jpg", "a/x.2.png", "b.png"]
    assert [images.caption(row) for row in range(3)] == ["Two", "Two", "b"]
    assert [images.label(row) for row in range(3)] == ["a", "a", ""]


def test_masks_beside_an_image_do_not_count(tmp_path: Path) -> None:
    """In one tar too; where masks are all that a sample has, they are the pictures."""
    members = ["a/x.jpg", "a/x.seg.png", "a/x.2.png", "b.mask.png", "b.depth.png"]
    images = open_tar(tmp_path, dict.fromkeys(members, PNG))
    assert paths_of(images) == ["a/x.jpg", "a/x.2.png", "b.mask.png", "b.depth.png"]
    assert images.remarks() == (
        "left out: 1 picture beside the images of their samples, .seg.png (1)",
    )


def test_words_belong_to_their_neighbours_only(tmp_path: Path) -> None:
    """Words before and after a picture count, those of the next sample do not."""
    members = {
        "a.cls": b"cat\n",
        "a.png": PNG,
        "a.txt": b"",
        "b.txt": b"B!\nline two",
        "b.png": PNG,
    }
    images = open_tar(tmp_path, members)
    assert [images.label(row) for row in range(2)] == ["cat", ""]
    assert [images.caption(row) for row in range(2)] == ["a", "B! line two"]
    assert images.labels() == ("cat",)


@pytest.mark.parametrize(
    ("record", "label", "caption"),
    [
        ({"label": "cat", "caption": "A\u202e cat"}, "cat", "A cat"),
        ({"label": 7}, "7", "7, image 1"),
        ({"label": True, "caption": 3}, "x", "x, image 1"),
        ({"label": ["a"], "caption": None}, "x", "x, image 1"),
        ([1, 2], "x", "x, image 1"),
        ({"caption": "long " * 400}, "x", "long " * 23 + "long…"),
    ],
)
def test_json_beside_a_picture(tmp_path: Path, record: object, label: str, caption: str) -> None:
    """A label may be a text or a number, a caption a text; anything else says nothing."""
    members = {"x/1.png": PNG, "x/1.json": json.dumps(record).encode()}
    images = open_tar(tmp_path, members)
    assert (images.label(0), images.caption(0)) == (label, caption)


def test_one_word_is_stronger_than_json(tmp_path: Path) -> None:
    """`.cls` and `.txt` are written for nothing else."""
    words = b'{"label": "dog", "caption": "D"}'
    members = {"1.png": PNG, "1.json": words, "1.cls": b"cat", "1.txt": b"C"}
    images = open_tar(tmp_path, members)
    assert (images.label(0), images.caption(0)) == ("cat", "C")


def test_bad_words_are_told_with_their_member(tmp_path: Path) -> None:
    """JSON that is none, and a caption of a megabyte."""
    with pytest.raises(ImagesError, match=r"a\.tar: x/1\.json is not JSON"):
        open_tar(tmp_path, {"x/1.png": PNG, "x/1.json": b"{"})
    with pytest.raises(ImagesError, match=r"a\.tar: 1\.txt has 1,048,577 bytes, too many"):
        open_tar(tmp_path, {"1.png": PNG, "1.txt": b"x" * (LONGEST_TEXT + 1)})


def test_damaged_captions_and_credits_at_the_root_are_told(tmp_path: Path) -> None:
    """As in a folder, the archive and the file are named."""
    with pytest.raises(ImagesError, match=r"a\.tar: captions\.json is not JSON"):
        open_tar(tmp_path, {"1.png": PNG, "captions.json": b"{"})
    with pytest.raises(ImagesError, match=r"a\.tar: CREDITS\.toml: the key \w+ is missing"):
        open_tar(tmp_path, {"1.png": PNG, "CREDITS.toml": b""})
