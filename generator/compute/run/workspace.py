"""The working folder beside an atlas: what a stopped run has finished, for the next one to take up.

<atlas>.work/
  lock                  held by the run at work; its text names the process
  made.json             what the atlas beside this folder was computed from
  identity.json         what is being computed: network, images, settings; and its atlas once made
  search/               parts of the search: what was found in some of the batches, see `parts`
  measures/             what stimuli showed of each layer, for any images; named by what it rests on
  scales/               one file per finished group of filters, written after its pictures
  atlas/                the atlas as far as it is written

A file that is torn or damaged counts as not there.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from generator.atlas.measures import MeasureArrays
from generator.atlas.store import hash_file
from generator.compute.run.identity import Identity, differences, digest, work_of
from generator.compute.run.sealed import read_sealed, write_sealed
from generator.errors import AtlasError
from generator.files import told, write_whole

SEAL = "sha256 of the rest"  # in a record, so that it says itself whether it is as it was written


class Workspace:
    """Reads and writes one working folder; every write is whole or not there."""

    def __init__(self, atlas: Path) -> None:
        atlas = atlas.resolve()
        self.folder = atlas.with_name(atlas.name + ".work")
        self.atlas_folder = self.folder / "atlas"
        self.lock = self.folder / "lock"
        self.search = self.folder / "search"
        self._made = self.folder / "made.json"
        self._identity = self.folder / "identity.json"

    def made(self, identity: Identity) -> str | None:
        """Return the identity of the atlas that this computation has made, None if it has not."""
        record = self._read(self._made)
        return record.get("atlas") if record and record.get("identity") == identity else None

    def making(self, identity: Identity, atlas: str) -> None:
        """Record which atlas this computation makes, just before it takes its place."""
        self._replace(self._made, {"identity": identity, "atlas": atlas})
        self._replace(self._identity, {"work": work_of(identity), "atlas": atlas})

    def void(self) -> None:
        """Forget what the atlas was made from: it is damaged."""
        with told(self._made):
            self._made.unlink(missing_ok=True)

    def completed(self) -> str | None:
        """Return the identity of the atlas that what is recorded here was made into, if it was."""
        record = self._read(self._identity)
        return record.get("atlas") if record else None

    def begin(self, work: Identity) -> None:
        """Start, or go on with, the work for an atlas.

        Raises AtlasError, saying what differs, where there is unfinished work on something else.
        """
        previous = self.unfinished()
        if previous != work:
            if previous is not None and self._begun():
                raise AtlasError(
                    f"{self.folder}: holds unfinished work on something else "
                    f"({differences(previous, work)}); finish that as it was begun, or start "
                    "anew with --anew, which drops it"
                )
            self.finished()  # of what is left nobody can say what it rests on
            self._replace(self._identity, {"work": work})
        with told(self.folder):
            if (self.atlas_folder / "manifest.json").exists():
                # A run stopped while it put its atlas in place: what lies here may be the old one.
                self._drop_pictures()

    def unfinished(self) -> Identity | None:
        """Return what is being computed here, None where nothing is."""
        record = self._read(self._identity)
        return record.get("work") if record else None

    def finished(self) -> None:
        """Drop all but what stimuli showed and the record of what the atlas was made from."""
        with told(self.folder):
            if self.search.exists():
                shutil.rmtree(self.search)
            self._drop_pictures()
            self._identity.unlink(missing_ok=True)  # last: a kill before leaves this to be done

    def _begun(self) -> bool:
        folders = (self.search, self.folder / "scales")
        return any(True for folder in folders for _ in folder.glob("*.safetensors"))

    def _drop_pictures(self) -> None:
        for folder in (self.folder / "scales", self.atlas_folder):
            if folder.exists():
                shutil.rmtree(folder)

    def save_measures(self, key: str, arrays: MeasureArrays) -> None:
        """Record what stimuli showed of a layer; `key` names everything that it rests on."""
        write_sealed(self._measures(key), vars(arrays), {})

    def load_measures(self, key: str) -> MeasureArrays | None:
        """Return what `save_measures` recorded under this key, None where it did not."""
        read = read_sealed(self._measures(key))
        try:
            return MeasureArrays(**read[0]) if read else None  # type: ignore[arg-type]  # by their names
        except TypeError:  # of another version
            return None

    def keep_measures(self, keys: Collection[str]) -> None:
        """Drop what was recorded under other keys: of other weights, or by another version."""
        with told(self.folder):
            for path in (self.folder / "measures").glob("*.safetensors"):
                if path.stem not in keys:
                    path.unlink()

    def _measures(self, key: str) -> Path:
        return self.folder / "measures" / f"{key}.safetensors"

    def save_scales(
        self,
        layer: str,
        first: int,
        scales: npt.NDArray[np.float32],
        pictures: Mapping[str, str],
    ) -> None:
        """Record that the pictures of the filters first, first + 1 … are written.

        `pictures` gives the sha256 of each by its path inside the atlas.
        """
        words = {"pictures": json.dumps(pictures)}
        write_sealed(self._scales(layer, first), {"scales": scales}, words)

    def load_scales(self, layer: str, first: int) -> npt.NDArray[np.float32] | None:
        """Return the scales [filters, 9] of a group whose pictures are all whole, else None."""
        read = read_sealed(self._scales(layer, first))
        if read is None or not all(
            self._holds(name, digest) for name, digest in json.loads(read[1]["pictures"]).items()
        ):
            return None
        return read[0]["scales"].astype(np.float32, copy=False)

    def _holds(self, name: str, digest: str) -> bool:
        try:
            return hash_file(self.atlas_folder / name) == digest
        except FileNotFoundError:
            return False

    def _scales(self, layer: str, first: int) -> Path:
        return self.folder / "scales" / f"{layer}.{first}.safetensors"

    @staticmethod
    def _read(path: Path) -> dict[str, Any] | None:
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):  # not there, or cut short with the power
            return None
        if not isinstance(record, dict) or record.pop(SEAL, None) != digest(record):
            return None
        return record

    @staticmethod
    def _replace(path: Path, record: dict[str, Any]) -> None:
        sealed = {**record, SEAL: digest(record)}
        write_whole(path, json.dumps(sealed, indent=1, sort_keys=True).encode())
