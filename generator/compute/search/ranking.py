"""The order of places, the same everywhere: by value, falling; of equal values the lower row first.

Values are 0 or more, and 0 stands for an empty place. k: lines, one for a filter; p: places.
"""

from __future__ import annotations

import torch
from torch import Tensor


def ranked(values: Tensor, rows: Tensor) -> Tensor:
    """Return the order [k, p] of places with these values [k, p] and image rows [k, p]."""
    by_row = rows.argsort(dim=1, stable=True)
    by_value = values.gather(1, by_row).argsort(dim=1, descending=True, stable=True)
    return by_row.gather(1, by_value)


def repeated(keys: Tensor) -> Tensor:
    """Say [k, p] where a line of keys [k, p] holds one that stands further left already."""
    alike, order = keys.sort(dim=1, stable=True)
    again = torch.zeros_like(keys, dtype=torch.bool)
    again[:, 1:] = alike[:, 1:] == alike[:, :-1]
    return torch.zeros_like(again).scatter(1, order, again)


def beats(values: Tensor, rows: Tensor, last: Tensor, last_row: Tensor) -> Tensor:
    """Say [b, f] which of the values [b, f] of images [b] come before each filter's last place.

    `last` [f] is the value of that place and `last_row` [f] its image's row, −1 where it is empty.
    """
    return (values > last) | ((values == last) & (rows[:, None] < last_row))


def table(filters: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Lay out entries that belong to `filters` [n], rising, as a table of a line for each filter.

    Returns the filters [k] that have an entry, and line [n] and column [n] of each entry.
    """
    present, line, counts = torch.unique_consecutive(
        filters, return_inverse=True, return_counts=True
    )
    first = counts.cumsum(0) - counts
    column = torch.arange(len(filters), device=filters.device) - first[line]
    return present, line, column


def filled(line: Tensor, column: Tensor, entries: Tensor, empty: int) -> Tensor:
    """Return the table [k, m] of entries [n] at their lines and columns [n], `empty` elsewhere."""
    shape = (int(line.max()) + 1, int(column.max()) + 1)
    return entries.new_full(shape, empty).index_put((line, column), entries)
