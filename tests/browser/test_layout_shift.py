"""Nothing moves under a reader's eyes, and the largest paint is what the reader sees first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import silent

pytestmark = pytest.mark.browser

MOST_SHIFT = 0.01
HEIGHT = 844
LAYER = "layer3/index.html"
PAGES = ("index.html", LAYER, "layer3/0.html", "finder.html", "method.html")

# Runs in every page before anything else, and writes down what the browser reports.
WATCH = """(() => {
    window.reported = { 'layout-shift': [], 'largest-contentful-paint': [] };
    const name = node => node && (node.outerHTML || node.data || '').slice(0, 100);
    new PerformanceObserver(list => list.getEntries().forEach(entry => {
        reported['layout-shift'].push(
            { value: entry.value, moved: entry.sources.map(source => name(source.node)) });
    })).observe({ type: 'layout-shift', buffered: true });
    new PerformanceObserver(list => list.getEntries().forEach(entry => {
        reported['largest-contentful-paint'].push({
            tag: entry.element.tagName, top: entry.element.getBoundingClientRect().top });
    })).observe({ type: 'largest-contentful-paint', buffered: true });
})()"""
FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
SCROLL = """async () => {
    const end = Math.min(document.documentElement.scrollHeight, 9000);
    for (let top = 0; top < end; top += 600) {
        scrollTo(0, top);
        await new Promise(requestAnimationFrame);
    }
}"""
HEIGHTS = "[...document.querySelectorAll('#cards > a')].map(card => card.clientHeight)"


@pytest.fixture
def watched(browser: Browser) -> Iterator[Page]:
    """A silent page on a phone that keeps what the browser reports of its layout."""
    context = browser.new_context(viewport={"width": 390, "height": HEIGHT})
    context.add_init_script(WATCH)
    with silent(context.new_page()) as page:
        yield page
    context.close()


def reported(page: Page, kind: str) -> list[dict[str, Any]]:
    """Return what the browser has reported once it has drawn all it had to draw."""
    page.evaluate(FRAMES)
    entries: list[dict[str, Any]] = page.evaluate(f"reported[{kind!r}]")
    return entries


def shifted(page: Page) -> list[dict[str, Any]]:
    """Return what moved, where all of it together is more than may move."""
    shifts = reported(page, "layout-shift")
    return shifts if sum(shift["value"] for shift in shifts) > MOST_SHIFT else []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_moves(large_served: str, watched: Page, name: str) -> None:
    """Neither while the page loads nor while the reader scrolls."""
    watched.goto(f"{large_served}/{name}", wait_until="networkidle")
    assert shifted(watched) == []
    watched.evaluate(SCROLL)
    assert shifted(watched) == []


def test_a_movement_is_found(large_served: str, watched: Page) -> None:
    """A box put above the text pushes it down, and that is reported."""
    watched.goto(f"{large_served}/index.html", wait_until="networkidle")
    watched.evaluate("""document.querySelector('main').prepend(
        Object.assign(document.createElement('div'), { className: 'controls', innerHTML: '<br>' }))
    """)
    assert shifted(watched)


@pytest.mark.parametrize("name", PAGES)
def test_the_largest_paint_is_in_the_first_view(
    large_served: str, watched: Page, name: str
) -> None:
    """It is text or a picture of the page as it was sent, on the first screen."""
    watched.goto(f"{large_served}/{name}", wait_until="networkidle")
    largest = reported(watched, "largest-contentful-paint")[-1]
    assert largest["tag"] in {"P", "H1", "IMG", "image"}
    assert 0 <= largest["top"] < HEIGHT


@pytest.mark.parametrize("width", [320, 390, 700, 1280, 1920])
def test_cards_not_yet_drawn_are_as_high_as_drawn_ones(
    large_served: str, watched: Page, width: int
) -> None:
    """The browser leaves out what is out of sight; its height is known all the same."""
    watched.set_viewport_size({"width": width, "height": HEIGHT})
    watched.goto(f"{large_served}/{LAYER}")
    guessed = watched.evaluate(HEIGHTS)
    watched.evaluate(
        "document.querySelectorAll('#cards > a').forEach("
        "card => { card.style.contentVisibility = 'visible' })"
    )
    assert watched.evaluate(HEIGHTS) == pytest.approx(guessed, abs=1)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_map_comes_alive_without_moving(served: str, watched: Page, width: int) -> None:
    """What scripts add to it stands beside it, or out of sight."""
    watched.set_viewport_size({"width": width, "height": HEIGHT})
    watched.goto(f"{served}/map.html", wait_until="networkidle")
    assert shifted(watched) == []
    watched.evaluate(SCROLL)
    assert shifted(watched) == []
