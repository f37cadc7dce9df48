"""The pictures of tars, read where they lie: one tar, or the shards of a large set."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import chain, compress, repeat
from pathlib import Path

import numpy as np

from generator.atlas.schema import Credit
from generator.errors import ImagesError
from generator.images.archives import LARGEST, slice_of
from generator.images.captions import caption_of, clean, display_path, label_of
from generator.images.decode import UnreadableImage, reading
from generator.images.forking import end_with_parent, forking, process_context
from generator.images.remarks import listed, several
from generator.images.root_files import (
    CAPTIONS,
    CREDITS,
    parse_captions,
    parse_credits,
    read_credits,
)
from generator.images.sets.braces import expand
from generator.images.sets.image_set import (
    ImageSet,
    Names,
    digest,
    distinct,
    folders_of,
    no_images,
    unread_remarks,
)
from generator.images.sets.tar_index import FACTS, TarIndex, index_tar, parse_record

# Tars whose headers are read together, each by a process: half of it is work in Python, where
# threads would take turns, and half is waiting for the disk.
AT_ONCE = 8


class TarImages(ImageSet):
    """Pictures in the order of the tars; labels and captions beside them or of their paths."""

    def __init__(
        self,
        name: str,
        tars: Sequence[Path],
        prefixes: Sequence[str],  # of the paths in each tar; ends with "/", or is ""
        one_each: bool,  # as in `index_tar`
        credit: Credit | None = None,
    ) -> None:
        """Index tars. Raises ImagesError naming the tar at fault."""
        self._tars, self._prefixes = list(tars), list(prefixes)
        self._states = "".join(map(_state, tars))
        indices = _indices(tars, one_each)
        unread = sum((index.unread for index in indices), Counter[str]())
        self._left_out = sum((index.left_out for index in indices), Counter[str]())
        if not any(index.names for index in indices):
            told = (*unread_remarks(unread), *self._left_out_remarks())
            raise ImagesError(no_images(name, told))
        paths, captions = Names(), dict[str, str]()
        for tar, prefix, index in zip(tars, prefixes, indices, strict=True):
            for path in index.names.raws():
                paths.append(os.fsencode(prefix) + path)
            at_root = index.root_files
            own = parse_captions(at_root.get(CAPTIONS), f"{tar}: {CAPTIONS}")
            captions |= {f"{prefix}{path}": text for path, text in own.items()}
            credit = credit or parse_credits(at_root.get(CREDITS), f"{tar}: {CREDITS}")
        self._label_names = distinct(label for index in indices for label in index.label_names)
        codes = {label: code for code, label in enumerate(self._label_names)}
        tables = [np.array(index.facts, np.int64).reshape(-1, FACTS) for index in indices]
        for table, index in zip(tables, indices, strict=True):
            # From the codes of one tar to those of the set; −1 stays, as it takes the last.
            recoded = [*(codes[label] for label in index.label_names), -1]
            table[:, 2] = np.array(recoded)[table[:, 2]]
        self._facts = np.concatenate(tables)  # columns as in `TarIndex.facts`
        super().__init__(name, paths, self._facts[:, 1], captions, credit, unread)
        self._ends = np.cumsum([len(index.names) for index in indices])  # in the rows of the set

    def encoded(self, row: int) -> bytes:
        offset, size, *_ = self._facts[row].tolist()
        if size > LARGEST:
            raise UnreadableImage(f"too large: a file of {size:,} bytes")
        with reading():
            data = slice_of(self._tars[self._tar(row)], offset, size)
        if len(data) < size:
            raise UnreadableImage("truncated")
        return data

    def is_there(self, row: int) -> bool:
        return self._tars[self._tar(row)].exists()

    def label(self, row: int) -> str:
        code = int(self._facts[row, 2])
        if code >= 0:
            return self._label_names[code]
        return label_of(self.path(row).removeprefix(self._prefixes[self._tar(row)]), self._alike)

    def labels(self) -> tuple[str, ...]:
        return distinct([*self._label_names, *self.folder_labels()])

    def folders(self) -> set[bytes]:
        prefixes = [os.fsencode(prefix) for prefix in self._prefixes]
        counts = np.diff(self._ends, prepend=0).tolist()
        of_each = chain.from_iterable(map(repeat, prefixes, counts))  # the prefix of each row
        named = zip(self.paths.raws(), of_each, strict=True)
        return folders_of(
            path.removeprefix(prefix) for path, prefix in compress(named, self._facts[:, 2] < 0)
        )

    def remarks(self) -> tuple[str, ...]:
        return (*super().remarks(), *self._left_out_remarks())

    def _left_out_remarks(self) -> tuple[str, ...]:
        if not self._left_out:
            return ()
        pictures = several(self._left_out.total(), "picture")
        told = f"left out: {pictures} beside the images of their samples"
        return (f"{told}, {listed(self._left_out)}",)

    def caption(self, row: int) -> str:
        path = self.path(row)
        own = self._captions.get(path) or self._beside(row)
        return clean(own) or caption_of(path, {}, self.label(row))

    def signature(self) -> str:
        return digest(self.paths.raws(), self._sizes, more=self._states.encode())

    def _tar(self, row: int) -> int:
        """Return which tar a picture is in."""
        return int(np.searchsorted(self._ends, row, side="right"))

    def _beside(self, row: int) -> str:
        """Return the caption that stands beside a picture; "" where there is none."""
        *_, offset, length = self._facts[row].tolist()
        if offset < 0:
            return ""
        tar = self._tars[self._tar(row)]
        try:
            data = slice_of(tar, offset, abs(length))
        except OSError as problem:
            raise ImagesError(f"{tar}: cannot be read: {problem.strerror}") from None
        place = f"{tar}: the JSON beside {display_path(self.path(row))}"
        return parse_record(data, place)[1] if length < 0 else data.decode(errors="replace")


def open_shards(spec: str) -> TarImages:
    """Open WebDataset shards: tars whose names a text with braces gives. Raises ImagesError."""
    tars = [Path(name) for name in expand(spec)]
    folder = Path(os.path.commonpath([tar.parent.absolute() for tar in tars]))
    prefixes = [f"{tar.absolute().relative_to(folder)}/" for tar in tars]
    name = display_path(folder.resolve().name)
    return TarImages(name, tars, prefixes, one_each=True, credit=read_credits(folder))


def _state(tar: Path) -> str:
    """Return a text that changes when a tar does. Raises ImagesError where there is none."""
    try:
        status = tar.stat()
    except OSError as problem:
        shown = display_path(str(tar))
        raise ImagesError(f"{shown}: cannot be read: {problem.strerror}") from None
    return f"{status.st_size} {status.st_mtime_ns}\0"


def _indices(tars: Sequence[Path], one_each: bool) -> list[TarIndex]:
    """Index tars; several of them in processes beside this one."""
    if len(tars) == 1:
        return [index_tar(tars[0], one_each)]
    count = min(AT_ONCE, len(tars))
    pool = ProcessPoolExecutor(count, process_context(), initializer=end_with_parent)
    try:
        with pool, forking():
            return list(pool.map(partial(index_tar, one_each=one_each), tars))
    except BrokenProcessPool as problem:
        raise ImagesError(
            "a process that read the headers of tars has died; the memory may have run out, and "
            "the same command begins again"
        ) from problem
