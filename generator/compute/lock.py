"""One computation at a time on one atlas.

The locks are POSIX record locks: they belong to the process, not to the processes that it forks to
decode images, and the system frees them at the moment at which it ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from generator.errors import AtlasError
from generator.files import told


def this_process() -> str:
    """Name this process for people, and among all that may share a disk."""
    return f"process {os.getpid()} on {platform.node()}"


def holder(file: Path) -> str:
    """Return who holds a lock file, or has held it last; "" where nobody has.

    Not for the process that holds it: closing the file again would free its own lock.
    """
    try:
        return file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


@contextmanager
def locked(file: Path, what: str, *, shared: bool = False) -> Iterator[None]:
    """Hold a lock file, whose text names this process; several may share it if all ask so.

    `what` names for people what nobody else may touch meanwhile. Raises AtlasError, naming it and
    the process, where another process holds the lock. The file stays: removing it would let two
    processes lock two files of one name.
    """
    with told(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        stream = file.open("a+", encoding="utf-8")
    with stream:
        try:
            fcntl.lockf(stream, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as problem:  # systems say either
            stream.seek(0)
            holder = stream.read().strip() or "another process"
            raise AtlasError(
                f"{what}: {holder} is computing it; wait until it ends, or end it and run this "
                "again"
            ) from problem
        with told(file):
            stream.truncate(0)
            stream.write(f"{this_process()}\n")
            stream.flush()
            os.fsync(stream.fileno())  # for processes on other machines
        yield
