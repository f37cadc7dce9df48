"""What searches have recorded: one file for what one process has found in some of the batches.

Nothing is ever counted twice: of files whose batches overlap only the largest counts. So a file may
be replaced by one that holds more, whenever the kill comes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from generator.compute.run.sealed import read_sealed, write_sealed
from generator.compute.search.state import Extent, SearchState
from generator.errors import AtlasError, ConfigError
from generator.files import told

JOINED = "joined"
_SHARD = re.compile(r"shard-\d+-of-(\d+)$")


@dataclass(frozen=True)
class Shard:
    """One of several shares of a search, each made by a process that knows of no other."""

    number: int  # from 1 on
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read "2/4", the second of four. Raises ConfigError."""
        number, slash, of = text.partition("/")
        if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
            raise ConfigError(f"shard {text!r}: give number and how many, as in --shard 1/4")
        return cls(int(number), int(of))

    @property
    def name(self) -> str:
        """Return the name of its part."""
        return f"shard-{self.number}-of-{self.of}"

    def batches(self, extent: Extent) -> npt.NDArray[np.bool_]:
        """Return which batches [batches] are its own."""
        own: npt.NDArray[np.bool_] = np.arange(extent.batches) % self.of == self.number - 1
        return own

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


@dataclass(frozen=True)
class Checkpoint:
    """A file of search state."""

    path: Path
    done: npt.NDArray[np.bool_]  # [batches] those that it rests on


class Checkpoints:
    """The parts in a folder that rest on the same network, images and settings."""

    def __init__(self, folder: Path, rests_on: str, extent: Extent) -> None:
        self.folder, self.rests_on, self.extent = folder, rests_on, extent

    def save(self, name: str, found: SearchState) -> None:
        """Write a part in one step, in the place of the last one of that name."""
        write_sealed(self.path(name), found.arrays(), {"rests_on": self.rests_on})

    def taken(self, others: Sequence[Checkpoints] = ()) -> list[Checkpoint]:
        """Return parts that share no batch, as many batches as can be had by taking large ones.

        Shards fit together, so they are tried first, and once more in the order of size alone.
        """
        every = [part for parts in (self, *others) for part in parts.readable()]
        every.sort(key=lambda part: -int(part.done.sum()))
        shards_first = sorted(every, key=lambda part: _SHARD.match(part.path.stem) is None)
        choices = (self._apart(shards_first), self._apart(every))
        return max(choices, key=lambda parts: int(covered(parts, self.extent).sum()))

    def _apart(self, parts: Sequence[Checkpoint]) -> list[Checkpoint]:
        """Return each of the parts that shares no batch with those before it."""
        taken: list[Checkpoint] = []
        held = np.zeros(self.extent.batches, np.bool_)
        for part in parts:
            if not (held & part.done).any():
                taken.append(part)
                held |= part.done
        return taken

    def own(self, name: str) -> SearchState:
        """Return what the part of this name holds; nothing where there is none that is usable."""
        part = self._part(self.path(name))
        return SearchState.empty(self.extent) if part is None else self.load(part)

    def drop(self, name: str) -> None:
        """Remove the part of this name, if there is one."""
        with told(self.path(name)):
            self.path(name).unlink(missing_ok=True)

    def joined_with(self, shard: Shard) -> list[Checkpoint]:
        """Return the parts that are no shard's and hold some of a shard's batches."""
        own = shard.batches(self.extent)
        parts = [part for part in self.readable() if not _SHARD.match(part.path.stem)]
        return [part for part in parts if (part.done & own).any()]

    def load(self, part: Checkpoint) -> SearchState:
        """Return what a part holds. Raises AtlasError where it has been damaged meanwhile."""
        read = read_sealed(part.path)
        if read is None:
            raise AtlasError(f"{part.path}: was changed by somebody else; run the command again")
        return SearchState.of(read[0], self.extent)

    def join(self, taken: Sequence[Checkpoint]) -> SearchState:
        """Make one part of these, drop all others, and return what it holds."""
        joined = SearchState.empty(self.extent)
        for part in taken:  # one at a time: there may be hundreds
            joined = SearchState.merge([joined, self.load(part)])
        if taken and [part.path for part in taken] != [self.path(JOINED)]:
            self.save(JOINED, joined)
        with told(self.folder):
            for path in self.folder.glob("*.safetensors"):
                if path != self.path(JOINED):
                    path.unlink()
        return joined

    def path(self, name: str) -> Path:
        """Return where a part of that name is kept."""
        return self.folder / f"{name}.safetensors"

    def readable(self) -> Iterator[Checkpoint]:
        """Yield all parts that are undamaged and rest on the same."""
        for path in sorted(self.folder.glob("*.safetensors")):
            part = self._part(path)
            if part is not None:
                yield part

    def _part(self, path: Path) -> Checkpoint | None:
        read = read_sealed(path)
        if read is None or read[1] != {"rests_on": self.rests_on}:
            return None
        return Checkpoint(path, read[0]["done"].astype(np.bool_))


def covered(taken: Sequence[Checkpoint], extent: Extent) -> npt.NDArray[np.bool_]:
    """Return which batches [batches] some parts hold."""
    held = np.zeros(extent.batches, np.bool_)
    for part in taken:
        held |= part.done
    return held


def require_whole(taken: Sequence[Checkpoint], extent: Extent, what: str) -> None:
    """Raise AtlasError, naming the shards to search first, where parts do not hold all images."""
    missing = ~covered(taken, extent)
    if missing.any():
        raise AtlasError(
            f"{what}: {extent.images_in(missing)} of {extent.images} images are not searched yet: "
            f"{_advice(taken, extent, missing)} with the same settings, then merge again"
        )


def _advice(taken: Sequence[Checkpoint], extent: Extent, missing: npt.NDArray[np.bool_]) -> str:
    """Say which shards hold the batches [batches] that are missing, going by the others."""
    names = [match for match in (_SHARD.match(part.path.stem) for part in taken) if match]
    if not names:
        return "no shard was recorded here; run `compute --shard 1/N` and so on, up to N/N,"
    of = max(int(name[1]) for name in names)
    shards = [Shard(number, of) for number in range(1, of + 1)]
    open_ = [str(shard) for shard in shards if (missing & shard.batches(extent)).any()]
    if len(open_) == 1:
        return f"shard {open_[0]} is not finished; run `compute --shard {open_[0]}`"
    return f"shards {', '.join(open_)} are not finished; run `compute --shard {open_[0]}` and so on"
