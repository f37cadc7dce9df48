"""Images as fixed batches for a network, decoded by worker processes beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from generator.atlas.schema import SkippedFile
from generator.images.folder import Listing, UnreadableImage, display_path, read_image


@dataclass(frozen=True)
class Batch:
    """Images first…first + b − 1 of a listing; the last batch is filled up with empty slots."""

    first: int
    pixels: Tensor  # [b, 4, size, size] uint8: red, green, blue, opacity
    valid: Tensor  # [b] bool: slots that hold a readable image
    skipped: tuple[SkippedFile, ...]


class _Batches(Dataset[Batch]):
    """Batch number → batch. Fixed by index, so that workers and restarts change nothing."""

    def __init__(self, listing: Listing, size: int, batch: int) -> None:
        self.listing, self.size, self.batch = listing, size, batch

    def __len__(self) -> int:
        return math.ceil(len(self.listing) / self.batch)

    def __getitem__(self, number: int) -> Batch:
        first = number * self.batch
        pixels = np.zeros((self.batch, 4, self.size, self.size), np.uint8)
        valid = np.zeros(self.batch, np.bool_)
        skipped = []
        for slot in range(min(self.batch, len(self.listing) - first)):
            path = self.listing.paths[first + slot]
            try:
                pixels[slot] = read_image(self.listing.root / path, self.size)
                valid[slot] = True
            except UnreadableImage as problem:
                skipped.append(SkippedFile(path=display_path(path), reason=str(problem)))
        return Batch(first, torch.from_numpy(pixels), torch.from_numpy(valid), tuple(skipped))


def stream(
    listing: Listing, size: int, batch: int, workers: int, start: int = 0
) -> Iterator[Batch]:
    """Yield the batches from number `start` on, in order."""
    batches = _Batches(listing, size, batch)
    loader = DataLoader(
        batches,
        batch_size=None,
        sampler=range(start, len(batches)),
        num_workers=workers,
    )
    yield from loader


def normalise(
    pixels: Tensor, mean: tuple[float, float, float], std: tuple[float, float, float]
) -> Tensor:
    """Bring [b, 4, h, w] uint8 to what a network expects: [b, 3, h, w] float32.

    Where a picture is transparent the mean colour shows, which is zero to the network.
    """
    dtype, device = torch.float32, pixels.device
    centre = torch.tensor(mean, dtype=dtype, device=device)[:, None, None]
    spread = torch.tensor(std, dtype=dtype, device=device)[:, None, None]
    colours = (pixels[:, :3].to(dtype) / 255 - centre) / spread
    return colours * (pixels[:, 3:].to(dtype) / 255)
