"""How much arrives before a reader scrolls, and how much a page holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Response

from generator.render.site.check import ELEMENTS, FILTER_PAGE, FILTER_REQUESTS, KB, check_site
from generator.render.views.layer.spans import MOST

pytestmark = pytest.mark.browser

LAYER_VIEW, LAYER_REQUESTS = 300 * KB, 60
LAYER, FILTER = "layer3/index.html", "layer3/0.html"
PAGES = ("index.html", LAYER, FILTER, "finder.html", "finder.html?find=3%2F", "credits.html")


@pytest.mark.parametrize(
    ("name", "most_bytes", "most_requests"),
    [(LAYER, LAYER_VIEW, LAYER_REQUESTS), (FILTER, FILTER_PAGE, FILTER_REQUESTS)],
)
def test_the_first_view_is_light(
    large_served: str, page: Page, name: str, most_bytes: int, most_requests: int
) -> None:
    """On a phone, bodies uncompressed; a server that compresses text sends less."""
    answers: list[Response] = []
    page.on("response", lambda answer: answers.extend([answer]))
    page.goto(f"{large_served}/{name}", wait_until="networkidle")
    assert any(answer.url.endswith(".css") for answer in answers)
    assert len(answers) <= most_requests
    assert sum(len(answer.body()) for answer in answers) <= most_bytes


def test_pictures_far_below_wait(large_served: str, page: Page) -> None:
    """A card's pictures come when the reader comes near, and not before."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{large_served}/{LAYER}", wait_until="networkidle")
    last = f"{large_served}/layer3/{MOST - 1}.patches.small.webp"
    assert last not in asked
    with page.expect_response(last):
        page.locator("#cards > a").last.scroll_into_view_if_needed()


def test_a_site_of_real_size_keeps_every_budget(large_site: Path) -> None:
    """Pages, scripts, styles and pictures of a layer of 384 filters are as small as promised."""
    assert [str(problem) for problem in check_site(large_site).problems] == []


@pytest.mark.parametrize("name", PAGES)
def test_few_elements_after_the_scripts_ran(large_served: str, reader: Page, name: str) -> None:
    """What scripts add counts as well."""
    reader.goto(f"{large_served}/{name}")
    elements = reader.evaluate("document.getElementsByTagName('*').length")
    assert 30 < elements <= ELEMENTS
