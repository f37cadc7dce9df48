"""The pictures of a folder, in an order that never changes by itself."""

from __future__ import annotations

import os
import stat
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from generator.errors import ImagesError
from generator.images.captions import display_path
from generator.images.decode import EXTENSIONS, FORMAT_NAMES
from generator.images.root_files import read_captions, read_credits
from generator.images.sets.image_set import (
    ImageSet,
    Names,
    count_unread,
    digest,
    is_filled,
    no_images,
    unread_remarks,
)

ENDINGS = tuple(os.fsencode(ending) for ending in EXTENSIONS)

Found = tuple[bytes, int, int]  # path below the root, bytes, nanoseconds of the last change


class FolderImages(ImageSet):
    """The picture files of a folder, sorted by the bytes of their relative paths."""

    def __init__(
        self,
        root: Path,
        paths: Names,
        sizes: npt.NDArray[np.int64],  # [n] bytes
        times: npt.NDArray[np.int64],  # [n] last change, nanoseconds
        unread: Counter[str],
    ) -> None:
        name = display_path(root.resolve().name)
        super().__init__(name, paths, sizes, read_captions(root), read_credits(root), unread)
        self.root = root
        self._times = times

    def encoded(self, row: int) -> Path:
        return self.root / self.paths[row]

    def is_there(self, row: int) -> bool:
        return is_filled(self.encoded(row).parent)

    def signature(self) -> str:
        more = self.signed_captions()
        return digest(self.paths.raws(), self._sizes, self._times, more=more)


def list_images(root: Path, leave_out: Iterable[Path] = ()) -> FolderImages:
    """List the pictures of a folder and of all folders in it.

    A picture is a regular file with one of `EXTENSIONS`, in either case. Names that start with "."
    are passed over. Links are followed, each folder once, so that loops end. A link to nothing is
    listed, and found unreadable later. Folders in `leave_out` are passed over.
    Raises ImagesError for a folder that is missing, is none, cannot be read or has no picture in
    it, and for a damaged `CREDITS.toml` or `captions.json`.
    """
    shown = display_path(str(root))
    if not root.exists():
        raise ImagesError(f"no folder {shown}: give a folder with images ({FORMAT_NAMES})")
    if not root.is_dir():
        raise ImagesError(f"{shown} is not a folder: give a folder with images ({FORMAT_NAMES})")
    unread = Counter[str]()
    try:
        paths, sizes, times = _table(_pictures(os.fsencode(root), leave_out, unread))
    except OSError as problem:
        place = display_path(os.fsdecode(problem.filename or root))
        raise ImagesError(
            f"the images folder {place} cannot be read: {problem.strerror or problem}"
        ) from None
    if not len(paths):
        raise ImagesError(no_images(shown, unread_remarks(unread)))
    return FolderImages(root, paths, sizes, times, unread)


def _table(found: Iterator[Found]) -> tuple[Names, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Gather names, sizes and times, sorted by name."""
    names, sizes, times = Names(), array("q"), array("q")
    for name, size, time in found:
        names.append(name)
        sizes.append(size)
        times.append(time)
    columns = np.array(sizes, np.int64), np.array(times, np.int64)
    if all(one <= two for one, two in pairwise(names.raws())):
        return names, *columns  # as they come where no folder has both pictures and folders in it
    order = sorted(range(len(names)), key=names.raw)
    return Names(map(names.raw, order)), columns[0][order], columns[1][order]


def _pictures(root: bytes, leave_out: Iterable[Path], unread: Counter[str]) -> Iterator[Found]:
    """Yield path, size and time of each picture; real folders come before linked ones.

    Files of other formats are counted in `unread`.
    """
    folders, links = [b""], list[bytes]()  # paths below the root, with "/" at their end
    seen = {(s.st_dev, s.st_ino) for s in (p.stat() for p in leave_out if p.exists())}
    while folders or links:
        below = folders.pop() if folders else links.pop()
        folder = os.path.join(root, below)  # noqa: PTH118 - pathlib takes no bytes
        identity = os.stat(folder)  # noqa: PTH116 - as above
        if (identity.st_dev, identity.st_ino) in seen:
            continue
        seen.add((identity.st_dev, identity.st_ino))
        pictures = list[Found]()
        inner = list[tuple[bytes, list[bytes]]]()
        with os.scandir(folder) as entries:
            for entry in entries:
                status = None if entry.name.startswith(b".") else _status(entry)
                if status is None:
                    continue
                path = below + entry.name
                if stat.S_ISDIR(status.st_mode):
                    inner.append((path + b"/", links if entry.is_symlink() else folders))
                # Or a dead link; reading a pipe or device may never end.
                elif stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
                    if entry.name.lower().endswith(ENDINGS):
                        pictures.append((path, status.st_size, status.st_mtime_ns))
                    else:
                        count_unread(unread, path)
        for path, waiting in sorted(inner, key=lambda each: each[0], reverse=True):
            waiting.append(path)
        yield from sorted(pictures)


def _status(entry: os.DirEntry[bytes]) -> os.stat_result | None:
    """Look through a link, or at it where it leads nowhere; None for what has just gone."""
    for follow in (True, False):
        with suppress(OSError):
            return entry.stat(follow_symlinks=follow)
    return None
