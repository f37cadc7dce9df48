"""The patches of units, cut as the gallery's are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from generator.compute.project import crops
from generator.compute.project.boxes import boxes
from generator.compute.project.run import Inputs
from generator.network.watched import WatchedLayer, WatchedNetwork

AT_ONCE = 64  # patches that are looked at together, about

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Patches:
    """Where patches lie. m of them."""

    row: Integers  # [m] of the image
    box: npt.NDArray[np.int32]  # [m, 4] top, left, bottom, right in input pixels

    @classmethod
    def joined(cls, several: Sequence[Patches]) -> Patches:
        """Return all of them, one after the other."""
        return cls(*(np.concatenate([vars(each)[name] for each in several]) for name in _NAMES))

    def some(self, places: Integers) -> Patches:
        """Return those at these places, in this order."""
        return Patches(self.row[places], self.box[places])


_NAMES = ("row", "box")


def boxes_of(
    network: WatchedNetwork, layer: WatchedLayer, unit: npt.NDArray[np.integer], side: int
) -> npt.NDArray[np.int32]:
    """Return the boxes [m, 4] that the gallery shows of units [m, 2], in squares of this side."""
    size = network.input_size
    whole = side >= crops.patch_side(layer.field.size, size)
    return boxes(layer.field, size, unit.astype(np.int64), None if whole else side)


def groups(rows: Integers) -> Iterator[Integers]:
    """Yield places [k] in the rows [m], so that those of one image come together."""
    places = np.argsort(rows, kind="stable")
    ends = np.flatnonzero(np.diff(rows[places], append=-1)) + 1
    first = 0
    for end in ends.tolist():
        if end - first >= AT_ONCE or end == len(rows):
            yield places[first:end]
            first = end


def cut(images: Inputs, network: WatchedNetwork, patches: Patches) -> list[crops.Pixels]:
    """Return patches [side, side, 3], the mean colour outside the image.

    An image is prepared once for all patches that follow each other in it.
    """
    mean, std = (np.asarray(each, np.float32) for each in (network.mean, network.std))
    found = list[crops.Pixels]()
    starts = np.flatnonzero(np.diff(patches.row, prepend=-1))
    for start, own in zip(starts, np.split(patches.box, starts[1:]), strict=True):
        top, left = own[:, :2].min(0).tolist()
        bottom, right = own[:, 2:].max(0).tolist()
        image = images.input(int(patches.row[start])).numpy()
        around = crops.to_pixels(crops.crop(image, (top, left, bottom, right)), mean, std)
        found += [around[a - top : c - top, b - left : d - left] for a, b, c, d in own.tolist()]
    return found
