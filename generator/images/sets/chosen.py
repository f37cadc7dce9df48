"""Some pictures of an image set, evenly chosen, as a set of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from generator.images.remarks import Remark
from generator.images.sets.image_set import ImageSet, Names
from generator.names import Size


def evenly(values: Sequence[int], most: int) -> Sequence[int]:
    """Return all values, or `most` of them at even distances."""
    if len(values) <= most:
        return values
    return [values[place * len(values) // most] for place in range(most)]


def evenly_chosen(images: ImageSet, most: int) -> ImageSet:
    """Return the set itself, or `most` of its pictures at even distances in its order."""
    rows = range(len(images))
    return images if len(images) <= most else ChosenImages(images, evenly(rows, most))


class ChosenImages(ImageSet):
    """The pictures of a set with these rows, numbered anew from 0 on."""

    def __init__(self, whole: ImageSet, rows: Sequence[int]) -> None:
        paths = Names(whole.paths.raw(row) for row in rows)
        super().__init__(whole.name, paths, np.zeros(len(rows), np.int64), {}, None)
        self.grey, self.icc = whole.grey, whole.icc
        self._whole, self._rows = whole, tuple(rows)

    def encoded(self, row: int) -> Path | bytes:
        return self._whole.encoded(self._rows[row])

    def read(
        self, row: int, size: Size, remarks: list[Remark] | None = None
    ) -> npt.NDArray[np.uint8]:
        return self._whole.read(self._rows[row], size, remarks)

    def path(self, row: int) -> str:
        return self._whole.path(self._rows[row])

    def row_in_whole(self, row: int) -> int:
        return self._rows[row]

    def label(self, row: int) -> str:
        return self._whole.label(self._rows[row])

    def labels(self) -> tuple[str, ...]:
        return self._whole.labels()

    def is_there(self, row: int) -> bool:
        return self._whole.is_there(self._rows[row])

    def signature(self) -> str:
        return self._whole.signature()
