"""Archives of unknown origin: names and bytes of their members, and unpacking."""

from __future__ import annotations

import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from generator.errors import ImagesError

DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,  # a compression that Python does not know
    RuntimeError,  # a zip with a password
)
ODD = re.compile(rb"(?:^|/)(?:\.|/|$)|\0")  # in names that are not taken as they are
LARGEST = 1 << 30  # bytes of one picture file; a larger one is no photograph but an attack


def clean_name(name: bytes) -> bytes:
    """Return a member's name as a path inside the archive; b"" for a hidden one.

    Nothing is ever written under these names; they are labels and identities. Absolute paths
    become relative. The parts "." and ".." go, and so do zero bytes. As in a folder, a name with
    another part that starts with "." is hidden.
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
    with file.open("rb") as opened:
        opened.seek(offset)
        return opened.read(size)


def unpack(archive: Path, folder: Path, wanted: Callable[[str], bool]) -> None:
    """Unpack the files of a tar (plain or compressed) or zip whose path is wanted.

    Links and devices are never made. Raises ImagesError for a file that is no whole archive, and
    for an archive in which any path leads out of it.
    """
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as packed:
                for entry in packed.infolist():
                    _require_inside(archive, entry.filename)
                    if not entry.is_dir() and wanted(entry.filename):
                        packed.extract(entry, folder)
        else:
            with tarfile.open(archive) as tar:
                for member in tar:
                    _require_inside(archive, member.name)
                    if member.isreg() and wanted(member.name):
                        tar.extract(member, folder, filter="data")
    except FileNotFoundError:
        raise ImagesError(f"no archive {archive}") from None
    except DAMAGE as problem:
        raise ImagesError(
            f"{archive} is no whole tar or zip archive: {one_line(problem)}"
        ) from None


def one_line(problem: BaseException) -> str:
    """Return an error's text on one line; the name of its class where it has no text."""
    return " ".join(str(problem).split()) or type(problem).__name__


def _require_inside(archive: Path, name: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        raise ImagesError(f"{archive} is refused: its member {name!r} leads out of the folder")
