"""The pictures that a text file lists: a path a line, then perhaps a label and a caption."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from generator.errors import ImagesError
from generator.images.captions import (
    caption_of,
    clean,
    display_path,
    label_of,
    read_captions,
)
from generator.images.credits import read_credits
from generator.images.sets.image_set import EncodedImages, digest, distinct, holds_something
from generator.images.sets.members import clean_name
from generator.images.sets.names import Names

COLUMNS = 3  # path, label, caption
LONGEST_LINE = 1 << 16  # bytes; more is no list of paths


class ListedImages(EncodedImages):
    """Picture files in the order of a list, relative to the list's folder."""

    def __init__(self, file: Path) -> None:
        written, self._own_captions = Names(), Names()
        labels, codes = array("i"), dict[str, int]()
        for path, label, caption in _lines(file):
            written.append(path)
            self._own_captions.append(caption)
            text = clean(label.decode("utf-8", "replace"))
            labels.append(codes.setdefault(text, len(codes)))
        if not len(written):
            raise ImagesError(f"{display_path(str(file))}: lists no image; write a path a line")
        self._folder = file.parent
        self._written = written
        self._labels: npt.NDArray[np.int32] = np.array(labels, np.int32)
        self._label_names = tuple(codes)
        sizes, self._times = self._on_disk()
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
        return bool(was_missing) or holds_something(self.encoded(row).parent)

    def label(self, row: int) -> str:
        return self._label_names[self._labels[row]] or label_of(self._written[row])

    def labels(self) -> tuple[str, ...]:
        return distinct(self.label(row) for row in range(len(self)))

    def caption(self, row: int) -> str:
        own = clean(self._own_captions[row])
        return own or caption_of(self._written[row], self._captions, self.label(row))

    def signature(self) -> str:
        words = Names(os.fsencode(f"{label}\0") for label in self._label_names)
        listed = digest(self._own_captions.raws(), self._labels.astype(np.int64))
        more = [*words.raws(), listed.encode(), self.signed_captions()]
        return digest(self.paths.raws(), self._sizes, self._times, more=b"".join(more))

    def _on_disk(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return size and time of each file, zeros for one that is not there."""
        sizes, times = array("q"), array("q")
        folder = os.fsencode(self._folder)
        for path in self._written.raws():
            try:
                status = os.stat(os.path.join(folder, path))  # noqa: PTH116, PTH118 - as bytes
            except OSError:  # found unreadable later, with its reason
                sizes.append(0)
                times.append(0)
            else:
                sizes.append(status.st_size)
                times.append(status.st_mtime_ns)
        return np.array(sizes, np.int64), np.array(times, np.int64)


def _lines(file: Path) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield path, label and caption of each line, the last two empty where they are left out."""
    shown = display_path(str(file))
    try:
        with file.open("rb") as lines:
            number = 0
            while line := lines.readline(LONGEST_LINE):
                number += 1
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                place = f"{shown}, line {number}"
                if len(line) == LONGEST_LINE or b"\0" in line:
                    raise ImagesError(f"{place}: is no text; write a path a line, in UTF-8")
                columns = line.rstrip(b"\r\n").split(b"\t")
                if line.startswith(b"#") or not line.strip():
                    continue
                if len(columns) > COLUMNS:
                    raise ImagesError(
                        f"{place}: has {len(columns)} columns; write path, label and caption with "
                        "a tab between them"
                    )
                if not columns[0]:
                    raise ImagesError(f"{place}: begins with a tab, where the path belongs")
                path, label, caption = columns + [b""] * (COLUMNS - len(columns))
                yield path, label, caption
    except OSError as problem:
        raise ImagesError(f"{shown}: cannot be read: {problem.strerror}") from None


def _common_folder(paths: Names) -> bytes:
    """Return the folder that all absolute paths share: nobody needs to read of it in a gallery."""
    shared: list[bytes] | None = None
    for path in paths.raws():
        if path.startswith(b"/"):
            parts = path.split(b"/")[:-1]
            shared = parts if shared is None else _alike(shared, parts)
    return b"/".join(shared) + b"/" if shared else b""


def _alike(one: list[bytes], other: list[bytes]) -> list[bytes]:
    """Return the parts with which both begin."""
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return one[:count]
