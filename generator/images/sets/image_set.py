"""Image sets: pictures in a fixed order, with paths, labels and captions."""

from __future__ import annotations

import copy
import hashlib
import os
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from generator.atlas.schema import Credit
from generator.images.captions import caption_of, label_of
from generator.images.decode import FORMAT_NAMES, UNREAD, original_size, read_image
from generator.images.remarks import Remark, listed, several
from generator.names import Size


class Names:
    """A long list of names in little memory: one run of bytes, and where each name ends.

    A name of 40 bytes takes 48, and processes that fork share them.

    Bytes that are no UTF-8 become lone surrogates in the texts, as in Python's file functions.
    """

    def __init__(self, names: Iterable[bytes] = ()) -> None:
        self._blob = bytearray()
        self._ends = array("q", [0])
        for name in names:
            self.append(name)

    def append(self, name: bytes) -> None:
        """Put a name at the end."""
        self._blob += name
        self._ends.append(len(self._blob))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, row: int) -> str:
        return os.fsdecode(self.raw(row))

    def __iter__(self) -> Iterator[str]:
        return map(os.fsdecode, self.raws())

    def raw(self, row: int) -> bytes:
        """Return a name as bytes. Raises IndexError."""
        if not 0 <= row < len(self):
            raise IndexError(row)
        return bytes(self._blob[self._ends[row] : self._ends[row + 1]])

    def raws(self) -> Iterator[bytes]:
        """Yield the names as bytes."""
        with memoryview(self._blob) as blob:
            for row in range(len(self)):
                yield bytes(blob[self._ends[row] : self._ends[row + 1]])


class ImageSet:
    """Pictures in an order that never changes by itself, numbered from 0 on.

    As it stands here, each picture is a file or its bytes, named by its path and labelled by the
    innermost folder that is not alike for all. A set of another kind says otherwise in its own
    methods. A set can be pickled, is cheap to fork, and has no Python object for each picture.
    """

    grey = False  # whether pictures are read without their colours
    icc = False  # whether colours are brought to sRGB from the profiles that pictures carry

    def __init__(
        self,
        name: str,  # short, for people: of a folder, file or data set, never a path
        paths: Names,
        sizes: npt.NDArray[np.int64],  # [n] bytes
        captions: Mapping[str, str],  # of some paths
        credit: Credit | None,
        unread: Mapping[str, int] | None = None,  # ending → files, as `count_unread` counts them
    ) -> None:
        self.name = name
        self.paths = paths
        self._sizes = sizes
        self._captions = dict(captions)
        self._credit = credit
        self._unread = dict(unread or {})

    def encoded(self, row: int) -> Path | bytes:
        """Return the path of a picture's file, or its bytes. Raises PictureError."""
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self.paths)

    def path(self, row: int) -> str:
        """Return a picture's name inside the set, with "/" between parts.

        Bytes that are no UTF-8 become lone surrogates.
        """
        return self.paths[row]

    def row_in_whole(self, row: int) -> int:
        """Return a picture's row in the set that this one was chosen from; else its own."""
        return row

    def label(self, row: int) -> str:
        """Return a picture's label; "" where it has none."""
        return label_of(self.path(row), self._alike)

    def labels(self) -> tuple[str, ...]:
        """Return the distinct labels, sorted, without ""."""
        return self.folder_labels()

    def folders(self) -> set[bytes]:
        """Return the distinct folders of all pictures that are labelled by a folder."""
        return folders_of(self.paths.raws())

    def folder_labels(self) -> tuple[str, ...]:
        """Return the distinct labels of these pictures, sorted, without ""."""
        return self._by_folder[1]

    @property
    def _alike(self) -> int:
        return self._by_folder[0]

    @cached_property
    def _by_folder(self) -> tuple[int, tuple[str, ...]]:
        """How many folders are alike at the end of all paths, and the labels before them."""
        folders = self.folders()
        alike = alike_at_end(folders)
        return alike, distinct(label_of(f"{os.fsdecode(folder)}/", alike) for folder in folders)

    def remarks(self) -> tuple[str, ...]:
        """Return what is to be told of files that are no pictures of the set, a line each."""
        return unread_remarks(self._unread)

    def caption(self, row: int) -> str:
        """Return one line of 1 to 120 characters without control characters."""
        return caption_of(self.path(row), self._captions, self.label(row))

    def in_channels(self, channels: int) -> Self:
        """Return the set as a network of so many channels sees it: in grey for one."""
        seen = copy.copy(self)
        seen.grey = channels == 1
        return seen

    def read(
        self, row: int, size: Size, remarks: list[Remark] | None = None
    ) -> npt.NDArray[np.uint8]:
        """Return a picture as `decode.read_image` does: [4, *size]. Raises PictureError."""
        return read_image(self.encoded(row), size, remarks, icc=self.icc, grey=self.grey)

    def is_there(self, row: int) -> bool:
        """Say whether the place of a picture is there: its folder or archive, not the picture.

        Where a disk was taken away, every picture has vanished and none is to be left out.
        """
        return True

    def original_size(self, row: int) -> tuple[int, int]:
        """Return a picture's width and height, upright. Raises PictureError."""
        return original_size(self.encoded(row))

    def fingerprint(self) -> str:
        """Return sha256, in hexadecimal, over path and size in bytes of every picture."""
        return digest(self.paths.raws(), self._sizes)

    def signature(self) -> str:
        """Return the same with times of last change, and with the set's own captions.

        It changes with all that the atlas takes from the set, but for its credits.
        """
        raise NotImplementedError

    def credits(self) -> Credit | None:
        """Return who made the set, None where it does not say."""
        return self._credit

    def signed_captions(self) -> bytes:
        """Return a hash of the set's own captions, for its signature; b"" where it has none."""
        if not self._captions:
            return b""
        texts = (f"{path}\0{text}\0" for path, text in sorted(self._captions.items()))
        return hashlib.sha256("".join(texts).encode("utf-8", "surrogatepass")).digest()


