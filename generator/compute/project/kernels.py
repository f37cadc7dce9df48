"""The kernels that look at pixels, as pictures: what training changed can be seen in them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from generator.compute.project.crops import GREY, Pixels, signed_picture

COLUMNS = 12


def kernel_sheet(kernels: npt.NDArray[np.float32]) -> Pixels:
    """Lay kernels [f, 3, k, k] out in rows of twelve, one picture pixel for each weight.

    In order of number, a grey pixel between them. Zero is mid grey, each kernel on its own scale.
    """
    filters, side = len(kernels), kernels.shape[2]
    pitch = side + 1
    columns = min(COLUMNS, filters)
    rows = -(-filters // columns)
    sheet = np.full((rows * pitch - 1, columns * pitch - 1, 3), GREY, np.uint8)
    for number, kernel in enumerate(kernels):
        top, left = number // columns * pitch, number % columns * pitch
        sheet[top : top + side, left : left + side] = signed_picture(kernel)[0]
    return sheet
