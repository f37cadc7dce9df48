"""What a reader meets in a real browser, on pages opened from a folder."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from generator.serve import make_server

pytestmark = pytest.mark.browser

KINDS = (
    "index.html",
    "layer3/index.html",
    "layer3/0.html",
    "layer3/1.html",
    "method.html",
    "glossary.html",
    "network.html",
    "credits.html",
    "finder.html",
    "404.html",
)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("width", [320, 1280])
def test_every_kind_of_page_is_silent_whole_and_fits(
    site: Path, page: Page, name: str, width: int
) -> None:
    """From file://: no message, no failed or foreign request, no broken picture, no overflow."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto((site / name).as_uri())
    expect(page.locator("h1")).to_have_count(1)
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0
    page.evaluate("document.querySelectorAll('img').forEach(i => { i.loading = 'eager' })")
    page.wait_for_function("[...document.images].every(image => image.complete)")
    broken = "[...document.images].filter(image => !image.naturalWidth).map(image => image.src)"
    assert page.evaluate(broken) == []


def test_without_scripts_every_card_is_there(site: Path, browser: Browser) -> None:
    """Cards in number order, and no control that would do nothing."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "layer3" / "index.html").as_uri())
    cards = page.locator("#cards > a")
    expect(cards).to_have_count(6)
    assert [cards.nth(n).get_attribute("id") for n in range(6)] == [str(n) for n in range(6)]
    expect(page.locator("#controls")).to_be_hidden()
    expect(page.locator(".letter-keys")).to_be_hidden()
    context.close()


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


def test_letter_keys_go_on_and_can_be_switched_off(site: Path, page: Page) -> None:
    """The key n follows the visible link to the next filter, unless the reader said no."""
    page.goto((site / "layer3" / "2.html").as_uri())
    page.keyboard.press("n")
    expect(page).to_have_url((site / "layer3" / "3.html").as_uri())
    page.get_by_label("Letter keys").uncheck()
    page.locator("h1").click()
    page.keyboard.press("n")
    page.keyboard.press("u")
    expect(page).to_have_url((site / "layer3" / "3.html").as_uri())


def test_a_picture_opens_large_and_gives_the_focus_back(site: Path, page: Page) -> None:
    """A dialog with scripts; Escape closes it and returns to the link."""
    page.goto((site / "layer3" / "0.html").as_uri())
    link = page.locator("a.enlarge").first
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(link).to_be_focused()


def test_below_a_prefix_from_card_to_filter_and_back(site: Path, page: Page) -> None:
    """As on GitHub Pages: every link stays below the repository's name."""
    server = make_server(site, 0, "repository")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        root = f"http://127.0.0.1:{server.server_port}/repository"
        page.goto(f"{root}/")
        page.get_by_role("link", name="Layer 3").first.click()
        page.locator("#cards > a").nth(2).click()
        expect(page).to_have_url(f"{root}/layer3/2.html")
        page.locator('[data-key="u"]').first.click()
        expect(page).to_have_url(f"{root}/layer3/index.html")
        page.goto("about:blank")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
