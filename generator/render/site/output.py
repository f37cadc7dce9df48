"""The output folder of a site: whose it is, whether it is up to date, and how a new one gets there.

The functions that decide only read; `write_site` alone writes.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from generator.errors import ContentError, OutputError
from generator.files import replace_folder
from generator.progress import Progress

MARKER = ".filter-gallery.json"


class Marker(BaseModel):
    """`.filter-gallery.json`: says that a folder is ours, and what it was made from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    made_by: str
    inputs: str  # one hash over everything the site was made from
    listing: str  # one hash over the names and sizes of its files
    pages: int
    files: int
    bytes: int
    warnings: tuple[str, ...]
    unchanged: bool = Field(default=False, exclude=True)  # whether the site was there already


@dataclass
class Site:
    """A whole site, before it is written."""

    texts: dict[str, bytes] = field(default_factory=dict)
    pictures: dict[str, Path] = field(default_factory=dict)

    def add(self, path: str, content: str | bytes) -> None:
        """Add a file; ContentError where two want the same path."""
        if path in self.texts:
            raise ContentError(f"{path}: two pages of the site want this address; rename one")
        self.texts[path] = content.encode() if isinstance(content, str) else content

    def sizes(self) -> dict[str, int]:
        """Return the size in bytes of every file."""
        texts = {path: len(content) for path, content in self.texts.items()}
        return texts | {path: source.stat().st_size for path, source in self.pictures.items()}


def refuse_foreign(site: Path) -> None:
    """Raise OutputError where something stands at `site` that a render did not put there."""
    if not site.exists():
        return
    if not site.is_dir():
        raise OutputError(f"{site}: is a file; name a folder for the site")
    if not (site / MARKER).is_file() and any(site.iterdir()):
        raise OutputError(
            f"{site}: not empty and not made by Filter Gallery; name another folder or empty it"
        )


def unchanged(site: Path, inputs: str) -> Marker | None:
    """Return the marker of a site that was made from these inputs and is still whole."""
    try:
        marker = Marker.model_validate_json((site / MARKER).read_bytes())
    except (OSError, ValidationError):
        return None
    sizes = {path.relative_to(site).as_posix(): path.stat().st_size for path in all_files(site)}
    sizes.pop(MARKER, None)
    whole = (inputs, listing(sizes)) == (marker.inputs, marker.listing)
    return marker.model_copy(update={"unchanged": True}) if whole else None


def write_site(made: Site, site: Path, marker: Marker, progress: Progress) -> None:
    """Write a site beside its target and swap it in; OutputError where the disk refuses."""
    working = _working(site)
    texts = {**made.texts, MARKER: f"{marker.model_dump_json(indent=1)}\n".encode()}
    try:
        tidy(site)
        for path in sorted({(working / name).parent for name in (*texts, *made.pictures)}):
            path.mkdir(parents=True, exist_ok=True)
        for name, content in texts.items():
            (working / name).write_bytes(content)
        for done, (name, source) in enumerate(made.pictures.items(), len(texts)):
            shutil.copyfile(source, working / name)
            progress("files", done, marker.files)
        replace_folder(working, site)
    except OSError as error:
        where = error.filename or site
        raise OutputError(f"{where}: {error.strerror}; the previous site is untouched") from error
    finally:
        tidy(site)


def tidy(site: Path) -> None:
    """Remove what a run that was killed while it wrote a site has left beside it."""
    shutil.rmtree(_working(site), ignore_errors=True)


def _working(site: Path) -> Path:
    """Return where a site is written before it takes its place."""
    site = site.resolve()
    return site.with_name(f".{site.name}.filter-gallery-new")


def listing(sizes: dict[str, int]) -> str:
    """Return one hash over the names and sizes of a site's files."""
    lines = "".join(f"{size} {name}\n" for name, size in sorted(sizes.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def all_files(folder: Path, pattern: str = "*") -> list[Path]:
    """Return the files under a folder in order of path."""
    return sorted(path for path in folder.rglob(pattern) if path.is_file())
