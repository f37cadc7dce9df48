"""How the cards of a layer are shared out over pages. Numbers only; the paths stand in `urls`."""

from __future__ import annotations

import math

MOST_ON_ONE = 384  # cards of three elements that fill a page: see ELEMENTS in `check`
MOST_OF_SEVERAL = 352  # where other pages follow, the way to them needs room as well


def spans(filters: int) -> tuple[range, ...]:
    """Return the numbers of the filters on each page of a layer, in order.

    A layer that fits has one page. Otherwise every page has the same number of cards, the last one
    perhaps fewer.
    """
    if filters <= MOST_ON_ONE:
        return (range(filters),)
    each = math.ceil(filters / math.ceil(filters / MOST_OF_SEVERAL))
    return tuple(range(start, min(start + each, filters)) for start in range(0, filters, each))


def page_of(number: int, filters: int) -> int:
    """Return the page, from 1, that has the card of a filter."""
    return 1 + number // len(spans(filters)[0])
