"""The working folder beside an atlas: what a stopped run has finished, for the next one to take up.

<atlas>.work/
  made.json             what the atlas beside this folder was computed from
  identity.json         what is being computed: network, images, settings
  search.safetensors    what was found so far, and how many batches it rests on
  probes/               what probes told of each layer, for any images; named by what it rests on
  scales/               one file per finished group of filters, written after its pictures
  atlas/                the atlas as far as it is written
"""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file as load_arrays
from safetensors.numpy import save as save_arrays
from safetensors.torch import save
from torch import Tensor

from generator.atlas.measures import ProbeArrays
from generator.atlas.schema import SkippedFile
from generator.errors import OutputError

Identity = dict[str, Any]


class Journal:
    """Reads and writes one working folder; every write is whole or not there."""

    def __init__(self, atlas: Path) -> None:
        atlas = atlas.resolve()
        self.folder = atlas.with_name(atlas.name + ".work")
        self.atlas_folder = self.folder / "atlas"
        self._made = self.folder / "made.json"
        self._identity = self.folder / "identity.json"
        self._search = self.folder / "search.safetensors"

    def made(self, identity: Identity) -> str | None:
        """Return the identity of the atlas that this computation has made, None if it has not."""
        record = self._read(self._made)
        return record["atlas"] if record and record["identity"] == identity else None

    def making(self, identity: Identity, atlas: str) -> None:
        """Record which atlas this computation makes, just before it takes its place."""
        self._replace(self._made, {"identity": identity, "atlas": atlas})

    def begin(self, identity: Identity) -> None:
        """Start, or go on with, this computation; unfinished work on another one is dropped."""
        if self._read(self._identity) != identity:
            self.finished()
        if (self.atlas_folder / "manifest.json").exists():
            # A run stopped while it put its atlas in place: what lies here may be the old one.
            self._drop_pictures()
        (self.folder / "scales").mkdir(parents=True, exist_ok=True)
        self._replace(self._identity, identity)

    def finished(self) -> None:
        """Drop all but what probes told and the record of what the atlas was made from."""
        self._identity.unlink(missing_ok=True)
        self._search.unlink(missing_ok=True)
        self._drop_pictures()

    def _drop_pictures(self) -> None:
        for folder in (self.folder / "scales", self.atlas_folder):
            if folder.exists():
                shutil.rmtree(folder)

    def save_search(
        self, tensors: dict[str, Tensor], batches: int, skipped: list[SkippedFile]
    ) -> None:
        """Record what was found after this many batches."""
        metadata = {
            "batches": str(batches),
            "skipped": json.dumps([file.model_dump() for file in skipped]),
        }
        self._write(self._search, save({n: t.cpu() for n, t in tensors.items()}, metadata))

    def load_search(self) -> tuple[dict[str, Tensor], int, list[SkippedFile]] | None:
        """Return what `save_search` recorded last, None at the start."""
        try:
            with safe_open(self._search, "pt") as file:
                metadata = file.metadata()
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (FileNotFoundError, SafetensorError):  # not there, or cut short with the power
            return None
        skipped = [SkippedFile(**record) for record in json.loads(metadata["skipped"])]
        return tensors, int(metadata["batches"]), skipped

    def save_probes(self, key: str, arrays: ProbeArrays) -> None:
        """Record what probes told of a layer; `key` names everything that it rests on."""
        path = self._probes(key)
        path.parent.mkdir(exist_ok=True)
        self._write(path, save_arrays(vars(arrays)))

    def load_probes(self, key: str) -> ProbeArrays | None:
        """Return what `save_probes` recorded under this key, None where it did not."""
        try:
            return ProbeArrays(**load_arrays(self._probes(key)))
        except (FileNotFoundError, SafetensorError, TypeError):  # TypeError: of another version
            return None

    def keep_probes(self, keys: Collection[str]) -> None:
        """Drop what was recorded under other keys: of other weights, or by another version."""
        for path in (self.folder / "probes").glob("*.safetensors"):
            if path.stem not in keys:
                path.unlink()

    def _probes(self, key: str) -> Path:
        return self.folder / "probes" / f"{key}.safetensors"

    def save_scales(self, layer: str, first: int, scales: npt.NDArray[np.float32]) -> None:
        """Record that the pictures of the filters first, first + 1 … are written."""
        buffer = io.BytesIO()
        np.save(buffer, scales)
        self._write(self._scales(layer, first), buffer.getvalue())

    def load_scales(self, layer: str, first: int) -> npt.NDArray[np.float32] | None:
        """Return the scales [filters, 9] of a finished group, None where it is not finished."""
        try:
            scales: npt.NDArray[np.float32] = np.load(self._scales(layer, first))
        except (FileNotFoundError, EOFError, ValueError):
            return None
        return scales

    def _scales(self, layer: str, first: int) -> Path:
        return self.folder / "scales" / f"{layer}.{first}.npy"

    @staticmethod
    def _read(path: Path) -> dict[str, Any] | None:
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):  # not there, or cut short with the power
            return None
        return record if isinstance(record, dict) else None

    @staticmethod
    def _replace(path: Path, record: dict[str, Any]) -> None:
        Journal._write(path, json.dumps(record, indent=1, sort_keys=True).encode())

    @staticmethod
    def _write(path: Path, data: bytes) -> None:
        part = path.with_suffix(".part")
        try:
            with part.open("wb") as file:
                file.write(data)
        except OSError as problem:
            raise OutputError(
                f"{part}: {problem.strerror}; mend that and run it again"
            ) from problem
        os.replace(part, path)
