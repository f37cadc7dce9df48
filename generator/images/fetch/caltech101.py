"""Caltech-101: photographs of things in 101 categories."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import socket
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from generator.atlas.schema import Credit
from generator.errors import ImagesError
from generator.images.archives import unpack
from generator.images.decode import EXTENSIONS

CREDIT = Credit(
    title="Caltech-101",
    authors="Fei-Fei Li, Marco Andreeto, Marc'Aurelio Ranzato, Pietro Perona",
    licence="CC BY 4.0",
    licence_url="https://creativecommons.org/licenses/by/4.0/",
    source="https://doi.org/10.22002/D1.20086",
    how_to_credit=(
        "Li, Andreeto, Ranzato and Perona: Caltech 101, version 1.0, CaltechDATA, 2022, "
        "doi 10.22002/D1.20086, CC BY 4.0; shown cropped and scaled."
    ),
)
LEFT_OUT = {
    "BACKGROUND_Google": "whatever a search engine found, of no category",
    "Faces_easy": "the same photographs as Faces, cut closer",
    "garfield": "drawings",
    "snoopy": "drawings",
    "yin_yang": "drawings",
}
# At least one of these must be there, or it is another set, and the credit would be wrong.
KNOWN_BY = frozenset(("Faces", "Motorbikes", "airplanes"))
DEPTH = 4  # levels of folders in which the categories are looked for
INNER_ARCHIVE = "101_ObjectCategories.tar.gz"  # lies inside the published zip
PATIENCE = 15.0  # seconds without an answer before the download is given up


def make(
    folder: Path, work: Path, source: Path | None, report: Callable[[str], None]
) -> tuple[Credit, dict[str, str]]:
    """Fill a folder with one folder of photographs a category; return credit and captions.

    `source` is an archive or folder of the set; without one it is downloaded. Raises ImagesError.
    """
    if source is None:
        report("downloading Caltech-101 (137 MB)")
        _download(work)
        unpacked = work
    elif source.is_dir():
        unpacked = source
    else:
        report(f"unpacking {source}")
        unpacked = work / "unpacked"
        unpack(source, unpacked, _wanted)
        for inner in sorted(unpacked.rglob(INNER_ARCHIVE)):
            unpack(inner, unpacked, _wanted)
    for category in _categories(unpacked, source or CREDIT.source):
        (folder / category.name).mkdir()
        for picture in _pictures(category):
            # What was unpacked is moved, what belongs to somebody is copied.
            take = shutil.copyfile if unpacked == source else os.replace
            take(picture, folder / category.name / picture.name)
    return CREDIT, {}


def _download(work: Path) -> None:
    """Let torchvision download, check and unpack the set, without its own progress lines."""
    # Here alone, as it brings torch along, which only this branch needs.
    from generator.network.torchvision_compat import datasets  # noqa: PLC0415

    try:
        with _patience(), contextlib.redirect_stdout(sys.stderr):
            datasets.Caltech101(work, download=True)
    except (OSError, http.client.HTTPException, RuntimeError, zipfile.BadZipFile) as problem:
        cause = getattr(problem, "reason", problem)  # a failed connection wraps its own error
        reason = " ".join(str(cause).split()) or type(problem).__name__
        raise ImagesError(
            f"Caltech-101 cannot be downloaded ({reason}); "
            "download it from https://doi.org/10.22002/D1.20086 and give it with --from"
        ) from None


@contextlib.contextmanager
def _patience() -> Iterator[None]:
    """Bound the wait of every connection made meanwhile; torchvision sets no limit of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _wanted(name: str) -> bool:
    return name.lower().endswith((*EXTENSIONS, INNER_ARCHIVE.lower()))


def _categories(root: Path, named: Path | str) -> list[Path]:
    """Return the category folders, at most three folders down in `root`, sorted by name."""
    level = [root]
    for _ in range(DEPTH):
        inner = []
        for folder in level:
            children = sorted(
                child for child in folder.iterdir() if child.is_dir() and child.name[0] != "."
            )
            if any(child.name in KNOWN_BY and _pictures(child) for child in children):
                return [child for child in children if child.name not in LEFT_OUT]
            inner += children
        level = inner
    known = ", ".join(sorted(KNOWN_BY))
    raise ImagesError(
        f"{named} is not Caltech-101: it holds no category folder such as {known} with images"
    )


def _pictures(category: Path) -> list[Path]:
    return sorted(
        file
        for file in category.iterdir()
        if file.name[0] != "." and file.name.lower().endswith(EXTENSIONS) and file.is_file()
    )
