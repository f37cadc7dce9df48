"""How the cards of a layer are shared out over pages. Numbers only; the paths stand in `urls`."""

from __future__ import annotations

MOST = 128  # cards on a page, so that their pictures may weigh something: see LAYER_PAGE in `check`


def spans(filters: int) -> tuple[range, ...]:
    """Return the numbers of the filters on each page of a layer, in order."""
    starts = range(0, filters, MOST)
    return tuple(range(start, min(start + MOST, filters)) for start in starts)


def page_of(number: int) -> int:
    """Return the page, from 1, that has the card of a filter."""
    return 1 + number // MOST
