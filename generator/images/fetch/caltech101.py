"""Caltech-101: photographs of things in 101 categories."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
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
    "BACKGROUND_Google": "findings of a search engine, of no category",
    "Faces_easy": "the same photographs as Faces, cut closer",
    "garfield": "drawings",
    "snoopy": "drawings",
    "yin_yang": "drawings",
}
# At least one of these must be there, or it is another set, and the credit would be wrong.
KNOWN_BY = frozenset(("Faces", "Motorbikes", "airplanes"))
DEPTH = 4  # levels of folders in which the categories are looked for
INNER_ARCHIVE = "101_ObjectCategories.tar.gz"  # lies inside the published zip
# As CaltechDATA publishes it. TensorFlow Datasets has the same sum.
ADDRESS = "https://data.caltech.edu/records/mzrjq-6wc02/files/caltech-101.zip"
SHA256 = "331234750fc7f77520e50d9565e8b6907b03565e30320da1401130db08c61f91"
PATIENCE = 15.0  # seconds without an answer before the download is given up


def make(
    folder: Path, work: Path, source: Path | None, report: Callable[[str], None]
) -> tuple[Credit, dict[str, str]]:
    """Fill a folder with one folder of photographs a category; return credit and captions.

    `source` is an archive or folder of the set; without one it is downloaded. Raises ImagesError.
    """
    archive = source or _download(work, report)
    unpacked = archive
    if not archive.is_dir():
        report(f"unpacking {archive.name}")
        unpacked = work / "unpacked"
        unpack(archive, unpacked, _wanted)
        for inner in sorted(unpacked.rglob(INNER_ARCHIVE)):
            unpack(inner, unpacked, _wanted)
    for category in _categories(unpacked, source or CREDIT.source):
        (folder / category.name).mkdir()
        for picture in _pictures(category):
            # Files that were unpacked here are moved; a folder that was given stays whole.
            take = shutil.copyfile if unpacked == source else os.replace
            take(picture, folder / category.name / picture.name)
    return CREDIT, {}


def _download(work: Path, report: Callable[[str], None]) -> Path:
    """Download the published archive into a folder and check its sum. Raises ImagesError."""
    import pooch  # noqa: PLC0415 - nothing else needs it

    report("downloading Caltech-101 (137 MB)")
    pooch.get_logger().setLevel("WARNING")  # the line before says the same
    patient = pooch.HTTPDownloader(timeout=PATIENCE, chunk_size=1 << 16)
    try:
        archive = pooch.retrieve(ADDRESS, SHA256, "caltech-101.zip", work, downloader=patient)
    except (OSError, ValueError) as problem:  # requests' errors are OSErrors; a wrong sum is none
        cause = next((each for each in problem.args if isinstance(each, Exception)), problem)
        reason = " ".join(str(getattr(cause, "reason", cause)).split())
        raise ImagesError(
            f"Caltech-101 cannot be downloaded ({reason}); download it from {CREDIT.source} and "
            "give it with --from"
        ) from None
    return Path(archive)


def _wanted(name: str) -> bool:
    return name.lower().endswith((*EXTENSIONS, INNER_ARCHIVE.lower()))


def _categories(root: Path, named: Path | str) -> list[Path]:
    """Return the category folders, at most three folders down in `root`, sorted by name."""
    level = [root]
    for _ in range(DEPTH):
        groups = [_visible(folder, Path.is_dir) for folder in level]
        for group in groups:
            if any(child.name in KNOWN_BY and _pictures(child) for child in group):
                return [child for child in group if child.name not in LEFT_OUT]
        level = [child for group in groups for child in group]
    known = ", ".join(sorted(KNOWN_BY))
    raise ImagesError(
        f"{named} is not Caltech-101: it has no category folder such as {known} with images"
    )


def _pictures(category: Path) -> list[Path]:
    files = _visible(category, Path.is_file)
    return [file for file in files if file.name.lower().endswith(EXTENSIONS)]


def _visible(folder: Path, is_kind: Callable[[Path], bool]) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.name[0] != "." and is_kind(each))
