"""Enlarging a picture: a dialog that takes the focus, holds it, and gives it back."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

INERT = """() => [...document.querySelectorAll('main a, header a')].filter(link => {
    link.focus();
    return document.activeElement === link;
}).length"""


@pytest.fixture
def link(served: str, reader: Page) -> Locator:
    """The first picture of a filter's page."""
    reader.goto(f"{served}/layer3/0.html")
    return reader.locator("a.enlarge").first


def test_the_focus_goes_in_and_comes_back(reader: Page, link: Locator) -> None:
    """Enter opens it with the focus on Close; Escape closes it and returns to the link."""
    link.focus()
    reader.keyboard.press("Enter")
    dialog = reader.get_by_role("dialog", name="Reconstruction 1 of 9")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    expect(dialog.locator("svg").first).to_be_in_viewport(ratio=1)
    expect(dialog.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)
    reader.keyboard.press("Escape")
    expect(reader.get_by_role("dialog")).to_have_count(0)
    expect(link).to_be_focused()


def test_the_button_closes_it(reader: Page, link: Locator) -> None:
    """By mouse and by keys, one time after the other."""
    button = reader.get_by_role("button", name="Close")
    for key in ("", "Enter", "Space"):
        link.click()
        if key:
            button.press(key)
        else:
            button.click()
        expect(reader.get_by_role("dialog")).to_have_count(0)
        expect(link).to_be_focused()


def test_a_click_beside_it_closes_it_and_one_on_it_does_not(reader: Page, link: Locator) -> None:
    """The dark border belongs to what lies behind."""
    link.click()
    reader.get_by_role("dialog").locator("svg").first.click()
    expect(reader.get_by_role("dialog")).to_be_visible()
    reader.mouse.click(4, 4)
    expect(reader.get_by_role("dialog")).to_have_count(0)
    expect(link).to_be_focused()


def test_the_page_behind_is_inert(reader: Page, link: Locator) -> None:
    """No link behind takes the focus, no letter key acts, and Tab stays in the dialog."""
    assert reader.evaluate(INERT) > 20
    link.click()
    assert reader.evaluate(INERT) == 0
    address = reader.url
    for key in ("n", "u", "Tab", "Tab", "Shift+Tab"):
        reader.keyboard.press(key)
        inside = "document.activeElement.closest('dialog') || document.activeElement.tagName"
        assert (
            reader.evaluate(f"typeof ({inside})") == "object" or reader.evaluate(inside) == "BODY"
        )
    assert reader.url == address


@pytest.mark.parametrize("held", ["Control", "Shift"])
def test_a_key_held_opens_the_sheet_elsewhere(
    reader: Page, link: Locator, held: Literal["Control", "Shift"]
) -> None:
    """Then the link is a link: another page shows the sheet, and no dialog opens."""
    with reader.context.expect_page() as opened:
        link.click(modifiers=[held])
    expect(opened.value).to_have_url(re.compile(r"/layer3/0\.reconstructions\.webp$"))
    expect(reader.get_by_role("dialog")).to_have_count(0)


def test_each_picture_shows_itself(served: str, reader: Page) -> None:
    """The dialog says in words which picture it holds, every time."""
    reader.goto(f"{served}/layer3/0.html")
    for picture in reader.locator("a.enlarge").all()[:6]:
        words = picture.locator("svg").first.get_attribute("aria-label")
        assert words
        picture.click()
        expect(reader.get_by_role("dialog", name=words, exact=True)).to_be_visible()
        expect(reader.get_by_role("dialog").locator("p")).to_have_text(words)
        reader.keyboard.press("Escape")
