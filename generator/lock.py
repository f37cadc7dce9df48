"""One process at a time, or several that agree to share.

The locks are POSIX record locks: they belong to the process, not to the processes that it forks to
decode images, and the system frees them at the moment at which it ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from generator.errors import AtlasError
from generator.files import told

WHOLE, BRIEF = 0, 1  # bytes of the file that stand for the lock, and for `Held.alone`


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


@dataclass(frozen=True)
class Held:
    """A lock that this process holds."""

    descriptor: int

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until none of those who share the lock is in such a block, and keep them out."""
        fcntl.lockf(self.descriptor, fcntl.LOCK_EX, 1, BRIEF)
        try:
            yield
        finally:
            fcntl.lockf(self.descriptor, fcntl.LOCK_UN, 1, BRIEF)


@contextmanager
def locked(file: Path, what: str, *, shared: bool = False) -> Iterator[Held]:
    """Hold a lock file, whose text names this process; several may share it if all ask so.

    `what` names for people what nobody else may touch meanwhile. Raises AtlasError, naming it and
    the process, where another process holds the lock. The file stays: removing it would let two
    processes lock two files of one name.
    """
    with told(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        how = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.lockf(descriptor, how | fcntl.LOCK_NB, 1, WHOLE)
        except (BlockingIOError, PermissionError) as problem:  # systems say either
            by = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
            raise AtlasError(
                f"{what}: {by or 'another process'} is computing it; wait until it ends, or end it "
                "and run this again"
            ) from problem
        with told(file):
            os.ftruncate(descriptor, 0)
            name = "the search of a shard" if shared else this_process()
            os.pwrite(descriptor, f"{name}\n".encode(), 0)
            os.fsync(descriptor)  # for processes on other machines
        yield Held(descriptor)
    finally:
        os.close(descriptor)
