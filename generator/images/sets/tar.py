"""The pictures of tars, read where they lie: one tar, or the shards of a large set."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from generator.atlas.schema import Credit
from generator.errors import ImagesError
from generator.images.captions import (
    CAPTIONS,
    caption_of,
    clean,
    display_path,
    label_of,
    parse_captions,
)
from generator.images.credits import CREDITS, parse_credits
from generator.images.decode import FORMAT_NAMES, UnreadableImage, reading
from generator.images.forking import end_with_parent, forking, process_context
from generator.images.sets.image_set import EncodedImages, digest, distinct, folder_labels
from generator.images.sets.members import LARGEST, slice_of
from generator.images.sets.names import Names
from generator.images.sets.tar_index import TarIndex, index_tar, parse_record

# Tars whose headers are read together, each by a process: half of it is work in Python, where
# threads would take turns, and half is waiting for the disk.
AT_ONCE = 8


@dataclass(frozen=True)
class Shard:
    """One uncompressed tar of a set."""

    tar: Path
    prefix: str  # what stands before the names of its pictures, with "/" at its end, or nothing
    state: str  # changes when the tar does

    @classmethod
    def of(cls, tar: Path, prefix: str = "") -> Shard:
        """Return a tar as it is on disk. Raises ImagesError where there is none."""
        try:
            status = tar.stat()
        except OSError as problem:
            reason = problem.strerror
            raise ImagesError(f"{display_path(str(tar))}: cannot be read: {reason}") from None
        return cls(tar, prefix, f"{status.st_size} {status.st_mtime_ns}")


class TarImages(EncodedImages):
    """Pictures in the order of the tars; labels and captions beside them or of their paths."""

    def __init__(
        self,
        name: str,
        shards: Sequence[Shard],
        indices: Sequence[TarIndex],
        credit: Credit | None,
    ) -> None:
        captions: dict[str, str] = {}
        for shard, index in zip(shards, indices, strict=True):
            if CAPTIONS in index.root_files:
                own = parse_captions(index.root_files[CAPTIONS], f"{shard.tar}: {CAPTIONS}")
                captions |= {f"{shard.prefix}{path}": text for path, text in own.items()}
            if CREDITS in index.root_files and credit is None:
                credit = parse_credits(index.root_files[CREDITS], f"{shard.tar}: {CREDITS}")
        sizes = _joined([index.sizes for index in indices])
        super().__init__(name, Names(_names(shards, indices)), sizes, captions, credit)
        self.shards = tuple(shards)
        self._starts = np.cumsum([0, *(len(index.names) for index in indices)])  # rows
        self._offsets = _joined([index.offsets for index in indices])
        self._texts = _joined([index.texts for index in indices])
        self._lengths = np.concatenate([np.array(index.lengths, np.int32) for index in indices])
        self._label_names = distinct(label for index in indices for label in index.label_names)
        codes = {label: code for code, label in enumerate(self._label_names)}
        self._labels = np.concatenate([_recoded(index, codes) for index in indices])

    def encoded(self, row: int) -> bytes:
        size = int(self._sizes[row])
        if size > LARGEST:
            raise UnreadableImage(f"too large: a file of {size:,} bytes")
        with reading():
            data = slice_of(self._shard(row).tar, int(self._offsets[row]), size)
        if len(data) < size:
            raise UnreadableImage("truncated")
        return data

    def is_there(self, row: int) -> bool:
        return self._shard(row).tar.exists()

    def label(self, row: int) -> str:
        code = int(self._labels[row])
        return self._label_names[code] if code >= 0 else label_of(self._member(row))

    def labels(self) -> tuple[str, ...]:
        return distinct([*self._label_names, *folder_labels(self._without_label())])

    def caption(self, row: int) -> str:
        path = self.path(row)
        own = self._captions.get(path) or self._beside(row)
        return clean(own) or caption_of(self._member(row), {}, self.label(row))

    def signature(self) -> str:
        states = "".join(f"{shard.state}\0" for shard in self.shards)
        return digest(self.paths.raws(), self._sizes, more=states.encode())

    def _without_label(self) -> Iterator[bytes]:
        """Yield the names inside their tars of the pictures that have no label beside them."""
        for shard, first, last in zip(
            self.shards, self._starts[:-1].tolist(), self._starts[1:].tolist(), strict=True
        ):
            cut = len(os.fsencode(shard.prefix))
            labels = self._labels[first:last]
            if (labels < 0).any():
                names = self.paths.raws(first, last)
                yield from (
                    name[cut:] for name, code in zip(names, labels, strict=True) if code < 0
                )

    def _shard(self, row: int) -> Shard:
        return self.shards[int(np.searchsorted(self._starts, row, side="right")) - 1]

    def _member(self, row: int) -> str:
        return self.path(row).removeprefix(self._shard(row).prefix)

    def _beside(self, row: int) -> str:
        """Return the caption that stands beside a picture; "" where there is none."""
        offset, length = int(self._texts[row]), int(self._lengths[row])
        if offset < 0:
            return ""
        tar = self._shard(row).tar
        try:
            data = slice_of(tar, offset, abs(length))
        except OSError as problem:
            raise ImagesError(f"{tar}: cannot be read: {problem.strerror}") from None
        place = f"{tar}: the JSON beside {display_path(self._member(row))}"
        return parse_record(data, place)["caption"] if length < 0 else data.decode(errors="replace")


def open_tars(
    name: str, shards: Sequence[Shard], one_each: bool, credit: Credit | None = None
) -> TarImages:
    """Index tars; `one_each` as in `index_tar`. Raises ImagesError naming the tar at fault."""
    indices = _indices([shard.tar for shard in shards], one_each)
    if not any(index.names for index in indices):
        raise ImagesError(f"no images in {name}: it holds no file of {FORMAT_NAMES}")
    return TarImages(name, shards, indices, credit)


def _indices(tars: Sequence[Path], one_each: bool) -> list[TarIndex]:
    """Index tars; several of them in processes beside this one."""
    if len(tars) == 1:
        return [index_tar(tars[0], one_each)]
    pool = ProcessPoolExecutor(
        min(AT_ONCE, len(tars)), process_context(), initializer=end_with_parent
    )
    try:
        with pool, forking():
            return list(pool.map(partial(index_tar, one_each=one_each), tars))
    except BrokenProcessPool as problem:
        raise ImagesError(
            "a process that read the headers of tars has died; the memory may have run out, and "
            "the same command begins again"
        ) from problem


def _names(shards: Sequence[Shard], indices: Sequence[TarIndex]) -> Iterator[bytes]:
    for shard, index in zip(shards, indices, strict=True):
        prefix = os.fsencode(shard.prefix)
        yield from (prefix + name for name in index.names.raws())


def _joined(columns: Sequence[Sequence[int]]) -> npt.NDArray[np.int64]:
    return np.concatenate([np.array(column, np.int64) for column in columns])


def _recoded(index: TarIndex, codes: dict[str, int]) -> npt.NDArray[np.int32]:
    """Return an index's labels by the codes of the whole set."""
    table = np.array([*(codes[label] for label in index.label_names), -1], np.int32)
    recoded: npt.NDArray[np.int32] = table[np.array(index.labels, np.int32)]
    return recoded
