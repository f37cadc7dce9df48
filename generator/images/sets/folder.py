"""The pictures of a folder, in an order that never changes by itself."""

from __future__ import annotations

import os
import stat
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from generator.atlas.schema import Credit
from generator.errors import ImagesError
from generator.images.captions import display_path, read_captions
from generator.images.credits import read_credits
from generator.images.decode import EXTENSIONS, FORMAT_NAMES
from generator.images.sets.image_set import EncodedImages, digest, holds_something
from generator.images.sets.names import Names

ENDINGS = tuple(os.fsencode(ending) for ending in EXTENSIONS)

Found = tuple[bytes, int, int]  # path below the root, bytes, nanoseconds of the last change


class FolderImages(EncodedImages):
    """The picture files of a folder, sorted by the bytes of their relative paths."""

    def __init__(
        self,
        root: Path,
        paths: Names,
        sizes: npt.NDArray[np.int64],  # [n] bytes
        times: npt.NDArray[np.int64],  # [n] last change, nanoseconds
        captions: dict[str, str],
        credit: Credit | None,
    ) -> None:
        super().__init__(display_path(root.resolve().name), paths, sizes, captions, credit)
        self.root = root
        self._times = times

    def encoded(self, row: int) -> Path:
        return self.root / self.paths[row]

    def is_there(self, row: int) -> bool:
        return holds_something(self.encoded(row).parent)

    def signature(self) -> str:
        more = self.signed_captions()
        return digest(self.paths.raws(), self._sizes, self._times, more=more)

    def only(self, rows: Sequence[int]) -> FolderImages:
        """Return the set of these rows, in their order."""
        paths = Names(self.paths.raw(row) for row in rows)
        chosen = np.array(rows, np.int64)
        return FolderImages(
            self.root,
            paths,
            self._sizes[chosen],
            self._times[chosen],
            self._captions,
            self._credit,
        )


def list_images(root: Path, leave_out: Iterable[Path] = ()) -> FolderImages:
    """List the pictures of a folder and of all folders in it.

    A picture is a regular file with one of `EXTENSIONS`, in either case. Names that start with "."
    are passed over. Links are followed, each folder once, so that loops end; a link to nothing is
    listed, and found unreadable later. Folders in `leave_out` are passed over.
    Raises ImagesError for a folder that is missing, is none, cannot be read, or holds no picture,
    and for its `CREDITS.toml` or `captions.json` where these are damaged.
    """
    shown = display_path(str(root))
    if not root.exists():
        raise ImagesError(f"no folder {shown}: give a folder with images ({FORMAT_NAMES})")
    if not root.is_dir():
        raise ImagesError(f"{shown} is not a folder: give a folder with images ({FORMAT_NAMES})")
    try:
        paths, sizes, times = _table(_pictures(os.fsencode(root), leave_out))
    except OSError as problem:
        place = display_path(os.fsdecode(problem.filename or root))
        raise ImagesError(
            f"the images folder {place} cannot be read: {problem.strerror or problem}"
        ) from None
    if not len(paths):
        raise ImagesError(f"no images in {shown}: it holds no file of {FORMAT_NAMES}")
    return FolderImages(root, paths, sizes, times, read_captions(root), read_credits(root))


def _table(
    found: Iterator[Found],
) -> tuple[Names, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Gather names, sizes and times, sorted by name."""
    sizes, times = array("q"), array("q")

    def names() -> Iterator[bytes]:
        for name, size, time in found:
            sizes.append(size)
            times.append(time)
            yield name

    gathered = Names(names())
    bytes_, changed = np.array(sizes, np.int64), np.array(times, np.int64)
    if _is_sorted(gathered):  # as they come where no folder holds both pictures and folders
        return gathered, bytes_, changed
    listed = list(gathered.raws())
    order = sorted(range(len(listed)), key=listed.__getitem__)
    return Names(map(listed.__getitem__, order)), bytes_[order], changed[order]


def _is_sorted(names: Names) -> bool:
    before = b""
    for name in names.raws():
        if name < before:
            return False
        before = name
    return True


def _pictures(root: bytes, leave_out: Iterable[Path]) -> Iterator[Found]:
    """Yield path, size and time of each picture; real folders come before linked ones."""
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
                elif entry.name.lower().endswith(ENDINGS) and _is_file(status):
                    pictures.append((path, status.st_size, status.st_mtime_ns))
        for path, waiting in sorted(inner, key=lambda each: each[0], reverse=True):
            waiting.append(path)
        yield from sorted(pictures)


def _status(entry: os.DirEntry[bytes]) -> os.stat_result | None:
    """Look through a link, or at it where it leads nowhere; None for what has just gone."""
    for follow in (True, False):
        try:
            return entry.stat(follow_symlinks=follow)
        except OSError:
            continue
    return None


def _is_file(status: os.stat_result) -> bool:
    """Say whether this is a file or a dead link: reading a pipe or device may never end."""
    return stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)
