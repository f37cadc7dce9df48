"""A study's folder inside an atlas: its files, and the manifest that says what they rest on.

The atlas's own manifest does not list them, so that a study comes and goes without it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from generator.atlas.schema import Record
from generator.errors import AtlasError
from generator.files import hash_file, write_whole

FOLDER = "studies"  # inside the atlas
MANIFEST = "manifest.json"


class StudyManifest(Record):
    """`studies/<name>/manifest.json`."""

    study: str
    version: int  # of the study's code
    made_from: dict[str, Any]  # all that its files depend on
    missing: str  # why there is no result, in a line; "" where there is one
    files: dict[str, str]  # path inside the folder → sha256


@dataclass(frozen=True)
class StudyFolder:
    """A finished study, for reading."""

    folder: Path
    manifest: StudyManifest
    identity: str  # sha256 of its manifest, and so of everything in it

    @classmethod
    def open(cls, folder: Path) -> StudyFolder | None:
        """Read a study and hash every file; None where the folder is not there.

        Raises AtlasError, naming the first file that is missing, damaged or not readable.
        """
        if not folder.is_dir():
            return None
        path = folder / MANIFEST
        try:
            text = path.read_bytes()
            manifest = StudyManifest.model_validate_json(text)
        except (OSError, ValidationError) as problem:
            raise _unusable(path, "not readable as a study's manifest") from problem
        for name, expected in sorted(manifest.files.items()):
            parts = PurePosixPath(name)
            if parts.is_absolute() or ".." in parts.parts:
                raise _unusable(path, f"{name!r} leads out of the study")
            try:
                found = hash_file(folder / name)
            except OSError as problem:
                raise _unusable(folder / name, problem.strerror) from problem
            if found != expected:
                raise _unusable(folder / name, f"its hash differs from the one in {MANIFEST}")
        return cls(folder, manifest, hashlib.sha256(text).hexdigest())


def finish(
    folder: Path, study: str, version: int, made_from: dict[str, Any], missing: str
) -> StudyManifest:
    """Hash every file in a folder, then write the manifest, which makes it a study."""
    (folder / MANIFEST).unlink(missing_ok=True)  # of a run that was killed just behind this
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {path.relative_to(folder).as_posix(): hash_file(path) for path in paths}
    manifest = StudyManifest(
        study=study, version=version, made_from=made_from, missing=missing, files=files
    )
    write_whole(folder / MANIFEST, manifest.model_dump_json(indent=1).encode() + b"\n")
    return manifest


def _unusable(path: Path, problem: str | None) -> AtlasError:
    return AtlasError(f"{path}: {problem}; run `filter-gallery compute` again, which mends it")
