"""The pictures of one tar, with the labels and captions that stand beside them."""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass, field
from pathlib import Path

from generator.errors import ImagesError
from generator.images.captions import CAPTIONS, clean, display_path
from generator.images.credits import CREDITS
from generator.images.folder import ENDINGS
from generator.images.members import clean_name, slice_of
from generator.images.names import Names
from generator.images.tar_walk import Member, walk

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
    for member in walk(tar):
        name = clean_name(member.name)
        if name:
            gathered.take(name, member)
    gathered.end_sample()
    return gathered.index


class _Gathering:
    """An index in the making, and the sample that its next member may belong to."""

    def __init__(self, tar: Path, one_each: bool) -> None:
        self.tar, self.one_each = tar, one_each
        self.index = TarIndex()
        self._codes: dict[str, int] = {}
        self._sample = b""
        self._pictures: list[tuple[bytes, bytes, Member]] = []  # name, ending, where
        self._beside: dict[bytes, Member] = {}

    def take(self, name: bytes, member: Member) -> None:
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
            self.index.root_files[name.decode()] = slice_of(self.tar, member.offset, member.size)

    def end_sample(self) -> None:
        """Enter what was gathered of a sample."""
        if self._pictures:
            label, text, length = self._words() if self._beside else (-1, -1, 0)
            if self.one_each:
                self._pictures.sort(key=lambda picture: picture[1] not in ENDINGS)
                del self._pictures[1:]
            for name, _, member in self._pictures:
                self.index.names.append(name)
                self.index.offsets.append(member.offset)
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
                text, length = member.offset, -member.size
        if b".cls" in self._beside:
            label = clean(self._text(self._beside[b".cls"]).decode("utf-8", "replace"))
        if b".txt" in self._beside and self._beside[b".txt"].size:
            text, length = self._beside[b".txt"].offset, self._beside[b".txt"].size
            self._text(self._beside[b".txt"])  # refused now if it is too long
        return self._code(label), text, length

    def _text(self, member: Member) -> bytes:
        if member.size > LONGEST_TEXT:
            raise ImagesError(
                f"{self.tar}: {_shown(member)} has {member.size:,} bytes, too many for a label or "
                "caption; leave it out"
            )
        if member.size <= len(member.start):
            return member.start
        return slice_of(self.tar, member.offset, member.size)

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


def _shown(member: Member) -> str:
    return display_path(member.name.decode("utf-8", "surrogateescape"))
