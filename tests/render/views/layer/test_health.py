"""Filters in trouble: found by both sides of each rule, and listed as far as there is room."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from generator.render.facts import Gallery
from generator.render.site.check import ELEMENTS
from generator.render.site.markup import read_markup
from generator.render.views.layer import health as health_module
from generator.render.views.layer.health import (
    BORDER,
    CARD,
    DEAD,
    MOST_NAMED,
    NEARLY_DEAD,
    OTHERS,
    TWINS,
    health,
    health_view,
    most_links,
)
from generator.render.views.layer.spans import MOST
from tests.support.large_atlas import FILTERS, LARGE, make_large_atlas
from tests.support.views import layer_with, pages_of, some_measures


def test_health_at_both_sides_of_each_rule(gallery: Gallery) -> None:
    """Dead is none, nearly dead is below a hundredth, borders count from seven places of nine."""
    empty = (0,) * 256
    nine, ten = (9, *empty[1:]), (10, *empty[1:])
    layer = layer_with(
        gallery,
        [
            {"histogram": empty, "clipped": 0},
            {"histogram": nine, "clipped": 6},
            {"histogram": ten, "clipped": 7},
        ],
        images=1_000,
    )
    found = health(layer)
    assert (found[DEAD], found[NEARLY_DEAD], found[BORDER]) == ([(0,)], [(1,)], [(2,)])


def test_near_duplicates_are_named_once(gallery: Gallery) -> None:
    """Two that name each other are one pair; a third that names one of them is another."""

    def twin(number: int | None, correlation: float | None) -> dict[str, object]:
        return {"measures": replace(some_measures(), twin=number, twin_correlation=correlation)}

    alike, hair_below = health_module.ALIKE, math.nextafter(health_module.ALIKE, 0)
    twins = [twin(3, 0.99), twin(0, hair_below), twin(3, alike), twin(0, 0.99), twin(None, None)]
    assert health(layer_with(gallery, twins))[TWINS] == [(0, 3), (2, 3)]


def test_lists_share_the_room_on_the_page() -> None:
    """No list is longer than thirty, and all together never exceed the room."""
    assert most_links([100, 0, 2, 50], 1_000) == MOST_NAMED
    assert most_links([100, 0, 2, 50], 20) == 9
    assert most_links([5], 4) == 4
    assert most_links([5, 5], 1) == 0


def test_what_is_not_named_is_counted(gallery: Gallery) -> None:
    """A list that was cut says how many more there are; a whole one does not."""
    layer = layer_with(gallery, [{"clipped": 9}] * (MOST_NAMED + 7))
    (border,) = [item for item in health_view(layer, 0) if item.name.startswith("Driven")]
    assert len(border.groups) == MOST_NAMED
    assert (border.total, border.more) == (f"{MOST_NAMED + 7} filters", "7")
    assert border.groups[3][0].href == "3.html"
    assert border.plain == ""
    crowded = health_view(layer, ELEMENTS - OTHERS - CARD * len(layer.filters) - 28)[-1]
    assert len(crowded.groups) == 28
    assert (crowded.plain, crowded.more) == ("28, 29", "7")
    whole = health_view(layer_with(gallery, [{"clipped": 9}]), 0)[-1]
    assert (whole.total, whole.more) == ("one filter", "")


def test_the_fullest_pages_keep_their_promise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages as full as can be, all filters in trouble, have at most 1,400 elements, some links."""
    everyone = [(number,) for number in range(FILTERS)]
    pairs = [(number, number + 1) for number in range(FILTERS - 1)]
    troubled = {DEAD: everyone, NEARLY_DEAD: everyone, TWINS: pairs, BORDER: everyone}
    monkeypatch.setattr(health_module, "health", lambda *_: troubled)
    assert FILTERS % MOST == 0
    pages = pages_of(make_large_atlas(tmp_path / "atlas"))
    for name in ("index.html", "page2.html"):
        page = read_markup(pages[f"{LARGE}/{name}"])
        assert page.elements <= ELEMENTS
        assert page.faults == []
    lists = re.findall(
        r"<li>[^<]*: 38\d (?:filters|pairs) – <a href.*?</a>[^<]* and 3\d\d more</li>",
        pages[f"{LARGE}/index.html"],
    )
    assert len(lists) == 4
