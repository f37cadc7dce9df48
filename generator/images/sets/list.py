"""The pictures that a text file lists: a path a line, then perhaps a label and a caption."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt

from generator.errors import ImagesError
from generator.images.archives import clean_name
from generator.images.captions import caption_of, clean, display_path, label_of
from generator.images.root_files import read_captions, read_credits
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


class ListedImages(ImageSet):
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
        sizes, self._times = _on_disk(file.parent, written)
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
        return self._label_names[self._labels[row]] or label_of(self._written[row])

    def labels(self) -> tuple[str, ...]:
        return distinct(self.label(row) for row in range(len(self)))

    def caption(self, row: int) -> str:
        own = clean(self._own_captions[row])
        return own or caption_of(self._written[row], self._captions, self.label(row))

    def signature(self) -> str:
        words = "".join(f"{label}\0" for label in self._label_names).encode("utf-8")
        listed = digest(self._own_captions.raws(), self._labels.astype(np.int64))
        more = words + listed.encode() + self.signed_captions()
        return digest(self.paths.raws(), self._sizes, self._times, more=more)


def _on_disk(folder: Path, paths: Names) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return size and time of each file, zeros for one that is not there."""
    sizes, times = array("q"), array("q")
    for path in paths.raws():
        size = time = 0
        with suppress(OSError):  # found unreadable later, with its reason
            status = os.stat(os.path.join(os.fsencode(folder), path))  # noqa: PTH116, PTH118 - bytes
            size, time = status.st_size, status.st_mtime_ns
        sizes.append(size)
        times.append(time)
    return np.array(sizes, np.int64), np.array(times, np.int64)


def _lines(file: Path) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield path, label and caption of each line, the last two empty where they are left out."""
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
                path, label, caption = columns + [b""] * (COLUMNS - len(columns))
                yield path, label, caption
    except OSError as problem:
        raise ImagesError(f"{shown}: cannot be read: {problem.strerror}") from None


def _common_folder(paths: Names) -> bytes:
    """Return the folder that all absolute paths share: nobody needs to read of it in a gallery."""
    folders = folders_of(path for path in paths.raws() if path.startswith(b"/"))
    parts = [folder.split(b"/") for folder in folders]
    shared = os.path.commonprefix(parts)  # noqa: RUF071 - of parts, not of letters
    return b"/".join(shared) + b"/" if shared else b""
