"""Arrays to pictures: patches, signed reconstructions, contact sheets, sheets of kernels."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from generator.atlas.schema import GUTTER
from generator.names import Size

Pixels = npt.NDArray[np.uint8]  # [h, w, 3]
Floats = npt.NDArray[np.float32]

GREY = 128  # an empty place, the space between tiles, and zero in a reconstruction
SHOWN_PERCENTILE = 99  # of a tile's pixels; the maximum leaves deep tiles nearly blank
LOSSLESS_UP_TO = 32  # input pixels: fields this small are enlarged, and stored without loss
ENLARGED_SIDE = 64  # pixels that the tile of a small field has at least
LARGEST_TILE = 160  # pixels: larger fields are shown reduced
QUALITY = 72  # of WebP, for the pictures of a filter's page; 1,376 filters should weigh 100 MB
SMALL_QUALITY = 32  # a page of 128 filters shows 256 small sheets and should weigh 2.5 MB
SMALL_FROM = 16  # input pixels: below, the large sheet is lighter than a small one
METHOD = 2  # of WebP: a fifth of the time of 6, the most thorough, and 8 % more bytes
LOSSLESS_METHOD = 0  # a twelfth of the time of 2, and a third more bytes, of which there are few
WHOLE_QUALITY = 42  # whole images only show where a patch was cropped
KERNEL_COLUMNS = 12


def tile_side(field: int) -> int:
    """Return the side of a tile, in picture pixels, for patches of `field` pixels."""
    if field <= LOSSLESS_UP_TO:
        return field * -(-ENLARGED_SIDE // field)
    return min(field, LARGEST_TILE)


def patch_side(field: int, size: Size) -> int:
    """Return the side of a patch with all of a receptive field of `field` pixels, in input pixels.

    A field that is larger than the whole input stands for the smallest square around that.
    """
    return min(field, max(size))


def to_pixels(image: Floats, mean: Floats, std: Floats) -> Pixels:
    """Undo the normalisation of [3, h, w]."""
    colours = image.transpose(1, 2, 0) * std + mean
    pixels: Pixels = np.clip(np.rint(colours * 255), 0, 255).astype(np.uint8)
    return pixels


def crop(image: Floats, box: Sequence[int] | npt.NDArray[np.integer]) -> Floats:
    """Crop [c, h, w] to top, left, bottom, right; it is zero outside the image."""
    top, left, bottom, right = (int(edge) for edge in box)
    result = np.zeros((len(image), bottom - top, right - left), np.float32)
    inside = image[:, max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    row, column = max(-top, 0), max(-left, 0)
    result[:, row : row + inside.shape[1], column : column + inside.shape[2]] = inside
    return result


def signed_picture(signal: Floats) -> tuple[Pixels, float]:
    """Show a signed signal [3, h, w]: zero is mid grey, ±scale white and black.

    The scale is the 99th percentile, over the tile's pixels, of the largest absolute channel
    value. Returns the picture and the scale, 0 for a signal that is zero everywhere.
    """
    largest = np.abs(signal).max(0).ravel()
    rank = SHOWN_PERCENTILE / 100 * (largest.size - 1)
    ranks = [math.floor(rank), math.ceil(rank)]
    # As np.percentile does, in a tenth of its time.
    scale = float(np.interp(rank, ranks, np.partition(largest, ranks)[ranks]))
    if scale == 0:
        scale = float(largest.max())
    if scale == 0:
        return np.full((*signal.shape[1:], 3), GREY, np.uint8), 0.0
    shown = np.clip(signal.transpose(1, 2, 0) / scale, -1, 1) * 127.5 + 127.5
    return np.rint(shown).astype(np.uint8), scale


def signed_tile(signal: Floats, side: int) -> tuple[Pixels, float]:
    """Show a square signal as a tile of `side` pixels, reduced before it is scaled; its scale."""
    return signed_picture(signal if signal.shape[1] <= side else resampled(signal, side))


def resize(picture: Pixels, side: int) -> Pixels:
    """Resize a square picture to `side` pixels: whole multiples by nearest neighbour."""
    here = picture.shape[0]
    if side == here:
        return picture
    nearest = side % here == 0
    method = Image.Resampling.NEAREST if nearest else Image.Resampling.LANCZOS
    return np.asarray(Image.fromarray(picture).resize((side, side), method))


def resampled(signal: Floats, side: int) -> Floats:
    """Resize a signed signal [3, h, h] to [3, side, side].

    Reduce a signal before `signed_picture`: fine lines of both signs cancel where they merge, and
    the rest can then be scaled to the whole range.
    """
    planes = [
        Image.fromarray(plane).resize((side, side), Image.Resampling.LANCZOS) for plane in signal
    ]
    return np.stack([np.asarray(plane) for plane in planes])


def contact_sheet(tiles: list[Pixels | None], side: int) -> Pixels:
    """Lay out nine square tiles, strongest first, row by row; None leaves a grey place."""
    pitch = side + GUTTER
    sheet = np.full((3 * pitch - GUTTER, 3 * pitch - GUTTER, 3), GREY, np.uint8)
    for place, tile in enumerate(tiles):
        if tile is not None:
            top, left = place // 3 * pitch, place % 3 * pitch
            sheet[top : top + side, left : left + side] = resize(tile, side)
    return sheet


def kernel_sheet(kernels: Floats) -> Pixels:
    """Lay kernels [f, 3, k, k] out in rows of twelve, one picture pixel for each weight.

    In order of number, a grey pixel between them. Zero is mid grey, each kernel on its own scale.
    """
    filters, side = len(kernels), kernels.shape[2]
    pitch = side + 1
    columns = min(KERNEL_COLUMNS, filters)
    rows = -(-filters // columns)
    sheet = np.full((rows * pitch - 1, columns * pitch - 1, 3), GREY, np.uint8)
    for number, kernel in enumerate(kernels):
        top, left = number // columns * pitch, number % columns * pitch
        sheet[top : top + side, left : left + side] = signed_picture(kernel)[0]
    return sheet


def webp(sheet: Pixels, quality: int | None) -> bytes:
    """Encode a picture, without loss where no quality is given."""
    file, picture = io.BytesIO(), Image.fromarray(sheet)
    if quality is None:
        picture.save(file, "WEBP", lossless=True, method=LOSSLESS_METHOD)
    else:
        picture.save(file, "WEBP", quality=quality, method=METHOD)
    return file.getvalue()
