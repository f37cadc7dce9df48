"""The finder: an index as in the back of a book, and a field in which a script searches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generator.atlas.schema import PLACES
from generator.render import urls
from generator.render.facts import Gallery
from generator.render.text.texts import Texts
from generator.render.views.frame import Frame, Frames, Link, filter_link
from generator.render.views.paging import Paging, paging
from generator.render.words.words import in_words, shortened

MAJORITY = PLACES // 2 + 1  # places that must share a label before the index lists it
MOST = 900  # elements of the index on one page; see ELEMENTS in `check`: the field adds its finds
OF_A_LABEL = 3  # elements of an entry besides its links


@dataclass(frozen=True)
class Entry:
    """A label of the index and the filters that most of their patches give it."""

    label: str
    filters: tuple[Link, ...]


@dataclass(frozen=True)
class FinderView:
    """`finder.html`, or a page on which a long index of labels goes on: `finder2.html`."""

    frame: Frame
    html: str  # "" on a later page
    rule: str
    entries: tuple[Entry, ...]
    paging: Paging | None  # None where the page has the whole index


RULE = (
    f"Listed under a label: every filter with at least {in_words(MAJORITY)} of its "
    f"{in_words(PLACES)} patches from images of that label."
)


def finder_view(frames: Frames, texts: Texts) -> FinderView:
    """Return the finder with the index of labels, or with the first part of a long one.

    What the field finds stands in the script of `search_index.py`.
    """
    text = frames.content.finder
    parts = index_parts(frames.gallery)
    return FinderView(
        frame=frames.frame(
            urls.FINDER,
            text.title,
            text.summary,
            crumbs=[(urls.FINDER, text.title)],
            scripts=[urls.SEARCH_INDEX, "finder.js"],
        ),
        html=texts.html(text, urls.FINDER),
        rule=RULE,
        entries=parts[0],
        paging=_paging(parts, 1),
    )


def index_view(frames: Frames, number: int) -> FinderView:
    """Return a later page of the index; `number` counts the finder's pages from 1."""
    page = urls.finder(number)
    parts = index_parts(frames.gallery)
    words = _pages(parts)[number - 1][1]
    crumbs = [(urls.FINDER, frames.content.finder.title), (page, words)]
    return FinderView(
        frame=frames.frame(page, f"Index of labels, {words}", RULE, crumbs=crumbs),
        html="",
        rule=RULE,
        entries=parts[number - 1],
        paging=_paging(parts, number),
    )


def index_parts(gallery: Gallery) -> tuple[tuple[Entry, ...], ...]:
    """Return the entries of each page of the index, by label; at least one page."""
    found: dict[str, list[Link]] = {}
    for layer in gallery.layers:
        for facts in layer.filters:
            if facts.agreement >= MAJORITY:
                words = f"{facts.layer}/{facts.number}"
                link = filter_link(urls.FINDER, facts.layer, facts.number, words)
                found.setdefault(facts.labels[0][0], []).append(link)
    labels = sorted(found, key=lambda label: (label.casefold(), label))
    return shared_out([Entry(label, tuple(found[label])) for label in labels])


def shared_out(entries: Sequence[Entry]) -> tuple[tuple[Entry, ...], ...]:
    """Share entries out over pages of at most `MOST` elements; at least one page.

    An entry that is too long for any page goes on, under its label again, on the next.
    """
    most = MOST - OF_A_LABEL  # links
    pieces = [
        Entry(entry.label, entry.filters[start : start + most])
        for entry in entries
        for start in range(0, len(entry.filters), most)
    ]
    parts: list[list[Entry]] = [[]]
    room = MOST
    for piece in pieces:
        needed = OF_A_LABEL + len(piece.filters)
        if needed > room:
            parts.append([])
            room = MOST
        parts[-1].append(piece)
        room -= needed
    return tuple(map(tuple, parts))


def _pages(parts: Sequence[Sequence[Entry]]) -> list[tuple[str, str]]:
    """Return path and words of each page of the index: "abbey to lotus"."""
    words = []
    before = ""
    for part in parts:
        words.append(_span(part, before) if part else "")
        before = part[-1].label if part else ""
    return [(urls.finder(number), span) for number, span in enumerate(words, 1)]


def _span(part: Sequence[Entry], before: str) -> str:
    """Name the first and the last label of a page; `before` is the last of the page before it."""
    first, last = (shortened(entry.label, 24) for entry in (part[0], part[-1]))
    if part[0].label == before:  # a very long entry goes on
        first = f"{first} from {part[0].filters[0].text}"
    return first if len(part) == 1 else f"{first} to {last}"


def _paging(parts: Sequence[Sequence[Entry]], number: int) -> Paging | None:
    return paging(urls.finder(number), "Pages of the index", "Labels", _pages(parts))
