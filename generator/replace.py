"""Swap a finished folder into place, so that a kill at any moment leaves one whole folder.

Where the system can exchange two names in one step (Linux), there is no moment without a folder.
Elsewhere the old folder steps aside first; a kill between the two renames leaves it there, whole,
and `recover` puts it back.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
from pathlib import Path

from generator.errors import OutputError

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
# What the exchange answers where kernel or file system do not offer it.
_UNSUPPORTED = frozenset({errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM})


def aside(target: Path) -> Path:
    """Return where the old folder waits while the new one moves in."""
    return target.with_name(f".{target.name}.filter-gallery-previous")


def recover(target: Path) -> None:
    """Undo or finish a swap that was killed: afterwards `target` is whole if it ever was."""
    target = target.resolve()
    previous = aside(target)
    if not previous.exists():
        return
    if target.exists():
        shutil.rmtree(previous)
    else:
        os.rename(previous, target)
        _settle(target.parent)


def replace_folder(new: Path, target: Path) -> None:
    """Put the folder `new` at `target` and remove what stood there.

    Both must lie on one file system; `new` is gone afterwards. A kill at any moment leaves the
    previous or the new folder whole at `target`, or the previous one where `recover` finds it.
    Raises OutputError where the system refuses; the previous folder is then in place.
    """
    target = target.resolve()
    try:
        recover(target)
        _write_out()
        if not target.exists():
            os.rename(new, target)
        elif _exchange(new, target):
            _settle(target.parent)
            shutil.rmtree(new)  # the old folder, under the new one's name
        else:
            _step_aside(new, target)
        _settle(target.parent)
    except OSError as error:
        raise OutputError(f"{target}: cannot put the new folder here: {error.strerror}") from error


def _step_aside(new: Path, target: Path) -> None:
    """Swap by two renames."""
    previous = aside(target)
    os.rename(target, previous)
    try:
        os.rename(new, target)
    except OSError:
        os.rename(previous, target)
        raise
    _settle(target.parent)
    shutil.rmtree(previous)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names in one step; False where the system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):  # a C library without the call
        return False
    failed = rename(
        ctypes.c_int(_AT_FDCWD),
        ctypes.c_char_p(os.fsencode(one)),
        ctypes.c_int(_AT_FDCWD),
        ctypes.c_char_p(os.fsencode(other)),
        ctypes.c_uint(_RENAME_EXCHANGE),
    )
    if not failed:
        return True
    number = ctypes.get_errno()
    if number in _UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number))


def _write_out() -> None:
    """Bring what was written to the disk, so that a power failure cannot leave names alone."""
    if os.name == "posix":
        os.sync()


def _settle(folder: Path) -> None:
    """Make the names in a folder last through a power failure, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
