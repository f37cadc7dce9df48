"""Large text, forced colours, little movement: the site follows what the reader's system says."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.sites import KINDS

pytestmark = pytest.mark.browser

WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Twice the size of all text, as a reader sets it: all lengths here are relative to the root's.
DOUBLED = "document.documentElement.style.fontSize = '212.5%'"
CUT_OFF = """[...document.querySelectorAll('body *')].filter(element => {
    const style = getComputedStyle(element);
    const across = element.scrollWidth - element.clientWidth > 1 && style.overflowX === 'hidden';
    const down = element.scrollHeight - element.clientHeight > 1 && style.overflowY === 'hidden';
    return element.checkVisibility() && element.textContent.trim() && (across || down);
}).map(element => element.outerHTML.slice(0, 100))"""
# Words over other words: text whose middle belongs to an element that does not hold it.
OVERLAID = """() => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) {
        const text = texts.currentNode;
        const parent = text.parentElement;
        if (!text.data.trim() || parent.closest('svg, .skip') || !parent.checkVisibility({
            visibilityProperty: true })) continue;
        const range = document.createRange();
        range.selectNodeContents(text);
        const box = range.getClientRects()[0];
        scrollTo(0, scrollY + box.y - innerHeight / 2);
        const now = range.getClientRects()[0];
        const x = now.x + now.width / 2, y = now.y + now.height / 2;
        if (x < 0 || x > innerWidth) continue;  // within a table that scrolls by itself
        const top = document.elementFromPoint(x, y);
        if (top && !top.contains(parent) && !parent.contains(top)) found.push(
            `${text.data.trim().slice(0, 60)} under ${top.outerHTML.slice(0, 80)}`);
    }
    return found;
}"""
# How a part of a page looks, as far as forced colours let it.
LOOK = """(element, properties) => {
    const style = getComputedStyle(element);
    return Object.fromEntries(properties.map(property => [property, style[property]]));
}"""


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("width", [390, 1280])
def test_text_of_twice_the_size_fits(served: str, reader: Page, name: str, width: int) -> None:
    """Nothing leaves the page, nothing is cut off, and no words lie over others."""
    reader.set_viewport_size({"width": width, "height": 800})
    reader.goto(f"{served}/{name}")
    before = reader.locator("h1").evaluate("title => parseFloat(getComputedStyle(title).fontSize)")
    reader.evaluate(DOUBLED)
    after = reader.locator("h1").evaluate("title => parseFloat(getComputedStyle(title).fontSize)")
    assert after > 1.5 * before
    assert reader.evaluate(WIDER) <= 0
    assert reader.evaluate(CUT_OFF) == []
    assert reader.evaluate(OVERLAID) == []


@pytest.fixture
def forced(reader: Page) -> Page:
    """A page in forced colours."""
    reader.emulate_media(forced_colors="active")
    return reader


def test_the_field_stays_outlined_in_forced_colours(served: str, forced: Page) -> None:
    """White over black as in all other modes, so that it shows on every picture."""
    forced.goto(f"{served}/layer1/0.html")
    for line, colour in (("field", "rgb(255, 255, 255)"), ("under", "rgb(0, 0, 0)")):
        drawn = forced.locator(f".whole .{line}")
        assert drawn.count() >= 18  # a box and a ring for each of nine places
        look = drawn.first.evaluate(LOOK, ["stroke", "strokeWidth", "fill"])
        assert look["stroke"] == colour
        assert float(look["strokeWidth"].removesuffix("px")) >= 1.5
        assert look["fill"] == "none"


def test_where_one_is_stays_marked_in_forced_colours(served: str, forced: Page) -> None:
    """The current page in the masthead has a line that the others have not."""
    forced.goto(f"{served}/layer3/index.html")
    here = forced.locator(".masthead li [aria-current]")
    expect(here).to_have_count(1)
    other = forced.locator(".masthead li a:not([aria-current])").first
    wanted = ["borderBottomStyle", "borderBottomWidth"]
    assert here.evaluate(LOOK, wanted) == {
        "borderBottomStyle": "solid",
        "borderBottomWidth": "2px",
    }
    assert other.evaluate(LOOK, wanted)["borderBottomStyle"] == "none"


def test_controls_keep_their_borders_in_forced_colours(served: str, forced: Page) -> None:
    """Fields, lists and buttons stand out from the page, whose colour their border has not."""
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    controls = (
        ("layer3/index.html", "select"),
        ("layer3/index.html", "input[type=search]"),
        ("layer3/0.html", "#copy-link"),
    )
    for name, control in controls:
        forced.goto(f"{served}/{name}")
        wanted = ["borderTopStyle", "borderTopWidth", "borderTopColor"]
        look = forced.locator(control).evaluate(LOOK, wanted)
        assert look["borderTopStyle"] != "none"
        assert look["borderTopWidth"] != "0px"
        assert look["borderTopColor"] != forced.evaluate(paper)


def test_the_focus_stays_ringed_in_forced_colours(served: str, forced: Page) -> None:
    """On a link in the masthead, a control, and a card."""
    forced.goto(f"{served}/layer3/index.html")
    paper = forced.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    for part in (".masthead li a", "select", "#cards > a"):
        forced.locator(part).first.focus()
        forced.keyboard.press("Shift+Tab")
        forced.keyboard.press("Tab")
        expect(forced.locator(part).first).to_be_focused()
        wanted = ["outlineStyle", "outlineWidth", "outlineColor"]
        look = forced.locator(part).first.evaluate(LOOK, wanted)
        assert look["outlineStyle"] == "solid"
        assert look["outlineWidth"] == "3px"
        assert look["outlineColor"] != paper


def test_the_card_one_came_from_is_marked_in_forced_colours(served: str, forced: Page) -> None:
    """A card that the address names has a line around it; the others have none."""
    forced.goto(f"{served}/layer3/index.html#2")
    cards = forced.locator("#cards > a")
    assert cards.nth(2).evaluate(LOOK, ["outlineStyle"]) == {"outlineStyle": "solid"}
    assert cards.nth(3).evaluate(LOOK, ["outlineStyle"]) == {"outlineStyle": "none"}


@pytest.mark.parametrize("name", KINDS)
def test_nothing_moves_by_itself(served: str, reader: Page, name: str) -> None:
    """Who asks for little movement gets none: no animation, no transition, no gliding scroll."""
    reader.emulate_media(reduced_motion="reduce")
    reader.goto(f"{served}/{name}")
    reader.keyboard.press("Tab")
    reader.locator("a").last.hover()
    assert reader.evaluate("document.getAnimations().length") == 0
    durations = """[...document.querySelectorAll('*')].filter(element => {
        const style = getComputedStyle(element);
        return style.scrollBehavior === 'smooth' || style.animationName !== 'none'
            || style.transitionDuration.split(',').some(time => parseFloat(time) > 0);
    }).length"""
    assert reader.evaluate(durations) == 0
