"""Unpacking an image set from an archive, without trusting the archive."""

from __future__ import annotations

import lzma
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


def unpack(archive: Path, folder: Path, wanted: Callable[[str], bool]) -> None:
    """Unpack the files of a tar (plain or compressed) or zip whose path is wanted.

    Links and devices are never made. Raises ImagesError for a file that is no whole archive, and
    for an archive in which any path leads out of it.
    """
    try:
        if zipfile.is_zipfile(archive):
            _unzip(archive, folder, wanted)
        else:
            _untar(archive, folder, wanted)
    except FileNotFoundError:
        raise ImagesError(f"no archive {archive}") from None
    except DAMAGE as problem:
        text = " ".join(str(problem).split()) or type(problem).__name__
        raise ImagesError(f"{archive} is no whole tar or zip archive: {text}") from None


def _untar(archive: Path, folder: Path, wanted: Callable[[str], bool]) -> None:
    with tarfile.open(archive) as tar:
        for member in tar:
            _refuse_escape(archive, member.name)
            if member.isreg() and wanted(member.name):
                tar.extract(member, folder, filter="data")


def _unzip(archive: Path, folder: Path, wanted: Callable[[str], bool]) -> None:
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            _refuse_escape(archive, member.filename)
            if not member.is_dir() and wanted(member.filename):
                opened.extract(member, folder)


def _refuse_escape(archive: Path, name: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        raise ImagesError(f"{archive} is refused: its member {name!r} leads out of the folder")
