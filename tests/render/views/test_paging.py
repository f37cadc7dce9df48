"""The list of pages that continue each other: short, and as long as room is kept for."""

from __future__ import annotations

import pytest

from generator.render.site.markup import read_markup
from generator.render.site.pages import Pages
from generator.render.views import paging
from tests import ROOT


@pytest.mark.parametrize("here", [0, 1, 20, 39])
def test_of_very_many_pages_those_about_are_listed(here: int) -> None:
    """The first, the last, and the neighbours; what is left out shows, and the list stays short."""
    pages = [(f"layer/{number}.html", str(number)) for number in range(40)]
    found = paging.paging(pages[here][0], "Pages", "Filters", pages)
    assert found is not None
    listed = [step.text for step in found.steps if step.href]
    near = range(max(here - 1, 0), min(here + 2, 40))
    assert {"0", "39", *map(str, near)} <= set(listed)
    assert listed == sorted(listed, key=int)
    assert len(found.steps) <= paging.MOST_LISTED
    assert sum(not step.href for step in found.steps) == (1 if here in {0, 1, 39} else 2)
    assert [step.text for step in found.steps if step.current] == [str(here)]


def test_the_list_has_as_many_elements_as_room_is_kept_for() -> None:
    """The longest list, printed twice, and the link beside the controls fit into `ROOM`."""
    pages = [(f"layer/{number}.html", str(number)) for number in range(paging.MOST_LISTED)]
    shown = paging.paging(pages[3][0], "Pages", "Filters", pages)
    module = Pages(ROOT / "site_templates")._environment.get_template("partials/pages.html").module
    printed = module.pages(shown)  # type: ignore[attr-defined]
    assert 2 * read_markup(printed).elements + 1 == paging.ROOM
