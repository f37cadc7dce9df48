"""Where the members of a tar lie, read from its headers alone.

`tarfile` makes an object of half a kilobyte for each member and takes some 60 µs for it; an image
set has millions of members. Here a header costs a read of 1 KB and a few comparisons.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from generator.errors import ImagesError

BLOCK = 512
FILES = (b"0", b"\0", b"7")
WITHOUT_DATA = (b"1", b"2", b"3", b"4", b"5", b"6")  # links, devices, folders, pipes
PAX, LONG_NAME, LONG_LINK, FOR_ALL, SPARSE = b"x", b"L", b"K", b"g", b"S"
BEFORE = (PAX, LONG_NAME, LONG_LINK, FOR_ALL)  # records that stand before a member
LONGEST_HEADER = 1 << 20  # bytes of a name or record that stands before a member


class Member(NamedTuple):
    """One file inside a tar."""

    name: bytes
    offset: int  # of its first byte
    size: int  # in bytes
    start: bytes  # its first bytes, BLOCK at most


class Said(NamedTuple):
    """What records before a header say of the next member, over what its header says."""

    name: bytes | None
    size: int | None


NOTHING = Said(None, None)


def walk(tar: Path) -> Iterator[Member]:
    """Yield the files of an uncompressed tar, as they come; links and devices are passed over.

    Raises ImagesError for what is no tar, is damaged or cut short, or holds sparse files.
    """
    try:
        file = os.open(tar, os.O_RDONLY)
        try:
            yield from _members(file, tar)
        finally:
            os.close(file)
    except OSError as problem:
        raise ImagesError(f"{tar}: cannot be read: {problem.strerror}") from None


def _members(file: int, tar: Path) -> Iterator[Member]:
    end = os.fstat(file).st_size
    place, said = 0, NOTHING
    while place < end:
        read = os.pread(file, 2 * BLOCK, place)
        header = read[:BLOCK]
        if header.count(0) == BLOCK:
            return
        kind, size = _kind_and_size(header, tar, place)
        place += BLOCK
        if kind in WITHOUT_DATA:
            said = NOTHING
            continue
        if said.size is not None and kind not in BEFORE:
            size = said.size
        if place + size > end:
            missing = place + size - end
            raise ImagesError(
                f"{tar} is cut short: {missing:,} bytes are missing; make or fetch it again"
            )
        if kind in FILES:
            yield Member(said.name or _name(header), place, size, read[BLOCK : BLOCK + size])
        said = _heard(os.pread(file, size, place), kind, said) if kind in BEFORE else NOTHING
        place += (size + BLOCK - 1) // BLOCK * BLOCK


def _kind_and_size(header: bytes, tar: Path, place: int) -> tuple[bytes, int]:
    """Return the kind of a member and the size of its data. Raises ImagesError."""
    kind, size = header[156:157], _size(header)
    if size is None or not _is_header(header):
        raise ImagesError(
            f"{tar} is no whole tar: no header at byte {place:,}; make or fetch it again"
        )
    if kind == SPARSE:
        raise ImagesError(f"{tar} holds sparse files; make it anew without --sparse")
    if kind in BEFORE and size > LONGEST_HEADER:
        raise ImagesError(f"{tar} is damaged: a name of {size:,} bytes at byte {place:,}")
    return kind, size


def _heard(record: bytes, kind: bytes, said: Said) -> Said:
    """Return what is known of the next member after one more record before it."""
    if kind == LONG_NAME:
        return Said(record.partition(b"\0")[0], said.size)
    return _pax(record, said) if kind == PAX else said


def _size(header: bytes) -> int | None:
    """Return the size of a member's data, None where the header says none."""
    field = header[124:136]
    if field[:1] == b"\x80":  # a large file: not octal digits but a number in bytes
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b"\0 ") or b"0"
    return int(digits, 8) if digits.isdigit() and not digits.strip(b"01234567") else None


def _is_header(header: bytes) -> bool:
    """Say whether a block is a header: all of today's have a mark, the oldest only a sum."""
    if header[257:262] == b"ustar":
        return True
    field = header[148:156]
    total = sum(header) - sum(field) + len(field) * 0x20
    return len(header) == BLOCK and field.strip(b"\0 ").lstrip(b"0") == b"%o" % total


def _name(header: bytes) -> bytes:
    name = header[:100].partition(b"\0")[0]
    if header[257:263] == b"ustar\0" and header[345]:
        return header[345:500].partition(b"\0")[0] + b"/" + name
    return name


def _pax(record: bytes, said: Said) -> Said:
    """Return what a record of lines "LENGTH KEY=VALUE" says of name and size."""
    name, size = said
    while record:
        length, space, _ = record.partition(b" ")
        if not space or not length.isdigit() or not len(length) < int(length) <= len(record):
            break
        key, _, value = record[len(length) + 1 : int(length) - 1].partition(b"=")
        if key == b"path":
            name = value
        elif key == b"size" and value.isdigit():
            size = int(value)
        record = record[int(length) :]
    return Said(name, size)
