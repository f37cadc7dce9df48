"""The pictures of one tar, with the labels and captions that stand beside them."""

from __future__ import annotations

import os
import tarfile
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from tarfile import TarInfo
from typing import NamedTuple

from generator.errors import ImagesError
from generator.images.archives import DAMAGE, clean_name, slice_of
from generator.images.captions import clean, display_path
from generator.images.root_files import CAPTIONS, CREDITS, parse_json
from generator.images.sets.folder import ENDINGS
from generator.images.sets.image_set import Names, count_unread

LONGEST_TEXT = 1 << 20  # bytes of a file with a label or caption
WORDS = (b".cls", b".txt", b".json")  # endings of the files beside a picture
FACTS = 5  # numbers of each picture
LAST = 3  # rank of what lies beside the image of a sample
# What the part of a name before a picture's ending says of it: `1.rgb.png`, `1.depth.png`.
IMAGE = frozenset(b"image img rgb color colour input photo picture".split())
BESIDE = frozenset(
    b"alpha anno annotation annotations canny depth depthmap disp disparity edge edges flow gt "
    b"heatmap inst instance instances label labels mask masks matte normal normals panoptic seg "
    b"segmentation sem semantic semseg trimap".split()
)


@dataclass
class TarIndex:
    """The pictures in the order of the archive."""

    names: Names = field(default_factory=Names)
    # Of each: its offset and bytes in the tar, its label's place in `label_names` or −1, the offset
    # of its caption or −1, and the caption's bytes, negative where it stands in JSON.
    facts: array[int] = field(default_factory=lambda: array("q"))
    label_names: list[str] = field(default_factory=list)
    root_files: dict[str, bytes] = field(default_factory=dict)  # CREDITS.toml, captions.json
    unread: Counter[str] = field(default_factory=Counter)  # ending → files of other formats
    left_out: Counter[str] = field(default_factory=Counter)  # ending → pictures beside others


def index_tar(tar: Path, one_each: bool) -> TarIndex:
    """Find the pictures of an uncompressed tar.

    Members that follow each other with the same name up to the first dot of the file's name are
    one sample, as WebDataset has it: `.cls` is its label, `.txt` its caption, and `.json` may have
    both under "label" and "caption". With `one_each` a sample gives one picture: the first whose
    whole ending is that of a picture (`.jpg`), else that says it is the image (`.rgb.png`), else
    that does not say what else it is (`.seg.png`). Without, it gives all pictures, but for those
    that say so beside one that does not. Raises ImagesError.
    """
    index, codes = TarIndex(), dict[str, int]()
    named = ((name, each) for each in files_in(tar) if (name := _name_of(each)).whole)
    for _, sample in groupby(named, key=lambda each: each[0].sample):
        pictures, beside = list[_Picture](), dict[bytes, TarInfo]()
        for name, member in sample:
            if name.whole in (CREDITS.encode(), CAPTIONS.encode()):
                content = slice_of(tar, member.offset_data, member.size)
                index.root_files[name.whole.decode()] = content
            if name.ending.endswith(ENDINGS):
                pictures.append((name, member))
            elif name.ending in WORDS:
                beside[name.ending] = member
            else:
                count_unread(index.unread, name.whole)
        taken = _taken(pictures, one_each)
        kept = {id(each) for each in taken}
        index.left_out.update(_shown(each) for each in pictures if id(each) not in kept)
        if not taken:
            continue
        label, *caption = _words(tar, beside)
        code = codes.setdefault(label, len(codes)) if label else -1
        for name, member in taken:
            index.names.append(name.whole)
            index.facts.extend((member.offset_data, member.size, code, *caption))
    index.label_names.extend(codes)
    return index


