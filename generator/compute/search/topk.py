"""The nine images that activate each filter most, found in one pass over a stream of images.

One place per image and filter: its largest activation over the map. Places are ranked by value,
ties by image, then row, then column. Only positive activations win a place, and images of one key
(the same pixels, or the same label where that is asked for) share one place: the best of them.
In whatever order images arrive, and however they are dealt out, the nine are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from generator.atlas.schema import PLACES
from generator.compute.search.ranking import beats, filled, ranked, repeated, table


@dataclass
class TopK:
    """The best places of one layer so far. f: filters. An empty place has value 0 and image −1."""

    activation: Tensor  # [f, 9] float, falling
    image: Tensor  # [f, 9] int64
    unit: Tensor  # [f, 9, 2] int64: row, column in the feature map
    key: Tensor  # [f, 9] int64: no two places of a filter have the same; 0 in an empty place

    @classmethod
    def empty(cls, filters: int, dtype: torch.dtype, device: torch.device) -> TopK:
        """Return nine empty places for each filter."""
        return cls(
            activation=torch.zeros(filters, PLACES, dtype=dtype, device=device),
            image=torch.full((filters, PLACES), -1, device=device),
            unit=torch.zeros(filters, PLACES, 2, dtype=torch.int64, device=device),
            key=torch.zeros(filters, PLACES, dtype=torch.int64, device=device),
        )

    def update(self, maps: Tensor, peaks: Tensor, images: Tensor, keys: Tensor) -> None:
        """Let a batch compete.

        `maps` [b, f, h, w] are activations and `peaks` [b, f] what `peaks_of` makes of them;
        `images` [b] int64 are the images' rows, each seen once, and `keys` [b] int64 their keys.
        """
        entering = beats(peaks, images, self.activation[:, -1], self.image[:, -1])  # b f
        entrant, slot = entering.T.nonzero(as_tuple=True)  # n, by filter
        if len(entrant) == 0:
            return
        filters, line, column = table(entrant)
        values = filled(line, column, peaks[slot, entrant], 0)  # k m
        rows = filled(line, column, images[slot], -1)
        pool = TopK(
            activation=torch.cat([self.activation[filters], values], dim=1),  # k 9+m
            image=torch.cat([self.image[filters], rows], dim=1),
            unit=torch.nn.functional.pad(self.unit[filters], (0, 0, 0, values.shape[1])),
            key=torch.cat([self.key[filters], filled(line, column, keys[slot], 0)], dim=1),
        )
        order, best = pool._best()
        slots = filled(line, column, slot, -1)
        which, place = ((order >= PLACES) & (best.image >= 0)).nonzero(as_tuple=True)
        winners = slots[which, order[which, place] - PLACES]
        best.unit[which, place] = first_peak(maps[winners, filters[which]])
        self.activation[filters] = best.activation
        self.image[filters] = best.image
        self.unit[filters] = best.unit
        self.key[filters] = best.key

    def _best(self) -> tuple[Tensor, TopK]:
        """Return the nine best of any number of places with keys, and where each of them stood."""
        order = ranked(self.activation, self.image)
        values = self.activation.gather(1, order)
        again = repeated(self.key.gather(1, order)) & (values > 0)
        if bool(again.any()):  # most sets hold no picture twice
            values = values.masked_fill(again, 0)
            behind = values.argsort(dim=1, descending=True, stable=True)
            order, values = order.gather(1, behind), values.gather(1, behind)
        order, values = order[:, :PLACES], values[:, :PLACES]
        empty = values <= 0
        unit = self.unit.gather(1, order[:, :, None].expand(-1, -1, 2))
        return order, TopK(
            activation=values,
            image=self.image.gather(1, order).masked_fill(empty, -1),
            unit=unit.masked_fill(empty[:, :, None], 0),
            key=self.key.gather(1, order).masked_fill(empty, 0),
        )

    @classmethod
    def merge(cls, nines: Sequence[TopK]) -> TopK:
        """Join the nines of disjoint sets of images into the nine of all of them, exactly.

        A place among the nine of all is the best of its key and has fewer than nine other keys'
        bests before it, in its own set no less, so it is among that set's nine. Ranking all sets'
        nines by the same rule therefore finds it, and finds nothing better that was dropped.
        """
        pool = cls(
            activation=torch.cat([nine.activation for nine in nines], dim=1),
            image=torch.cat([nine.image for nine in nines], dim=1),
            unit=torch.cat([nine.unit for nine in nines], dim=1),
            key=torch.cat([nine.key for nine in nines], dim=1),
        )
        return pool._best()[1]


def peaks_of(maps: Tensor, images: Tensor, valid: Tensor) -> Tensor:
    """Return each image's largest activation of each filter, [b, f].

    It is 0 where none is positive, and where there is no image. `maps` [b, f, h, w] are
    activations, `images` [b] int64 the images' rows, `valid` [b] bool is false where a slot of the
    batch holds no image. Raises ValueError, naming the row, where an activation is NaN.
    """
    # Channels lie innermost in memory, so units are a single axis: 15 times as fast as two.
    units = maps.permute(0, 2, 3, 1).flatten(1, 2)  # b hw f
    peaks = units.amax(1).clamp(min=0).masked_fill(~valid[:, None], 0)
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
