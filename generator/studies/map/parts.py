"""The map in words: what lies in which part of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from generator.render import urls
from generator.render.views.frame import Link
from generator.render.words.words import count, listing, several, shortened
from generator.studies.map import words
from generator.studies.map.record import Grid, Place

PARTS = 5  # rows and columns
NAMED = 3  # labels of a part
LINKED = 2  # images of a part
LONGEST = 40  # characters of a label or caption


@dataclass(frozen=True)
class Part:
    """One part of the map in words."""

    title: str
    sentence: str
    images: tuple[Link, ...]  # some that have a page of their own


def parts_of(grid: Grid) -> tuple[int, int]:
    """Return rows and columns of parts."""
    return min(PARTS, grid.rows), min(PARTS, grid.columns)


def parts(grid: Grid, page: str, image_pages: frozenset[int]) -> Iterator[Part]:
    """Yield the parts that have an image, row by row, as `page` shows them."""
    rows, columns = parts_of(grid)
    found: dict[tuple[int, int], list[Place]] = {}
    for place in grid.places:
        row, column = divmod(place.cell, grid.columns)
        part = row * rows // grid.rows, column * columns // grid.columns
        found.setdefault(part, []).append(place)
    for (row, column), places in sorted(found.items()):
        linked = [place for place in places if place.row in image_pages]
        yield Part(
            title=words.PART.format(row=row + 1, column=column + 1),
            sentence=labels_of(places),
            images=tuple(
                Link(
                    urls.link(page, urls.image_page(place.row)),
                    shortened(place.caption, LONGEST),
                )
                for place in linked[:: -(-len(linked) // LINKED) or 1]
            ),
        )


def labels_of(places: list[Place]) -> str:
    """Say how many images a part has of its most frequent labels, and how many besides."""
    counts = Counter(place.label for place in places)
    without = counts.pop("", 0)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    if not ordered:
        return several(without, "image", "images")
    parts = [f"{shortened(label, LONGEST)} {count(n)}" for label, n in ordered[:NAMED]]
    if others := sum(n for _, n in ordered[NAMED:]):
        parts.append(words.OTHER.format(number=count(others)))
    if without:
        parts.append(words.WITHOUT.format(number=count(without)))
    return listing(parts)
