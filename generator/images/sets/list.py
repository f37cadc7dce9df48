"""The pictures that a text file lists: a path a line, then perhaps a label and a caption.

Tabs stand between them. Where a line without tabs names no file, a path that ends as pictures do is
read out of it, and what follows after commas or spaces is its label.
"""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Iterator
from itertools import compress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from generator.errors import ImagesError
from generator.images.archives import clean_name
from generator.images.captions import caption_of, clean, display_path, label_of
from generator.images.root_files import read_captions, read_credits
from generator.images.sets.folder import ENDINGS
from generator.images.sets.image_set import (
    ImageSet,
    Names,
    digest,
    distinct,
    folders_of,
    is_filled,
)

COLUMNS = 3  # path, label, caption
LONGEST_LINE = 1 << 16  # bytes; more is no list of paths
PATH_AND_LABEL = re.compile(
    rb"(.*(?:%b))[ ,;]+(.+)" % b"|".join(map(re.escape, ENDINGS)), re.IGNORECASE
)


class _Line(NamedTuple):
    """What a line says; label and caption are empty where they are left out."""

    path: bytes
    label: bytes
    caption: bytes


class ListedImages(ImageSet):
    """Picture files in the order of a list, relative to the list's folder."""

    def __init__(self, file: Path) -> None:
        written, self._own_captions = Names(), Names()
        labels, codes = array("i"), dict[str, int]()
        facts = array("q")  # of each: bytes, nanoseconds of the last change; zeros for none there
        self._split = 0  # lines in which a label was found behind a comma or space
        folder = os.fsencode(file.parent)
        for line in _lines(file):
            found, status = _on_disk(folder, line)
            self._split += found.label != line.label
            written.append(found.path)
            self._own_captions.append(found.caption)
            text = clean(found.label.decode("utf-8", "replace"))
            labels.append(codes.setdefault(text, len(codes)))
            facts.extend((status.st_size, status.st_mtime_ns) if status else (0, 0))
        if not len(written):
            raise ImagesError(f"{display_path(str(file))}: lists no image; write a path a line")
        self._folder = file.parent
        self._written = written
        self._labels: npt.NDArray[np.int32] = np.array(labels, np.int32)
        self._label_names = tuple(codes)
        sizes, self._times = np.array(facts, np.int64).reshape(-1, 2).T
        base = _common_folder(written)
        super().__init__(
            display_path(file.name),
            Names(clean_name(path.removeprefix(base)) or path for path in written.raws()),
            sizes,
            read_captions(file.parent),
            read_credits(file.parent),
        )

    def encoded(self, row: int) -> Path:
        return self._folder / self._written[row]

    def is_there(self, row: int) -> bool:
        was_missing = self._times[row] == 0  # already when the list was read
        return bool(was_missing) or is_filled(self.encoded(row).parent)

    def label(self, row: int) -> str:
        own = self._label_names[self._labels[row]]
        return own or label_of(self._written[row], self._alike)

    def labels(self) -> tuple[str, ...]:
        return distinct([*self._label_names, *self.folder_labels()])

    def folders(self) -> set[bytes]:
        unlabelled = [not name for name in self._label_names]
        return folders_of(compress(self._written.raws(), np.array(unlabelled)[self._labels]))

    def remarks(self) -> tuple[str, ...]:
        if not self._split:
            return ()
        told = f"{self.name}: {self._split} lines without a tab are read as a path and its label"
        return (f"{told}; write a tab between the two",)

    def caption(self, row: int) -> str:
        own = clean(self._own_captions[row])
        return own or caption_of(self._written[row], self._captions, self.label(row))

    def signature(self) -> str:
        words = "".join(f"{label}\0" for label in self._label_names).encode("utf-8")
        listed = digest(self._own_captions.raws(), self._labels.astype(np.int64))
        more = words + listed.encode() + self.signed_captions()
        return digest(self.paths.raws(), self._sizes, self._times, more=more)


def _on_disk(folder: bytes, line: _Line) -> tuple[_Line, os.stat_result | None]:
    """Return a line as it names a file, and the file's status.

    It is taken as it is written first, then with "/" for backslashes, then as a path and a label
    without a tab. Where no file is there it stays as it is, to be found unreadable later.
    """
    for path, label in _readings(line):
        try:
            status = os.stat(os.path.join(folder, path))  # noqa: PTH116, PTH118 - pathlib takes no bytes
        except OSError:
            continue
        return _Line(path, label, line.caption), status
    return line, None


def _readings(line: _Line) -> Iterator[tuple[bytes, bytes]]:
    """Yield every path and label that a line may mean, the likeliest first."""
    yield line.path, line.label
    if b"\\" in line.path:
        yield line.path.replace(b"\\", b"/"), line.label
    parts = None if line.label or line.caption else PATH_AND_LABEL.fullmatch(line.path)
    if parts is not None and not parts[2].lower().endswith(ENDINGS):  # two pictures otherwise
        path, label = parts.groups()
        yield path, label
        yield path.replace(b"\\", b"/"), label


def _lines(file: Path) -> Iterator[_Line]:
    """Yield path, label and caption of each line."""
    shown = display_path(str(file))
    try:
        with file.open("rb") as lines:
            bounded = iter(lambda: lines.readline(LONGEST_LINE), b"")
            for number, line in enumerate(bounded, 1):
                place = f"{shown}, line {number}"
                if len(line) == LONGEST_LINE or b"\0" in line:
                    raise ImagesError(f"{place}: is no text; write a path a line, in UTF-8")
                text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
                if text.startswith(b"#") or not text.strip():
                    continue
                columns = text.rstrip(b"\r\n").split(b"\t")
                if len(columns) > COLUMNS:
                    raise ImagesError(
                        f"{place}: has {len(columns)} columns; write path, label and caption with "
                        "a tab between them"
                    )
                if not columns[0]:
                    raise ImagesError(f"{place}: begins with a tab, where the path belongs")
                yield _Line(*columns, *[b""] * (COLUMNS - len(columns)))
    except OSError as problem:
        raise ImagesError(f"{shown}: cannot be read: {problem.strerror}") from None


def _common_folder(paths: Names) -> bytes:
    """Return the folder that all absolute paths share: nobody needs to read of it in a gallery."""
    folders = folders_of(path for path in paths.raws() if path.startswith(b"/"))
    parts = [folder.split(b"/") for folder in folders]
    shared = os.path.commonprefix(parts)  # noqa: RUF071 - of parts, not of letters
    return b"/".join(shared) + b"/" if shared else b""
