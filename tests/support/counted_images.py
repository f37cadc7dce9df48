"""An image set without files, for tests of the way from a set to batches."""

from __future__ import annotations

import os
import signal

import numpy as np
import numpy.typing as npt

from generator.atlas.schema import Credit
from generator.images.decode import UnreadableImage
from generator.images.remarks import Remark
from generator.images.sets.image_set import ImageSet
from generator.names import Size

HOME = os.getpid()


class Counted(ImageSet):
    """Plain squares, row r of colour r. Some rows cannot be read; one ends its process."""

    name = "counted"

    def __init__(self, count: int, unreadable: frozenset[int] = frozenset(), end: int = -1) -> None:
        self.count, self.unreadable, self.end = count, unreadable, end

    def __len__(self) -> int:
        return self.count

    def path(self, row: int) -> str:
        return f"{row}.png"

    def label(self, row: int) -> str:
        return ""

    def labels(self) -> tuple[str, ...]:
        return ()

    def caption(self, row: int) -> str:
        return f"image {row}"

    def read(
        self, row: int, size: Size, remarks: list[Remark] | None = None
    ) -> npt.NDArray[np.uint8]:
        if row in self.unreadable:
            raise UnreadableImage("torn")
        if row == self.end and os.getpid() != HOME:
            os.kill(os.getpid(), signal.SIGKILL)
        return np.full((4, *size), row, np.uint8)

    def original_size(self, row: int) -> tuple[int, int]:
        return (1, 1)

    def fingerprint(self) -> str:
        return "0"

    def signature(self) -> str:
        return "0"

    def credits(self) -> Credit | None:
        return None
