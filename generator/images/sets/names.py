"""A long list of names in little memory: one run of bytes, and where each name ends."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator


class Names:
    """Names in a fixed order. A name of 40 bytes takes 48, and processes that fork share them.

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
