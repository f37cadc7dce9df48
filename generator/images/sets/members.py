"""What the members of an archive are called, and how their bytes are read where they lie."""

from __future__ import annotations

import os
import re
from pathlib import Path

ODD = re.compile(rb"(?:^|/)(?:\.|/|$)|\0")  # in names that are not taken as they are
LARGEST = 1 << 30  # bytes of one picture file; a larger one is no photograph but an attack


def clean_name(name: bytes) -> bytes:
    """Return a member's name without what leads out of the archive; b"" for a hidden one.

    Nothing is ever written under these names; they are labels and identities. Absolute paths
    become relative, "." and ".." go, and so do zero bytes. What has a part that starts with "." is
    passed over in a folder too.
    """
    if not ODD.search(name):
        return name
    parts = [part for part in name.split(b"/") if part not in (b"", b".", b"..")]
    if any(part.startswith(b".") for part in parts):
        return b""
    return b"/".join(parts).replace(b"\0", b"")


def slice_of(file: Path, offset: int, size: int) -> bytes:
    """Return bytes from inside a file; fewer where it ends before. Raises OSError.

    The file is opened each time, so that processes and threads share no position in it.
    """
    descriptor = os.open(file, os.O_RDONLY)
    try:
        data = os.pread(descriptor, size, offset)
        while len(data) < size:  # a signal came, or a network's file system gives less at once
            more = os.pread(descriptor, size - len(data), offset + len(data))
            if not more:
                break
            data += more
        return data
    finally:
        os.close(descriptor)
