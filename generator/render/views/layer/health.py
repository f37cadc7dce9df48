"""The filters of a layer that a reader should know about, with links as far as there is room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generator.atlas.schema import PLACES
from generator.render import urls
from generator.render.facts import LayerFacts
from generator.render.site.check import ELEMENTS
from generator.render.views import paging
from generator.render.views.frame import Link, filter_link
from generator.render.views.layer.spans import spans
from generator.render.words.words import NO_BREAK, count, in_words, several

FEW = 0.01  # of all images
ALIKE = 0.95  # correlation of near-duplicates
AT_BORDER = 7  # places of nine whose patch leaves the image
MOST_NAMED = 30  # filters of one list
CARD = 3  # elements
OTHERS = 214  # elements of a layer's page besides cards, the text and the links of the lists

DEAD = "Dead (no image activates them)"
NEARLY_DEAD = f"Nearly dead (active on fewer than {FEW * 100:g}{NO_BREAK}% of the images)"
TWINS = f"Near-duplicates (answers to all stimuli correlate by {ALIKE} or more)"
BORDER = (
    f"Driven by borders ({in_words(AT_BORDER)} or more of the {in_words(PLACES)} patches reach "
    "beyond the image)"
)


@dataclass(frozen=True)
class Trouble:
    """Filters that share a trouble; `groups` has one link each, or the two of a pair."""

    name: str
    total: str
    groups: tuple[tuple[Link, ...], ...]
    plain: str  # others, for whose links the page has no room; "" where there is none
    more: str  # "" where all are named


def health(layer: LayerFacts) -> dict[str, list[tuple[int, ...]]]:
    """Return the filters in each trouble in rising order: their numbers, or pairs of numbers.

    A trouble that nothing is known of in this layer is left out.
    """
    few = FEW * layer.manifest.images.count
    found: dict[str, list[tuple[int, ...]]] = {
        DEAD: [(facts.number,) for facts in layer.filters if facts.active == 0],
        NEARLY_DEAD: [(facts.number,) for facts in layer.filters if 0 < facts.active < few],
    }
    if layer.measures:
        twins = {
            (min(facts.number, twin), max(facts.number, twin))
            for facts in layer.filters
            if facts.measures is not None
            and (twin := facts.measures.twin) is not None
            and (facts.measures.twin_correlation or 0) >= ALIKE
            and twin != facts.number
        }
        found[TWINS] = [*sorted(twins)]
    # Where nearly every patch leaves the image, this says nothing of a filter.
    if not (layer.shows_all or layer.shows_nearly_all):
        border = (facts for facts in layer.filters if (facts.clipped or 0) >= AT_BORDER)
        found[BORDER] = [(facts.number,) for facts in border]
    return found


def health_view(layer: LayerFacts, prose: int) -> tuple[Trouble, ...]:
    """List the filters in trouble, as many of them as links as the page has room for.

    `prose` is the number of elements in the page's text.
    """
    lists = health(layer)
    lengths = [sum(map(len, groups)) for groups in lists.values()]
    pages = spans(len(layer.filters))
    others = OTHERS + prose + (paging.ROOM if len(pages) > 1 else 0)
    most = most_links(lengths, ELEMENTS - others - CARD * len(pages[0]))
    return tuple(_trouble(layer.record.name, name, groups, most) for name, groups in lists.items())


def _trouble(layer: str, name: str, groups: Sequence[tuple[int, ...]], most: int) -> Trouble:
    page = urls.layer(layer)
    nouns = ("pair", "pairs") if name == TWINS else ("filter", "filters")
    size = len(groups[0]) if groups else 1
    linked, plain = groups[: most // size], groups[most // size : MOST_NAMED // size]
    unnamed = len(groups) - len(linked) - len(plain)
    return Trouble(
        name=name,
        total=several(len(groups), *nouns) if groups else "none",
        groups=tuple(
            tuple(filter_link(page, layer, number, str(number)) for number in group)
            for group in linked
        ),
        plain=", ".join(" and ".join(map(str, group)) for group in plain),
        more=count(unnamed) if unnamed else "",
    )


def most_links(wanted: Sequence[int], room: int) -> int:
    """Return how many links a list may have for all to have room; `wanted` are whole lengths."""
    lengths = range(MOST_NAMED, 0, -1)
    return next((most for most in lengths if sum(min(w, most) for w in wanted) <= room), 0)
