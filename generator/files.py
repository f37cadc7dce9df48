"""Files and folders that are whole or not there, and one process at a time.

Whatever ends a process, and when: no half of a file or folder is ever taken for the whole.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from generator.errors import AtlasError, OutputError

PARTIAL = ".partial"  # ending of a file that is still being written

Arrays = dict[str, npt.NDArray[np.generic]]


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write here into OutputError with path and reason."""
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
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("wb") as stream:
                stream.write(content)
        except OSError:
            with suppress(OSError):  # on a full disk every byte counts
                partial.unlink()
            raise
        os.replace(partial, path)


def hash_file(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_arrays(path: Path, arrays: Mapping[str, npt.NDArray[np.generic]], note: str = "") -> None:
    """Write arrays and a note with a hash over both, in one step. Raises OutputError."""
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    write_whole(path, save(whole, {"note": note, "sha256": _hash(whole, note)}))


def read_arrays(path: Path) -> tuple[Arrays, str] | None:
    """Return what `write_arrays` wrote; None where there is no such file, or a damaged one."""
    try:
        with safe_open(path, "numpy") as file:
            words = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (FileNotFoundError, SafetensorError):
        return None
    note = words.get("note", "")
    return (arrays, note) if words.get("sha256") == _hash(arrays, note) else None


def _hash(arrays: Arrays, note: str) -> str:
    return hashlib.sha256(save(arrays, {"note": note})).hexdigest()


def aside(target: Path) -> Path:
    """Return where the old folder waits while the new one moves in."""
    return target.with_name(f".{target.name}.filter-gallery-previous")


def recover(target: Path) -> None:
    """Finish or undo a swap that was killed: afterwards `target` is whole if it ever was."""
    target = target.resolve()
    previous = aside(target)
    if previous.exists():
        if target.exists():
            shutil.rmtree(previous)
        else:
            os.rename(previous, target)


def replace_folder(new: Path, target: Path) -> None:
    """Put the folder `new` at `target` and remove what stood there.

    Both must lie on one file system; `new` is gone afterwards. The old folder steps aside before
    the new one moves in. A kill at any moment leaves the old or the new folder whole at `target`,
    or the old one where `recover` finds it. Raises OutputError where the system refuses; the old
    folder is then in place.
    """
    target = target.resolve()
    previous = aside(target)
    try:
        recover(target)
        _settle()
        if target.exists():
            os.rename(target, previous)
        try:
            os.rename(new, target)
            _settle()
        finally:
            recover(target)  # removes the old folder, or puts it back
    except OSError as error:
        raise OutputError(f"{target}: cannot put the new folder here: {error.strerror}") from error


def _settle() -> None:
    """Bring all that was written to the disk, so that a power failure changes no order."""
    if hasattr(os, "sync"):  # not on Windows
        os.sync()


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
    """Hold a lock file, whose text names this process, until the block or the process ends.

    `what` names for people what nobody else may touch meanwhile. Raises AtlasError, naming it and
    the process, where another process still holds the lock after `wait` seconds. The file stays:
    removing it would let two processes lock two files of one name. Processes that are forked to
    decode images hold no part of the lock: filelock closes the file in them.
    """
    with writing(file):
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
