"""Images as fixed batches for a network, decoded by processes beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from generator.atlas.schema import SkippedFile
from generator.images.decoders import Decoded, decode_beside, fill
from generator.images.sets.image_set import ImageSet
from generator.names import Size

OPAQUE = 255


@dataclass(frozen=True)
class Batch:
    """Images first…first + b − 1 of a set; the last batch is filled up with empty slots."""

    first: int
    pixels: Tensor  # [b, 4, h, w] uint8: red, green, blue, opacity
    valid: Tensor  # [b] bool: slots with a readable image
    content: Tensor  # [b] int64: a hash of each slot's pixels; 0 where there is no image
    skipped: tuple[SkippedFile, ...]
    remarks: npt.NDArray[np.int64]  # [kinds] how many there are of each

    @property
    def rows(self) -> Tensor:
        """Return the number [b] of each slot's image in its set."""
        return torch.arange(self.first, self.first + len(self.pixels))


def stream(
    images: ImageSet, size: Size, batch: int, workers: int, numbers: Sequence[int]
) -> Iterator[Batch]:
    """Yield the batches of these numbers, in that order.

    Batch n has the images n · batch … n · batch + batch − 1, so that processes and restarts change
    nothing. Without workers the batches are decoded here, when they are asked for. Raises
    ImagesError where a worker dies, or where a picture cannot be read for no fault of its own.
    """
    decoded: Iterator[tuple[Decoded, npt.NDArray[np.uint8]]]
    if workers == 0 or not len(numbers):
        empty = ((number, np.empty((batch, 4, *size), np.uint8)) for number in numbers)
        decoded = ((fill(images, number, pixels), pixels) for number, pixels in empty)
    else:
        decoded = decode_beside(images, size, batch, min(workers, len(numbers)), numbers)
    for found, pixels in decoded:
        yield Batch(
            first=found.number * batch,
            pixels=torch.from_numpy(pixels),
            valid=torch.from_numpy(found.valid),
            content=torch.from_numpy(found.content),
            skipped=found.skipped,
            remarks=found.remarks,
        )


def normalise(
    pixels: Tensor, mean: tuple[float, float, float], std: tuple[float, float, float]
) -> Tensor:
    """Bring [b, 4, h, w] uint8 to a network's input: [b, 3, h, w] float32.

    Transparent pixels fade to the mean colour, which is zero to the network.
    """
    dtype, device = torch.float32, pixels.device
    centre = torch.tensor(mean, dtype=dtype, device=device)[:, None, None]
    spread = torch.tensor(std, dtype=dtype, device=device)[:, None, None]
    colours = pixels[:, :3].to(dtype).div_(255).sub_(centre).div_(spread)
    opacity = pixels[:, 3:]
    if bool(opacity.amin() == OPAQUE):
        return colours
    return colours.mul_(opacity.to(dtype).div_(255))
