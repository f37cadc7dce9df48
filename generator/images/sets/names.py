"""A long list of names in little memory: one run of bytes, and where each name ends."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import overload


class Names(Sequence[str]):
    """Names in a fixed order. A name of 40 bytes takes 48, and processes that fork share them.

    Bytes that are no UTF-8 are held as lone surrogates in the texts, as Python's file functions
    give and take them.
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

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[str]: ...
    def __getitem__(self, row: int | slice) -> str | Sequence[str]:
        if isinstance(row, slice):
            return [self[each] for each in range(*row.indices(len(self)))]
        return os.fsdecode(self.raw(row))

    def raw(self, row: int) -> bytes:
        """Return a name as bytes. Raises IndexError."""
        if not 0 <= row < len(self):
            raise IndexError(row)
        return bytes(self._blob[self._ends[row] : self._ends[row + 1]])

    def raws(self, first: int = 0, last: int | None = None) -> Iterator[bytes]:
        """Yield names first … last − 1 as bytes, to the end where no last is given."""
        last = len(self) if last is None else last
        with memoryview(self._blob) as blob:
            start = self._ends[first]
            for row in range(first, last):
                end = self._ends[row + 1]
                yield bytes(blob[start:end])
                start = end
