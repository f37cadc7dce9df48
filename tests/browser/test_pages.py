"""What a reader meets in a real browser, on pages opened from a folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.sites import KINDS, load_every_picture

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("width", [320, 840, 1280])
def test_every_kind_of_page_is_silent_whole_and_fits(
    site: Path, reader: Page, name: str, width: int
) -> None:
    """From file://: no message, no failed or foreign request, no broken picture, no overflow."""
    reader.set_viewport_size({"width": width, "height": 800})
    reader.goto((site / name).as_uri())
    expect(reader.locator("h1")).to_have_count(1)
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert reader.evaluate(overflow) <= 0
    load_every_picture(reader)
    broken = "[...document.images].filter(image => !image.naturalWidth).map(image => image.src)"
    assert reader.evaluate(broken) == []


def test_the_controls_choose_pictures_order_and_cards(site: Path, page: Page) -> None:
    """What is chosen shows, and the dead filter comes last in strength."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto((site / "layer3" / "index.html").as_uri())
    pictures = page.locator("#cards > a").first.locator("img")
    expect(pictures.nth(0)).to_be_visible()
    page.get_by_label("patches", exact=True).check()
    expect(pictures.nth(0)).to_be_hidden()
    expect(pictures.nth(1)).to_be_visible()
    page.get_by_label("Order").select_option("strength")
    assert page.locator("#cards > a").last.get_attribute("id") == "1"
    page.get_by_label("Find").fill("4")
    expect(page.locator("#cards > a:visible")).to_have_count(1)
    expect(page.locator("#controls output")).to_have_text("1 filter")


def test_scripts_work_from_a_folder(site: Path, page: Page) -> None:
    """A letter key, an enlarged picture and the search need no server."""
    page.goto((site / "layer3" / "2.html").as_uri())
    page.keyboard.press("n")
    page.wait_for_url((site / "layer3" / "3.html").as_uri())
    page.locator("a.enlarge").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.goto((site / "finder.html").as_uri())
    page.get_by_label("Find").fill("layer3/4")
    page.keyboard.press("Enter")
    expect(page).to_have_url((site / "layer3" / "4.html").as_uri())


@pytest.mark.parametrize("width", [320, 700, 840, 1000, 1280])
def test_words_beside_pictures_have_room(site: Path, reader: Page, width: int) -> None:
    """At every width the text of a place keeps at least a few words to a line."""
    reader.set_viewport_size({"width": width, "height": 800})
    reader.goto((site / "layer3" / "0.html").as_uri())
    assert reader.locator(".legend").first.evaluate("text => text.clientWidth") >= 130
    assert reader.locator(".tile").first.evaluate("tile => tile.clientWidth") >= 130