def is_filled(folder: Path) -> bool:
    """Say whether a folder exists and is not empty. A disk taken away may leave it empty."""
    try:
        with os.scandir(folder) as entries:
            return any(True for _ in entries)
    except OSError:
        return False


def folders_of(paths: Iterable[bytes]) -> set[bytes]:
    """Return the distinct folders of paths, without "/" at their end."""
    return {path.rpartition(b"/")[0] for path in paths}


def alike_at_end(folders: Iterable[bytes]) -> int:
    """Return how many folders at the end of all paths are alike: 1 for a/images and b/images.

    Pictures outside of folders do not count. Where there is one path only, it is 0.
    """
    paths = [folder.split(b"/")[::-1] for folder in folders if folder]
    shared = os.path.commonprefix(paths)  # noqa: RUF071 - of parts, not of letters
    return len(shared) if len(paths) > 1 else 0


def count_unread(counts: Counter[str], name: bytes) -> None:
    """Count a file that is not read under its ending where that is one of pictures."""
    ending = os.fsdecode(os.path.splitext(name)[1].lower())  # noqa: PTH122 - pathlib takes no bytes
    if ending in UNREAD:
        counts[ending] += 1


def unread_remarks(counts: Mapping[str, int]) -> tuple[str, ...]:
    """Say how many files have endings of pictures that are not read; nothing where none has."""
    if not counts:
        return ()
    files = several(sum(counts.values()), "file")
    told = f"not read: {files} of other formats, {listed(counts)}"
    return (f"{told}; save them as JPEG or PNG to have them in",)


def no_images(place: str, remarks: Iterable[str]) -> str:
    """Say that a place holds no pictures, and what it holds instead."""
    return "; ".join([f"no images in {place}: it holds no file of {FORMAT_NAMES}", *remarks])


def distinct(labels: Iterable[str]) -> tuple[str, ...]:
    """Return labels sorted, each once, without ""."""
    return tuple(sorted(set(labels) - {""}))


def digest(names: Iterable[bytes], *columns: npt.NDArray[np.int64], more: bytes = b"") -> str:
    """Return sha256, in hexadecimal, over names and the numbers of each, then over `more`."""
    hashed = hashlib.sha256()
    for name, *numbers in zip(names, *columns, strict=True):
        # No name contains a zero byte, so no two lists give the same bytes.
        hashed.update(b"%b\0%b\0" % (name, b"\0".join(b"%d" % number for number in numbers)))
    hashed.update(more)
    return hashed.hexdigest()
