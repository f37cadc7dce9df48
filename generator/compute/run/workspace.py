"""The working folder beside an atlas: what a stopped run has finished, for the next one to take up.

<atlas>.work/
  lock                  held by the run at work; its text names the process
  made.json             what the atlas beside this folder was computed from
  identity.json         what is being computed: network, images, settings; and its atlas once made
  search/               what was found in some of the batches, see `checkpoints`
  measures/             what stimuli showed of each layer, for any images; named by what it rests on
  fields/               the effective field of each layer
  scales/               one file per finished group of filters, written after its pictures
  atlas/                the atlas as far as it is written
  studies/              a study that is being made

A file that is torn or damaged counts as not there.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from generator.atlas.measures import MeasureArrays
from generator.compute.run.identity import Identity, differences, digest, is_older, work_of
from generator.errors import AtlasError
from generator.files import hash_file, read_arrays, write_arrays, write_whole, writing

RESPONSES = "responses"  # beside the measures
SEAL = "sha256 of the rest"  # in a record, so that damage to it is found


class Workspace:
    """Reads and writes one working folder; every write is whole or not there."""

    def __init__(self, atlas: Path) -> None:
        atlas = atlas.resolve()
        self.folder = atlas.with_name(atlas.name + ".work")
        self.atlas_folder = self.folder / "atlas"
        self.lock = self.folder / "lock"
        self.search = self.folder / "search"
        self.studies = self.folder / "studies"
        self._scales = self.folder / "scales"
        self._fields = self.folder / "fields"
        self._measures = self.folder / "measures"
        self._made = self.folder / "made.json"
        self._identity = self.folder / "identity.json"

    def made(self, identity: Identity) -> str | None:
        """Return the identity of the atlas that this computation has made, None if it has not."""
        record = _read(self._made)
        return record.get("atlas") if record.get("identity") == identity else None

    def making(self, identity: Identity, atlas: str) -> None:
        """Record which atlas this computation makes, just before it takes its place."""
        _write(self._made, {"identity": identity, "atlas": atlas})
        _write(self._identity, {"work": work_of(identity), "atlas": atlas})

    def void(self) -> None:
        """Forget what the atlas was made from: it is to be made again."""
        with writing(self._made):
            self._made.unlink(missing_ok=True)

    def completed(self) -> str | None:
        """Return the identity of the atlas that what is recorded here was made into, if it was."""
        return _read(self._identity).get("atlas")

    def unfinished(self) -> Identity | None:
        """Return what is being computed here, None where nothing is."""
        return _read(self._identity).get("work")

    def begin(self, work: Identity, log: Callable[[str], None]) -> None:
        """Start, or go on with, the work for an atlas.

        Work of an older schema is dropped, and the log says so. Raises AtlasError, saying what
        differs, where there is other unfinished work on something else.
        """
        previous = self.unfinished()
        if previous != work:
            folders = (self.search, self._scales)
            if previous and any(True for each in folders for _ in each.glob("*.safetensors")):
                differ = differences(previous, work)
                if not is_older(previous, work):
                    raise AtlasError(
                        f"{self.folder}: holds unfinished work on something else ({differ}); "
                        "finish that as it was begun, or start anew with --anew, which drops it"
                    )
                log(
                    f"{self.folder}: drops the unfinished work of an older version ({differ}) and "
                    "computes it anew"
                )
            self.finished()  # of what is left nobody can say what it rests on
            _write(self._identity, {"work": work})
        if (self.atlas_folder / "manifest.json").exists():
            # A run stopped while it put its atlas in place: what lies here may be the old one.
            self._drop(self._scales, self.atlas_folder)

    def finished(self) -> None:
        """Drop all but what stimuli showed and the record of what the atlas was made from."""
        self._drop(self.search, self._fields, self._scales, self.atlas_folder)
        with writing(self._identity):
            self._identity.unlink(missing_ok=True)  # last: a kill before leaves this to be done

    def _drop(self, *folders: Path) -> None:
        for folder in folders:
            with writing(folder):
                if folder.exists():
                    shutil.rmtree(folder)

    def save_measures(
        self, key: str, arrays: MeasureArrays, responses: npt.NDArray[np.float16]
    ) -> None:
        """Record what stimuli showed of a layer; `key` names everything that it rests on.

        `responses` [f, n] are as the atlas keeps them.
        """
        path = self._measures / f"{key}.safetensors"
        write_arrays(path, {**vars(arrays), RESPONSES: responses})

    def load_measures(self, key: str) -> tuple[MeasureArrays, npt.NDArray[np.float16]] | None:
        """Return what `save_measures` recorded under this key, None where it did not."""
        read = read_arrays(self._measures / f"{key}.safetensors")
        try:
            if read is None:
                return None
            responses = read[0].pop(RESPONSES)
            return MeasureArrays(**read[0]), responses  # type: ignore[arg-type,return-value]  # by their names
        except (KeyError, TypeError):  # of another version
            return None

    def keep_measures(self, keys: Collection[str]) -> None:
        """Drop what was recorded under other keys: of other weights, or by another version."""
        with writing(self._measures):
            for path in self._measures.glob("*.safetensors"):
                if path.stem not in keys:
                    path.unlink()

    def save_field(self, layer: str, side: int) -> None:
        """Record the side of a layer's effective field, pixels; 0 where none can be measured."""
        _write(self._fields / f"{layer}.json", {"effective field": side})

    def load_field(self, layer: str) -> int | None:
        """Return what `save_field` recorded of a layer, None where it did not."""
        return _read(self._fields / f"{layer}.json").get("effective field")

    def save_scales(
        self,
        layer: str,
        first: int,
        scales: npt.NDArray[np.float32],
        pictures: Mapping[str, str],
        shown: int,
    ) -> None:
        """Record that the pictures of the filters first, first + 1 … are written.

        `scales` is [filters, 9]; `pictures` gives the sha256 of each picture by its path inside
        the atlas; `shown` is the side of the patches in pixels.
        """
        path = self._scales / f"{layer}.{first}.safetensors"
        write_arrays(path, {"scales": scales, "shown": np.array(shown)}, json.dumps(pictures))

    def load_scales(self, layer: str, first: int, shown: int) -> npt.NDArray[np.float32] | None:
        """Return the scales [filters, 9] of a group with patches of this side, else None.

        None, too, where one of its pictures is not whole.
        """
        read = read_arrays(self._scales / f"{layer}.{first}.safetensors")
        if read is None or read[0]["shown"] != shown:
            return None
        for name, expected in json.loads(read[1]).items():
            path = self.atlas_folder / name
            if not path.exists() or hash_file(path) != expected:
                return None
        return read[0]["scales"].astype(np.float32, copy=False)


def _read(path: Path) -> dict[str, Any]:
    """Return a record; an empty one where there is none, or a damaged one."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # not there, or cut short with the power
        return {}
    if not isinstance(record, dict) or record.pop(SEAL, None) != digest(record):
        return {}
    return record


def _write(path: Path, record: dict[str, Any]) -> None:
    sealed = {**record, SEAL: digest(record)}
    write_whole(path, json.dumps(sealed, indent=1, sort_keys=True).encode())
