"""The nine images that activate each filter most, found in one pass over a stream of images.

An image has one place for each filter: its largest activation over the map. Places are ranked by
value, ties by image, then row, then column. Only positive activations win a place. Images of one
key (the same pixels, or the same label where that is wanted) share one place: the best of them.
The order of the images and their division among processes do not change the nine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from generator.atlas.schema import PLACES


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

        `maps` [b, f, h, w] are activations and `peaks` [b, f] their `peaks_of`;
        `images` [b] int64 are the images' rows, each seen once, and `keys` [b] int64 their keys.
        """
        entering = beats(peaks, images, self.activation[:, -1], self.image[:, -1])  # b f
        entrant, slot = entering.T.nonzero(as_tuple=True)  # n, by filter
        if len(entrant) == 0:
            return
        filters, in_lines = lines(entrant)
        values = in_lines(peaks[slot, entrant], 0)  # k m
        new = TopK(
            activation=values,
            image=in_lines(images[slot], -1),
            unit=self.unit.new_zeros(*values.shape, 2),
            key=in_lines(keys[slot], 0),
        )
        order, best = _best([TopK(*(tensor[filters] for tensor in vars(self).values())), new])
        which, place = ((order >= PLACES) & (best.image >= 0)).nonzero(as_tuple=True)
        winners = in_lines(slot, -1)[which, order[which, place] - PLACES]
        best.unit[which, place] = first_peak(maps[winners, filters[which]])
        for tensor, replacement in zip(vars(self).values(), vars(best).values(), strict=True):
            tensor[filters] = replacement

    @classmethod
    def merge(cls, nines: Sequence[TopK]) -> TopK:
        """Join the nines of disjoint sets of images into the nine of all of them, exactly.

        A place among the nine of all is the best of its key, and fewer than nine other keys have a
        better one. The same is true in its own set, so it is among that set's nine. Ranking all
        sets' nines by the same rule therefore finds it, and finds nothing better.
        """
        return _best(nines)[1]


def _best(several: Sequence[TopK]) -> tuple[Tensor, TopK]:
    """Return the nine best of all places side by side, and where each of them stood."""
    tensors = zip(*(vars(nine).values() for nine in several), strict=True)
    pool = TopK(*(torch.cat(parts, dim=1) for parts in tensors))
    order = ranked(pool.activation, pool.image)
    values = pool.activation.gather(1, order)
    again = _repeated(pool.key.gather(1, order)) & (values > 0)
    if bool(again.any()):  # most sets contain no picture twice
        values = values.masked_fill(again, 0)
        behind = values.argsort(dim=1, descending=True, stable=True)
        order, values = order.gather(1, behind), values.gather(1, behind)
    order, values = order[:, :PLACES], values[:, :PLACES]
    empty = values <= 0
    unit = pool.unit.gather(1, order[:, :, None].expand(-1, -1, 2))
    return order, TopK(
        activation=values,
        image=pool.image.gather(1, order).masked_fill(empty, -1),
        unit=unit.masked_fill(empty[:, :, None], 0),
        key=pool.key.gather(1, order).masked_fill(empty, 0),
    )


def _repeated(keys: Tensor) -> Tensor:
    """Say [k, p] where a line of keys [k, p] has the same key further left."""
    alike, order = keys.sort(dim=1, stable=True)
    again = torch.zeros_like(keys, dtype=torch.bool)
    again[:, 1:] = alike[:, 1:] == alike[:, :-1]
    return torch.zeros_like(again).scatter(1, order, again)


def ranked(values: Tensor, rows: Tensor) -> Tensor:
    """Return the order [k, p] of places by value [k, p], falling; ties by image row [k, p].

    Values are 0 or more, and 0 stands for an empty place.
    """
    by_row = rows.argsort(dim=1, stable=True)
    by_value = values.gather(1, by_row).argsort(dim=1, descending=True, stable=True)
    return by_row.gather(1, by_value)


def beats(values: Tensor, rows: Tensor, last: Tensor, last_row: Tensor) -> Tensor:
    """Say [b, f] which of the values [b, f] of images [b] come before each filter's last place.

    `last` [f] is the value of that place and `last_row` [f] its image's row, −1 where it is empty.
    """
    return (values > last) | ((values == last) & (rows[:, None] < last_row))


def lines(filters: Tensor) -> tuple[Tensor, Callable[[Tensor, int], Tensor]]:
    """Lay out entries that belong to `filters` [n], rising, in one line for each filter.

    Returns the filters [k] that have an entry, and a function that brings entries [n] into lines
    [k, m], filled up with its second argument.
    """
    present, line, counts = torch.unique_consecutive(
        filters, return_inverse=True, return_counts=True
    )
    column = torch.arange(len(filters), device=filters.device) - (counts.cumsum(0) - counts)[line]
    shape = (len(present), int(counts.max()))

    def in_lines(entries: Tensor, empty: int) -> Tensor:
        return entries.new_full(shape, empty).index_put((line, column), entries)

    return present, in_lines


class NotANumberError(ValueError):
    """An activation is not a number; `row` is the image's."""

    def __init__(self, row: int) -> None:
        super().__init__(f"image {row} has an activation that is not a number")
        self.row = row


def peaks_of(maps: Tensor, images: Tensor, valid: Tensor) -> Tensor:
    """Return each image's largest activation of each filter, [b, f].

    It is 0 where none is positive, and where there is no image. `maps` [b, f, h, w] are
    activations, `images` [b] int64 the images' rows, `valid` [b] bool is false where a slot of the
    batch holds no image. Raises NotANumberError, naming the row, where an activation is NaN.
    """
    # Channels lie innermost in memory, so units are a single axis: 15 times as fast as two.
    units = maps.permute(0, 2, 3, 1).flatten(1, 2)  # b hw f
    peaks = units.amax(1).clamp(min=0).masked_fill(~valid[:, None], 0)
    if bool(peaks.isnan().any()):
        raise NotANumberError(int(images[peaks.isnan().any(1)][0]))
    return peaks


def first_peak(maps: Tensor) -> Tensor:
    """Return row and column [n, 2] of each map's maximum, the first in reading order on a tie."""
    flat = maps.flatten(1)  # n hw
    index = (flat == flat.amax(1, keepdim=True)).to(torch.uint8).argmax(1)
    width = maps.shape[2]
    return torch.stack([index // width, index % width], dim=1)
