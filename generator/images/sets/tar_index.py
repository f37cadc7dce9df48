"""The pictures of one tar, with the labels and captions that stand beside them."""

from __future__ import annotations

import json
import tarfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tarfile import TarInfo

from generator.errors import ImagesError
from generator.images.archives import DAMAGE
from generator.images.captions import CAPTIONS, clean, display_path
from generator.images.credits import CREDITS
from generator.images.sets.folder import ENDINGS
from generator.images.sets.members import clean_name, slice_of
from generator.images.sets.names import Names

LONGEST_TEXT = 1 << 20  # bytes of a label or caption with what comes along in its JSON
ROOT_FILES = {CREDITS.encode(), CAPTIONS.encode()}


@dataclass
class TarIndex:
    """One entry for each picture, in the order of the archive."""

    names: Names = field(default_factory=Names)
    offsets: array[int] = field(default_factory=lambda: array("q"))
    sizes: array[int] = field(default_factory=lambda: array("q"))
    labels: array[int] = field(default_factory=lambda: array("i"))  # in label_names; −1: none
    texts: array[int] = field(default_factory=lambda: array("q"))  # offset of a caption; −1: none
    lengths: array[int] = field(default_factory=lambda: array("i"))  # its bytes; negative: in JSON
    label_names: list[str] = field(default_factory=list)
    root_files: dict[str, bytes] = field(default_factory=dict)  # CREDITS.toml, captions.json


def index_tar(tar: Path, one_each: bool) -> TarIndex:
    """Find the pictures of an uncompressed tar.

    Members that follow each other with the same name up to the first dot of the file's name are
    one sample, as WebDataset has it: `.cls` is its label, `.txt` its caption, and `.json` may hold
    both under "label" and "caption". With `one_each` a sample gives one picture: the first whose
    whole ending is that of a picture (`.jpg` before `.seg.png`). Raises ImagesError.
    """
    gathered = _Gathering(tar, one_each)
    for member in files_in(tar):
        name = clean_name(_raw(member))
        if name:
            gathered.take(name, member)
    gathered.end_sample()
    return gathered.index


def files_in(tar: Path) -> Iterator[TarInfo]:
    """Yield the files of an uncompressed tar, as they come; links and devices are passed over.

    Raises ImagesError for what is no tar, is damaged or cut short, or holds sparse files.
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


class _Gathering:
    """An index in the making, and the sample that its next member may belong to."""

    def __init__(self, tar: Path, one_each: bool) -> None:
        self.tar, self.one_each = tar, one_each
        self.index = TarIndex()
        self._codes: dict[str, int] = {}
        self._sample = b""
        self._pictures: list[tuple[bytes, bytes, TarInfo]] = []  # name, ending, where
        self._beside: dict[bytes, TarInfo] = {}

    def take(self, name: bytes, member: TarInfo) -> None:
        """Take in the next member."""
        file = name.rpartition(b"/")[2]
        stem, _, ending = file.partition(b".")
        sample = name[: len(name) - len(file) + len(stem)]
        if sample != self._sample:
            self.end_sample()
            self._sample = sample
        ending = b"." + ending.lower()
        if ending.endswith(ENDINGS):
            self._pictures.append((name, ending, member))
        elif ending in (b".cls", b".txt", b".json"):
            self._beside[ending] = member
        if name in ROOT_FILES:
            self.index.root_files[name.decode()] = slice_of(
                self.tar, member.offset_data, member.size
            )

    def end_sample(self) -> None:
        """Enter what was gathered of a sample."""
        if self._pictures:
            label, text, length = self._words() if self._beside else (-1, -1, 0)
            if self.one_each:
                self._pictures.sort(key=lambda picture: picture[1] not in ENDINGS)
                del self._pictures[1:]
            for name, _, member in self._pictures:
                self.index.names.append(name)
                self.index.offsets.append(member.offset_data)
                self.index.sizes.append(member.size)
                self.index.labels.append(label)
                self.index.texts.append(text)
                self.index.lengths.append(length)
        self._pictures.clear()
        self._beside.clear()

    def _words(self) -> tuple[int, int, int]:
        """Return the code of a sample's label, and where its caption stands."""
        label, text, length = "", -1, 0
        if b".json" in self._beside:
            member = self._beside[b".json"]
            record = parse_record(self._text(member), f"{self.tar}: {_shown(member)}")
            label = record["label"]
            if record["caption"]:
                text, length = member.offset_data, -member.size
        if b".cls" in self._beside:
            label = clean(self._text(self._beside[b".cls"]).decode("utf-8", "replace"))
        if b".txt" in self._beside and self._beside[b".txt"].size:
            member = self._beside[b".txt"]
            text, length = member.offset_data, member.size
            self._text(member)  # refused now if it is too long
        return self._code(label), text, length

    def _text(self, member: TarInfo) -> bytes:
        if member.size > LONGEST_TEXT:
            raise ImagesError(
                f"{self.tar}: {_shown(member)} has {member.size:,} bytes, too many for a label or "
                "caption; leave it out"
            )
        return slice_of(self.tar, member.offset_data, member.size)

    def _code(self, label: str) -> int:
        if not label:
            return -1
        if label not in self._codes:
            self._codes[label] = len(self._codes)
            self.index.label_names.append(label)
        return self._codes[label]


def parse_record(data: bytes, place: str) -> dict[str, str]:
    """Return "label" and "caption" of a sample's JSON, each "" where it has none.

    Raises ImagesError, naming `place`, for what is not JSON.
    """
    try:
        record = json.loads(data)
    except (ValueError, RecursionError) as problem:
        raise ImagesError(f"{place} is not JSON: {problem}") from None
    values = record if isinstance(record, dict) else {}
    label, caption = values.get("label", ""), values.get("caption", "")
    known = isinstance(label, str | int) and not isinstance(label, bool)
    return {
        "label": clean(str(label)) if known else "",
        "caption": clean(caption) if isinstance(caption, str) else "",
    }


def _raw(member: TarInfo) -> bytes:
    return member.name.encode("utf-8", "surrogateescape")


def _shown(member: TarInfo) -> str:
    return display_path(member.name)
