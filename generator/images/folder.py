"""Which pictures a folder holds, in an order that never changes by itself."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from generator.errors import ImagesError
from generator.images.captions import caption_of, label_of, read_captions
from generator.images.decode import (
    EXTENSIONS,
    FORMAT_NAMES,
    UnreadableImage,
    original_size,
    read_image,
)

__all__ = [
    "EXTENSIONS",
    "FORMAT_NAMES",
    "Listing",
    "UnreadableImage",
    "caption_of",
    "display_path",
    "label_of",
    "list_images",
    "original_size",
    "read_captions",
    "read_image",
]


@dataclass(frozen=True)
class Listing:
    """The picture files of a folder, sorted by the bytes of their relative paths.

    A path has "/" between its parts; bytes that are no UTF-8 are held as lone surrogates, as
    Python's file functions give and take them. `listing[row]` is the path of a row.
    """

    root: Path
    paths: tuple[str, ...]  # relative to the root
    sizes: tuple[int, ...]  # bytes
    times: tuple[int, ...]  # last change, nanoseconds

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, row: int) -> str:
        return self.paths[row]

    def labels(self) -> tuple[str, ...]:
        """Return the label of every row; "" for a picture at the root."""
        return tuple(map(label_of, self.paths))

    def fingerprint(self) -> str:
        """Return sha256, in hexadecimal, over every relative path and size."""
        return self._digest(self.sizes)

    def signature(self) -> str:
        """Return the same with the time of each file's last change, to see a change on disk."""
        return self._digest(self.sizes, self.times)

    def _digest(self, *columns: tuple[int, ...]) -> str:
        digest = hashlib.sha256()
        for path, *numbers in zip(self.paths, *columns, strict=True):
            fields = [os.fsencode(path), *(str(number).encode() for number in numbers)]
            digest.update(b"\0".join(fields) + b"\0")  # no path holds a zero byte
        return digest.hexdigest()


def list_images(root: Path, leave_out: Iterable[Path] = ()) -> Listing:
    """List the pictures of a folder and of all folders in it.

    A picture is a regular file with one of `EXTENSIONS`, in either case. Names that start with "."
    are passed over. Links are followed, each folder once, so that loops end; a link to nothing is
    listed, and found unreadable later. Folders in `leave_out` are passed over.
    Raises ImagesError for a folder that is missing, is none, cannot be read, or holds no picture.
    """
    shown = display_path(str(root))
    if not root.exists():
        raise ImagesError(f"no folder {shown}: give a folder with images ({FORMAT_NAMES})")
    if not root.is_dir():
        raise ImagesError(f"{shown} is not a folder: give a folder with images ({FORMAT_NAMES})")
    try:
        found = sorted(_pictures(root, leave_out), key=lambda picture: os.fsencode(picture[0]))
    except OSError as problem:
        place = display_path(str(problem.filename or root))
        raise ImagesError(
            f"the images folder {place} cannot be read: {problem.strerror or problem}"
        ) from None
    if not found:
        raise ImagesError(f"no images in {shown}: it holds no file of {FORMAT_NAMES}")
    paths, sizes, times = zip(*found, strict=True)
    return Listing(root, paths, sizes, times)


def display_path(path: str) -> str:
    """Return a path for people: bytes that are no UTF-8 become U+FFFD."""
    return os.fsencode(path).decode("utf-8", errors="replace")


def _pictures(root: Path, leave_out: Iterable[Path]) -> Iterator[tuple[str, int, int]]:
    """Yield path, size and time of each picture; real folders come before linked ones."""
    folders, links = [root], list[Path]()
    seen = {(s.st_dev, s.st_ino) for s in (p.stat() for p in leave_out if p.exists())}
    while folders or links:
        folder = folders.pop() if folders else links.pop()
        identity = folder.stat()
        if (identity.st_dev, identity.st_ino) in seen:
            continue
        seen.add((identity.st_dev, identity.st_ino))
        for entry in sorted(folder.iterdir(), key=os.fsencode, reverse=True):
            status = None if entry.name.startswith(".") else _status(entry)
            if status is None:
                continue
            if stat.S_ISDIR(status.st_mode):
                (links if entry.is_symlink() else folders).append(entry)
            elif entry.name.lower().endswith(EXTENSIONS) and _is_file(status):
                path = entry.relative_to(root).as_posix()
                yield path, status.st_size, status.st_mtime_ns


def _status(entry: Path) -> os.stat_result | None:
    """Look through a link, or at it where it leads nowhere; None for what has just gone."""
    for look in (entry.stat, entry.lstat):
        try:
            return look()
        except OSError:
            continue
    return None


def _is_file(status: os.stat_result) -> bool:
    """Say whether this is a file or a dead link: reading a pipe or device may never end."""
    return stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)
