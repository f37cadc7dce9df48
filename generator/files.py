"""Files that are whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from generator.errors import OutputError

PARTIAL = ".partial"  # ending of a file that is still being written


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn a refusal of the system to write here into OutputError with path and reason."""
    try:
        yield
    except OSError as problem:
        raise OutputError(
            f"{path}: {problem.strerror or problem}; mend that and run it again"
        ) from problem


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in one step, with the folders above it; a kill leaves the old one or the new.

    Raises OutputError, naming the file, where the system refuses; the old one is then in place.
    """
    partial = path.with_name(path.name + PARTIAL)
    with told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("wb") as stream:
                stream.write(content)
        except OSError:
            with suppress(OSError):  # on a full disk every byte counts
                partial.unlink()
            raise
        os.replace(partial, path)
