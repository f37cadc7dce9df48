"""The finder: an index as in the back of a book, and a field in which a script searches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from generator.atlas.schema import PLACES
from generator.render import urls
from generator.render.facts import FilterFacts
from generator.render.frame import Frame, Frames, Link
from generator.render.texts import Texts
from generator.render.words import in_words

MAJORITY = PLACES // 2 + 1  # places that must share a label before the index lists it


@dataclass(frozen=True)
class Entry:
    """A label of the index and the filters that most of their patches give it."""

    label: str
    filters: tuple[Link, ...]


@dataclass(frozen=True)
class FinderView:
    """`finder.html`; what the field finds stands in the script of `search_index.py`."""

    frame: Frame
    heading: str
    summary: str
    html: str
    rule: str
    entries: tuple[Entry, ...]


def finder_view(frames: Frames, texts: Texts) -> FinderView:
    """Return the index of labels."""
    found: dict[str, list[Link]] = {}
    for layer in frames.gallery.layers:
        for facts in layer.filters:
            if facts.agreement >= MAJORITY:
                found.setdefault(facts.labels[0][0], []).append(_index_link(facts))
    text = frames.content.finder
    return FinderView(
        frame=frames.frame(
            urls.FINDER,
            text.title,
            text.summary,
            crumbs=[(urls.HOME, "Home"), (urls.FINDER, text.title)],
            scripts=[urls.SEARCH_INDEX, "finder.js"],
        ),
        heading=text.title,
        summary=text.summary,
        html=texts.html(text, urls.FINDER),
        rule=f"Listed under a label: every filter with at least {in_words(MAJORITY)} of its "
        f"{in_words(PLACES)} patches from images of that label.",
        entries=tuple(Entry(label, tuple(found[label])) for label in _alphabetical(found)),
    )


def _index_link(facts: FilterFacts) -> Link:
    target = urls.filter_page(facts.layer, facts.number)
    return Link(urls.link(urls.FINDER, target), f"{facts.layer}/{facts.number}")


def _alphabetical(labels: Iterable[str]) -> list[str]:
    return sorted(labels, key=lambda label: (label.casefold(), label))
