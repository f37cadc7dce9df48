"""Scripts switched off, from a folder: every page whole, every figure a way to its picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import silent
from tests.browser.sites import KINDS

pytestmark = pytest.mark.browser

UNSEEN = """() => [...document.querySelectorAll('main *')]
    .filter(element => !element.closest('form, button, #found, #live, #chosen, #keys, #quiz'))
    .filter(element => !element.closest('svg *, details > :not(summary)'))
    .filter(element => !element.checkVisibility({ visibilityProperty: true }))
    .map(element => element.outerHTML.slice(0, 100))"""
OFFERED = """() => [...document.querySelectorAll('button, input, select, textarea')]
    .filter(element => element.checkVisibility()).map(element => element.outerHTML)"""


@pytest.fixture(scope="module")
def opened(browser: Browser) -> Iterator[Page]:
    """The page behind `plain`, opened once."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.fixture
def plain(opened: Page) -> Iterator[Page]:
    """A silent page without scripts."""
    with silent(opened) as page:
        yield page


@pytest.mark.parametrize("name", KINDS)
def test_every_page_is_whole(site: Path, plain: Page, name: str) -> None:
    """All words and pictures show, and no control that would do nothing."""
    plain.goto((site / name).as_uri())
    expect(plain.locator("h1")).to_be_visible()
    assert plain.evaluate(UNSEEN) == []
    assert plain.evaluate(OFFERED) == []
    broken = "[...document.images].filter(image => !image.naturalWidth).map(image => image.src)"
    assert plain.evaluate(broken) == []


def test_the_live_page_says_what_is_missing(site: Path, plain: Page) -> None:
    """Its lesson and its facts can be read, and a line says why nothing runs."""
    plain.goto((site / "live.html").as_uri())
    expect(plain.get_by_role("note").filter(has_text="needs scripts")).to_be_visible()
    expect(plain.get_by_role("heading", name="Ten minutes with a class")).to_be_visible()
    expect(plain.get_by_text("8-bit weights change it by").first).to_be_visible()


def test_figures_lead_to_their_sheets(site: Path, plain: Page) -> None:
    """Patch, reconstruction and whole image each link to a picture that opens by itself."""
    plain.goto((site / "layer3" / "0.html").as_uri())
    for number, kind in enumerate(("reconstructions", "patches", "images")):
        plain.locator("a.enlarge").nth(number).click()
        expect(plain).to_have_url((site / "layer3" / f"0.{kind}.webp").as_uri())
        assert plain.evaluate("document.images[0].naturalWidth") > 0
        plain.go_back()


def test_every_card_is_there_in_order(site: Path, plain: Page) -> None:
    """Cards in order of number lead to their filters."""
    plain.goto((site / "layer3" / "index.html").as_uri())
    cards = plain.locator("#cards > a")
    expect(cards).to_have_count(6)
    assert [cards.nth(n).get_attribute("id") for n in range(6)] == [str(n) for n in range(6)]
    cards.nth(4).click()
    expect(plain).to_have_url((site / "layer3" / "4.html").as_uri())


def test_the_index_of_labels_leads_to_filters(site: Path, plain: Page) -> None:
    """What the finder's field would search stands in the page as links."""
    plain.goto((site / "finder.html").as_uri())
    link = plain.locator("#index dd a").first
    number = link.inner_text()
    link.click()
    expect(plain.locator("h1")).to_contain_text(number.split("/")[-1])