def files_in(tar: Path) -> Iterator[TarInfo]:
    """Yield the files of an uncompressed tar, as they come; links and devices are passed over.

    Raises ImagesError for a file that is no tar, is damaged or cut short, or has sparse files.
    """
    place = 0  # bytes before the next header
    try:
        with tarfile.open(tar, "r:", encoding="utf-8") as opened:
            end = tar.stat().st_size
            while (member := opened.next()) and member.size >= 0:
                # A million of them take half a gigabyte.
                opened.members = []  # type: ignore[attr-defined]  # typeshed does not know it
                place = opened.offset
                _require_whole(tar, member, place - end)
                if member.isreg():
                    yield member
        damaged = any(slice_of(tar, place, tarfile.BLOCKSIZE))  # tarfile takes it for the end
    except OSError as problem:
        raise ImagesError(f"{tar}: cannot be read: {problem.strerror}") from None
    except (*DAMAGE, ValueError, OverflowError, MemoryError):
        damaged = True
    if damaged:
        raise ImagesError(
            f"{tar} is no whole tar: no header at byte {place:,}; make or fetch it again"
        )


def _require_whole(tar: Path, member: TarInfo, missing: int) -> None:
    """Raise ImagesError for a member that ends behind the end of the tar, or that is sparse."""
    if missing > 0:
        raise ImagesError(
            f"{tar} is cut short: {missing:,} bytes are missing; make or fetch it again"
        )
    if member.issparse():
        raise ImagesError(f"{tar} holds sparse files; make it anew without --sparse")


class _Name(NamedTuple):
    """A member's clean name, and its parts that count."""

    whole: bytes  # b"" for a hidden member
    sample: bytes  # up to the first dot of the file's name
    ending: bytes  # from the first dot on, in small letters


_Picture = tuple[_Name, TarInfo]


def _name_of(member: TarInfo) -> _Name:
    whole = clean_name(member.name.encode("utf-8", "surrogateescape"))
    folder, slash, file = whole.rpartition(b"/")
    stem, dot, ending = file.partition(b".")
    return _Name(whole, folder + slash + stem, dot + ending.lower())


def _taken(pictures: list[_Picture], one_each: bool) -> list[_Picture]:
    """Return the pictures of a sample that belong to the set."""
    images = [each for each in pictures if _rank(each[0].ending) < LAST]
    if not one_each:
        return images or pictures
    return [min(images, key=lambda each: _rank(each[0].ending))] if images else []


def _shown(picture: _Picture) -> str:
    return display_path(os.fsdecode(picture[0].ending))


def _rank(ending: bytes) -> int:
    """Say how well an ending suits the image of a sample: 0 best, `LAST` for what lies beside."""
    if ending in ENDINGS:
        return 0
    part = ending.split(b".")[-2]
    return 1 if part in IMAGE else LAST if part in BESIDE else 2


def _words(tar: Path, beside: dict[bytes, TarInfo]) -> tuple[str, int, int]:
    """Return a sample's label, and offset and length of its caption as in `TarIndex.facts`."""
    texts = {}
    for ending, member in beside.items():
        if member.size > LONGEST_TEXT:
            raise ImagesError(
                f"{tar}: {display_path(member.name)} has {member.size:,} bytes, too many for a "
                "label or caption; leave it out"
            )
        texts[ending] = slice_of(tar, member.offset_data, member.size)
    label, offset, length = "", -1, 0
    if b".json" in beside:
        member = beside[b".json"]
        label, caption = parse_record(texts[b".json"], f"{tar}: {display_path(member.name)}")
        if caption:
            offset, length = member.offset_data, -member.size
    if b".cls" in beside:
        label = clean(texts[b".cls"].decode("utf-8", "replace"))
    if texts.get(b".txt"):
        offset, length = beside[b".txt"].offset_data, beside[b".txt"].size
    return label, offset, length


def parse_record(data: bytes, place: str) -> tuple[str, str]:
    """Return label and caption of a sample's JSON, each "" where it has none.

    Raises ImagesError, naming `place`, for text that is not JSON.
    """
    record = parse_json(data, place)
    values = record if isinstance(record, dict) else {}
    label, caption = values.get("label"), values.get("caption")
    known = isinstance(label, str | int) and not isinstance(label, bool)
    return (clean(str(label)) if known else "", clean(caption) if isinstance(caption, str) else "")
