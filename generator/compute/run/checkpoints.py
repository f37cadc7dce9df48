"""Checkpoints of a search: one file for what one process has found in some of the batches.

Nothing is ever counted twice: of files whose batches overlap only the largest counts. So a file may
be replaced by one that holds more, whenever a kill comes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from generator.compute.search.state import Extent, SearchState
from generator.errors import AtlasError, ConfigError
from generator.files import read_arrays, write_arrays, writing

JOINED = "joined"
_SHARD = re.compile(r"shard-\d+-of-(\d+)$")

T = TypeVar("T")


@dataclass(frozen=True)
class Share:
    """One of several shares of the work: a process of one run, or a job that knows of no other."""

    number: int = 1  # from 1 on
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> Share:
        """Read "2/4", the second of four. Raises ConfigError."""
        number, slash, of = text.partition("/")
        if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
            raise ConfigError(f"shard {text!r}: give number and how many, as in --shard 1/4")
        return cls(int(number), int(of))

    def own(self, items: Sequence[T]) -> Sequence[T]:
        """Return its share of what all list in the same order."""
        return items[self.number - 1 :: self.of]

    def batches(self, extent: Extent) -> npt.NDArray[np.bool_]:
        """Return which of all batches [batches] are its own."""
        own: npt.NDArray[np.bool_] = np.arange(extent.batches) % self.of == self.number - 1
        return own

    def name(self, kind: str) -> str:
        """Return the name of its checkpoint, where `kind` is "shard" or "process"."""
        return f"{kind}-{self.number}-of-{self.of}"

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


@dataclass(frozen=True)
class Checkpoint:
    """A file of search state."""

    path: Path
    done: npt.NDArray[np.bool_]  # [batches] those that were searched for it

    @property
    def is_shard(self) -> bool:
        """Say whether it is that of a shard."""
        return _SHARD.match(self.path.stem) is not None


class Checkpoints:
    """The checkpoints in a folder that rest on the same network, images and settings."""

    def __init__(self, folder: Path, rests_on: str, extent: Extent) -> None:
        self.folder, self.rests_on, self.extent = folder, rests_on, extent

    def path(self, name: str) -> Path:
        """Return where the checkpoint of a name is kept."""
        return self.folder / f"{name}.safetensors"

    def save(self, name: str, found: SearchState) -> None:
        """Write a checkpoint in one step, in the place of the last one of that name."""
        write_arrays(self.path(name), found.arrays(), self.rests_on)

    def own(self, name: str) -> SearchState:
        """Return what the checkpoint of a name holds; nothing where there is none to use."""
        return self._read(self.path(name)) or SearchState.empty(self.extent)

    def drop(self, name: str) -> None:
        """Remove the checkpoint of a name, if there is one."""
        with writing(self.path(name)):
            self.path(name).unlink(missing_ok=True)

    def readable(self) -> Iterator[Checkpoint]:
        """Yield all checkpoints that are undamaged and rest on the same."""
        for path in sorted(self.folder.glob("*.safetensors")):
            found = self._read(path)
            if found is not None:
                yield Checkpoint(path, found.done)

    def taken(self, others: Sequence[Checkpoints] = ()) -> list[Checkpoint]:
        """Return checkpoints that share no batch, with as many batches as taking large ones gives.

        Shards fit together, so they are tried first, and once more in the order of size alone.
        """
        every = [each for checkpoints in (self, *others) for each in checkpoints.readable()]
        every.sort(key=lambda each: -int(each.done.sum()))
        shards_first = sorted(every, key=lambda each: not each.is_shard)
        choices = (self._apart(shards_first), self._apart(every))
        return max(choices, key=lambda taken: int(covered(taken, self.extent).sum()))

    def _apart(self, checkpoints: Sequence[Checkpoint]) -> list[Checkpoint]:
        """Return each checkpoint that shares no batch with those before it."""
        taken: list[Checkpoint] = []
        for each in checkpoints:
            if not (covered(taken, self.extent) & each.done).any():
                taken.append(each)
        return taken

    def join(self, taken: Sequence[Checkpoint]) -> SearchState:
        """Make one checkpoint of these, drop all others, and return what it holds.

        Raises AtlasError where one has been damaged meanwhile.
        """
        joined = SearchState.empty(self.extent)
        for each in taken:  # one at a time: there may be hundreds
            found = self._read(each.path)
            if found is None:
                raise AtlasError(f"{each.path}: was changed meanwhile; run the command again")
            joined = SearchState.merge([joined, found])
        if taken and [each.path for each in taken] != [self.path(JOINED)]:
            self.save(JOINED, joined)
        with writing(self.folder):
            for path in self.folder.glob("*.safetensors"):
                if path != self.path(JOINED):
                    path.unlink()
        return joined

    def _read(self, path: Path) -> SearchState | None:
        read = read_arrays(path)
        if read is None or read[1] != self.rests_on:
            return None
        return SearchState.of(read[0], self.extent)


def covered(taken: Sequence[Checkpoint], extent: Extent) -> npt.NDArray[np.bool_]:
    """Return which batches [batches] some checkpoints hold."""
    held = np.zeros(extent.batches, np.bool_)
    for each in taken:
        held |= each.done
    return held


def require_whole(taken: Sequence[Checkpoint], extent: Extent, what: str) -> None:
    """Raise AtlasError, naming the shards to search first, where images are missing."""
    missing = ~covered(taken, extent)
    if missing.any():
        raise AtlasError(
            f"{what}: {extent.images_in(missing)} of {extent.images} images are not searched yet: "
            f"{_advice(taken, extent, missing)} with the same settings, then merge again"
        )


def _advice(taken: Sequence[Checkpoint], extent: Extent, missing: npt.NDArray[np.bool_]) -> str:
    """Say which shards hold the batches [batches] that are missing, going by the others."""
    matches = (_SHARD.match(each.path.stem) for each in taken)
    of = max((int(match[1]) for match in matches if match), default=0)
    if not of:
        return "no shard was recorded here; run `compute --shard 1/N` and so on, up to N/N,"
    shards = [Share(number, of) for number in range(1, of + 1)]
    open_ = [str(shard) for shard in shards if (missing & shard.batches(extent)).any()]
    if len(open_) == 1:
        return f"shard {open_[0]} is not finished; run `compute --shard {open_[0]}`"
    return f"shards {', '.join(open_)} are not finished; run `compute --shard {open_[0]}` and so on"
