"""The nine images that activate each filter most, found in one pass over a stream of images.

One place per image and filter: its largest activation over the map. Places are ranked by value,
ties by image, then row, then column. Only positive activations win a place.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from generator.atlas.schema import PLACES


@dataclass
class TopNine:
    """The best places of one layer so far. f: filters. An empty place has value 0 and image −1."""

    activation: Tensor  # [f, 9] float, falling
    image: Tensor  # [f, 9] int64
    unit: Tensor  # [f, 9, 2] int64: row, column in the feature map

    @classmethod
    def empty(cls, filters: int, dtype: torch.dtype, device: torch.device) -> TopNine:
        """Return nine empty places for each filter."""
        return cls(
            activation=torch.zeros(filters, PLACES, dtype=dtype, device=device),
            image=torch.full((filters, PLACES), -1, device=device),
            unit=torch.zeros(filters, PLACES, 2, dtype=torch.int64, device=device),
        )

    def update(self, maps: Tensor, peaks: Tensor, images: Tensor) -> None:
        """Let a batch compete.

        `maps` [b, f, h, w] are activations after the ReLU and `peaks` [b, f] what `peaks_of` makes
        of them; `images` [b] int64 are the images' rows, rising, and higher than any seen before.
        """
        # A later image must be strictly better than the ninth: on a tie the earlier one stays.
        entering = peaks > self.activation[:, -1]  # b f
        filters = entering.any(0).nonzero().squeeze(1)  # k
        if len(filters) == 0:
            return
        values = (peaks * entering)[:, filters].T  # k b
        pool = torch.cat([self.activation[filters], values], dim=1)  # k 9+b
        # Stable: equal values keep their order, which is the order of images.
        ranked, order = pool.sort(dim=1, descending=True, stable=True)
        ranked, order = ranked[:, :PLACES], order[:, :PLACES]
        is_new = (order >= PLACES) & (ranked > 0)
        kept = order.clamp(max=PLACES - 1)
        rows = self.image[filters].gather(1, kept)
        units = self.unit[filters].gather(1, kept[:, :, None].expand(-1, -1, 2))
        which, place = is_new.nonzero(as_tuple=True)
        slots = order[which, place] - PLACES
        rows[which, place] = images[slots]
        units[which, place] = first_peak(maps[slots, filters[which]])
        rows[ranked <= 0] = -1
        units[ranked <= 0] = 0
        self.activation[filters] = ranked
        self.image[filters] = rows
        self.unit[filters] = units


def peaks_of(maps: Tensor, images: Tensor, valid: Tensor) -> Tensor:
    """Return each image's largest activation of each filter, [b, f]; 0 where there is no image.

    `maps` [b, f, h, w] are activations after the ReLU, `images` [b] int64 the images' rows,
    `valid` [b] bool is false where a slot of the batch holds no image. Raises ValueError, naming
    the row, where an activation is NaN.
    """
    peaks = maps.amax((2, 3)) * valid[:, None]
    if bool(peaks.isnan().any()):
        row = int(images[peaks.isnan().any(1)][0])
        raise ValueError(f"image {row} has an activation that is not a number")
    return peaks


def first_peak(maps: Tensor) -> Tensor:
    """Return row and column [n, 2] of each map's maximum, the first in reading order on a tie."""
    flat = maps.flatten(1)  # n hw
    index = (flat == flat.amax(1, keepdim=True)).to(torch.uint8).argmax(1)
    width = maps.shape[2]
    return torch.stack([index // width, index % width], dim=1)
