"""The filters of a layer that a reader should know about, with links as far as there is room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generator.atlas.schema import PLACES
from generator.render import urls
from generator.render.facts import LayerFacts
from generator.render.site.check import ELEMENTS
from generator.render.views import paging
from generator.render.views.frame import Link
from generator.render.views.layer import portrait
from generator.render.views.layer.spans import spans
from generator.render.words.words import NO_BREAK, count, in_words, several

MOST_NAMED = 30  # filters of one list
CARD = 3  # elements
OTHERS = 212  # elements of a layer's page besides cards, the text and the links of the lists


DEAD = "Dead (no image activates them)"
NEARLY_DEAD = (
    f"Nearly dead (active on fewer than {portrait.NEARLY_DEAD * 100:g}{NO_BREAK}% of the images)"
)
TWINS = f"Near-duplicates (answers to all stimuli correlate by {portrait.ALIKE} or more)"
BORDER = (
    f"Driven by borders ({in_words(portrait.BORDER)} or more of the {in_words(PLACES)} patches "
    "reach beyond the image)"
)


_NOUNS = (("filter", "filters"), ("pair", "pairs"))


@dataclass(frozen=True)
class Care:
    """Filters that share a trouble; `groups` holds one link each, or the two of a pair."""

    name: str
    total: str
    groups: tuple[tuple[Link, ...], ...]
    plain: str  # others, for whose links the page has no room; "" where there is none
    more: str  # "" where all are named


def care_view(layer: LayerFacts, images: int, prose: int) -> tuple[Care, ...]:
    """List the filters that need care, as many of them as links as the page has room for.

    `images` were searched; `prose` is the number of elements in the page's text.
    """
    found = portrait.health(layer, images)
    lists: dict[str, Sequence[tuple[int, ...]]] = {
        DEAD: [(number,) for number in found.dead],
        NEARLY_DEAD: [(number,) for number in found.nearly_dead],
    }
    if layer.measures:
        lists[TWINS] = found.twins
    # Where nearly every field leaves the image, this says nothing of a filter.
    if not (layer.sees_all or layer.sees_nearly_all):
        lists[BORDER] = [(number,) for number in found.border]
    lengths = [sum(map(len, groups)) for groups in lists.values()]
    pages = spans(len(layer.filters))
    others = OTHERS + prose + (paging.ROOM if len(pages) > 1 else 0)
    most = most_links(lengths, ELEMENTS - others - CARD * len(pages[0]))
    return tuple(_care(layer.record.name, name, groups, most) for name, groups in lists.items())


def _care(layer: str, name: str, groups: Sequence[tuple[int, ...]], most: int) -> Care:
    page = urls.layer(layer)
    size = len(groups[0]) if groups else 1
    linked, plain = groups[: most // size], groups[most // size : MOST_NAMED // size]
    unnamed = len(groups) - len(linked) - len(plain)
    return Care(
        name=name,
        total=several(len(groups), *_NOUNS[name == TWINS]) if groups else "none",
        groups=tuple(
            tuple(
                Link(urls.link(page, urls.filter_page(layer, number)), str(number))
                for number in group
            )
            for group in linked
        ),
        plain=", ".join(" and ".join(map(str, group)) for group in plain),
        more=count(unnamed) if unnamed else "",
    )


def most_links(wanted: Sequence[int], room: int) -> int:
    """Return how many links a list may have for all to have room; `wanted` are whole lengths."""
    lengths = range(MOST_NAMED, 0, -1)
    return next((most for most in lengths if sum(min(w, most) for w in wanted) <= room), 0)
