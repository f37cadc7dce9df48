"""One process at a time.

The system frees a lock at the moment at which its process ends, however it ends. The processes that
are forked to decode images hold no part of it: filelock closes the file in them.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from generator.errors import AtlasError
from generator.files import told


def this_process() -> str:
    """Name this process for people, and among all that may share a disk."""
    return f"process {os.getpid()} on {platform.node()}"


def holder(file: Path) -> str:
    """Return who holds a lock file, or has held it last; "" where nobody has."""
    try:
        with file.open("rb", buffering=0) as stream:
            stream.seek(1)  # Windows lets nobody else read the first byte, which is the lock
            return stream.read().decode(errors="replace").strip()
    except FileNotFoundError:
        return ""


@contextmanager
def locked(file: Path, what: str, *, wait: float = 0) -> Iterator[None]:
    """Hold a lock file, whose text names this process.

    `what` names for people what nobody else may touch meanwhile. Raises AtlasError, naming it and
    the process, where another process still holds the lock after `wait` seconds. The file stays:
    removing it would let two processes lock two files of one name.
    """
    with told(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(file, timeout=wait, preserve_lock_file=True, on_acquired=_sign)
        try:
            held = lock.acquire()
        except Timeout as problem:
            raise AtlasError(
                f"{what}: {holder(file) or 'another process'} is computing it; wait until it ends, "
                "or end it and run this again"
            ) from problem
    with held:
        yield


def _sign(descriptor: int) -> None:
    """Write the name of this process into the lock file, after the byte that is the lock."""
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"\n{this_process()}\n".encode())
    os.fsync(descriptor)  # for processes on other machines
