"""The keyboard alone: from the first Tab to a filter and back, and the letter keys."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.sites import KINDS

pytestmark = pytest.mark.browser

FOCUSED = "document.activeElement"
KEYS = """() => [...document.querySelectorAll('[data-key]')].map(link => ({
    key: link.dataset.key, said: link.getAttribute('aria-keyshortcuts'), href: link.href,
    seen: link.checkVisibility({ visibilityProperty: true }) }))"""


def tab_until(page: Page, selector: str, most: int = 60) -> None:
    """Press Tab until an element that matches has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(f"{FOCUSED}.matches({selector!r})"):
            return
    pytest.fail(f"{most} times Tab reach no {selector}")


def test_a_reader_without_a_mouse_finds_a_filter_and_comes_back(served: str, reader: Page) -> None:
    """Skip link, field, card, next, previous, and back to the view that was left."""
    reader.goto(f"{served}/layer3/index.html")
    reader.keyboard.press("Tab")
    expect(reader.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(reader.get_by_role("link", name="Skip to the content")).to_be_in_viewport(ratio=1)
    reader.keyboard.press("Enter")
    expect(reader.locator("main")).to_be_focused()
    reader.keyboard.press("/")
    expect(reader.get_by_label("Find")).to_be_focused()
    reader.keyboard.type("stop sign")
    expect(reader).to_have_url(re.compile(r"\?find=stop\+sign"))
    chosen = reader.url
    tab_until(reader, "#cards > a")
    number = int(reader.evaluate(f"{FOCUSED}.id"))
    reader.keyboard.press("Enter")
    reader.wait_for_url(f"{served}/layer3/{number}.html")
    reader.keyboard.press("n")
    reader.wait_for_url(f"{served}/layer3/{number + 1}.html")
    reader.keyboard.press("p")
    reader.wait_for_url(f"{served}/layer3/{number}.html")
    for _ in range(3):
        reader.go_back()  # Alt and the left arrow; a browser without a window has no such key
    expect(reader).to_have_url(chosen)
    expect(reader.get_by_label("Find")).to_have_value("stop sign")


def test_every_control_of_the_cards_works_by_keys(served: str, reader: Page) -> None:
    """Arrow keys choose the pictures and the order."""
    reader.goto(f"{served}/layer3/index.html")
    tab_until(reader, "[name=show]")
    reader.keyboard.press("ArrowRight")
    reader.keyboard.press("ArrowRight")
    expect(reader.locator("#cards")).to_have_class("cards patches")
    tab_until(reader, "[name=order]")
    reader.keyboard.press("ArrowDown")
    expect(reader.get_by_label("Order")).to_have_value("strength")
    expect(reader).to_have_url(re.compile(r"\?show=patches&order=strength$"))


@pytest.mark.parametrize("name", KINDS)
def test_each_letter_key_does_what_a_visible_link_does(
    served: str, reader: Page, name: str
) -> None:
    """Every key names itself, and goes where its link goes; links of one key agree."""
    reader.goto(f"{served}/{name}")
    links = reader.evaluate(KEYS)
    assert "/" in {link["key"] for link in links}
    for link in links:
        assert link["seen"]
        assert link["said"] == link["key"]
    targets = {(link["key"], link["href"]) for link in links}
    assert len(targets) == len({key for key, _ in targets})
    for key, href in sorted(targets - {target for target in targets if target[0] == "/"}):
        reader.goto(f"{served}/{name}")
        reader.keyboard.press(key)
        expect(reader).to_have_url(href)


@pytest.mark.parametrize("name", [name for name in KINDS if name != "404.html"])
def test_slash_leads_to_a_field_and_question_mark_to_the_switch(
    served: str, reader: Page, name: str
) -> None:
    """The field of this page where it has one, or else the finder; the switch stands in sight."""
    reader.goto(f"{served}/{name}")
    reader.keyboard.press("?")
    expect(reader.get_by_label("Letter keys")).to_be_focused()
    expect(reader.get_by_label("Letter keys")).to_be_in_viewport()
    reader.locator("h1").click()
    own = reader.get_by_role("searchbox").count()
    reader.keyboard.press("/")
    if own:
        expect(reader.get_by_role("searchbox")).to_be_focused()
    else:
        expect(reader).to_have_url(f"{served}/finder.html")


def test_letters_typed_into_a_field_stay_there(served: str, reader: Page) -> None:
    """No letter acts while a field has the focus, nor one held with Ctrl, Alt or Meta."""
    reader.goto(f"{served}/layer3/index.html")
    reader.keyboard.press("/")
    reader.keyboard.type("n/p?u")
    expect(reader.get_by_label("Find")).to_have_value("n/p?u")
    reader.locator("h1").click()
    for key in ("Control+u", "Alt+n", "Meta+p"):
        reader.keyboard.press(key)
    assert reader.url.startswith(f"{served}/layer3/index.html")


def test_letter_keys_can_be_switched_off_for_good(served: str, page: Page) -> None:
    """With the switch off no letter does anything, here and on the next page; on again, all do."""
    page.goto(f"{served}/layer3/2.html")
    page.keyboard.press("?")
    page.keyboard.press("Space")
    for address in (f"{served}/layer3/2.html", f"{served}/layer3/3.html"):
        page.goto(address)
        expect(page.get_by_label("Letter keys")).not_to_be_checked()
        for key in "npu/?":
            page.keyboard.press(key)
            assert page.evaluate(f"{FOCUSED} === document.body")
        expect(page).to_have_url(address)
    page.get_by_label("Letter keys").check()
    page.locator("h1").click()
    page.keyboard.press("n")
    expect(page).to_have_url(f"{served}/layer3/4.html")
