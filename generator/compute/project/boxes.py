"""The squares of pixels that patches and reconstructions are cropped to."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from generator.names import Size
from generator.network.cone.geometry import PixelField


def boxes(
    field: PixelField,
    input_size: Size,
    unit: npt.NDArray[np.integer],
    side: int | None = None,
) -> npt.NDArray[np.int32]:
    """Return top, left, bottom, right [..., 4] of the receptive fields of units [..., 2].

    The smallest square around the whole input where the field is larger than that. With a `side`
    in pixels, the square of that side in the middle of each field, whatever the input.
    """
    if side is None and field.size > max(input_size):
        whole = np.array(input_size.around, np.int32)
        return np.broadcast_to(whole, (*unit.shape[:-1], 4)).copy()
    side = field.size if side is None else side
    inset = (field.size - side) // 2
    starts = [field.interval(each)[0] + inset for each in range(unit.max(initial=0) + 1)]
    start = np.array(starts, np.int32)[unit]
    return np.concatenate([start, start + side], axis=-1).astype(np.int32)
