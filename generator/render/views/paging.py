"""The way between pages that continue each other: those of a layer, those of the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generator.render import urls

MOST_LISTED = 12  # pages; of more, the first, the last and those about the current one are listed
ABOUT = 3  # pages before and after the current one
ROOM = 2 * (3 + 2 * MOST_LISTED) + 1  # most elements of the two lists of a page, and of `Elsewhere`


@dataclass(frozen=True)
class Step:
    """A page of the list; one without an address stands for pages left out."""

    href: str
    text: str
    rel: str  # "prev" or "next" beside the current page, or else ""
    key: str  # the letter that leads there; "" for none
    current: bool


@dataclass(frozen=True)
class Paging:
    """The list of pages, as on one of them."""

    title: str  # names the navigation: "Pages of Layer 5"
    of: str  # what is shared out: "Filters"
    steps: tuple[Step, ...]


def paging(page: str, title: str, of: str, pages: Sequence[tuple[str, str]]) -> Paging | None:
    """Return the list as on `page`, one of `pages`: path and words of each, in order.

    None where there is only one. The letters for previous and next lead along the list, but not
    from the first page, where they lead to what stands beside all of these.
    """
    if len(pages) < 2:
        return None
    here = [path for path, _ in pages].index(page)
    steps: list[Step] = []
    last = -1
    for at in _listed(here, len(pages)):
        if at > last + 1:
            steps.append(Step("", "…", "", "", current=False))
        path, words = pages[at]
        rel = {here - 1: "prev", here + 1: "next"}.get(at, "")
        key = rel[:1] if here else ""
        steps.append(Step(urls.link(page, path), words, rel, key, current=at == here))
        last = at
    return Paging(title, of, tuple(steps))


def _listed(here: int, pages: int) -> list[int]:
    """Return which pages are listed, counted from 0."""
    if pages <= MOST_LISTED:
        return list(range(pages))
    about = range(max(here - ABOUT, 0), min(here + ABOUT + 1, pages))
    return sorted({0, *about, pages - 1})
