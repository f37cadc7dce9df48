"""The switch between trained and random weights, above the nine places of a filter."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

TILES = """() => [...document.querySelectorAll('.places li > a:first-child')].map(link => [
    link.getAttribute('href'),
    link.querySelector('image').getAttribute('href'),
    link.firstElementChild.getAttribute('aria-label'),
    link.firstElementChild.getAttribute('viewBox'),
])"""
RANDOM = "../studies/control/layer3/0.webp"
NAME = "Reconstruction {} of 9{}"


def test_the_switch_shows_the_other_sheet_and_back(served: str, page: Page) -> None:
    """Every reconstruction is cut from it at the same place, and says so; patches stay."""
    page.goto(f"{served}/layer3/0.html")
    before = page.evaluate(TILES)
    assert {tile[1] for tile in before} == {"0.reconstructions.webp"}
    page.get_by_role("radio", name="random weights").focus()
    page.keyboard.press("Space")
    after = page.evaluate(TILES)
    assert {tuple(tile[:2]) for tile in after} == {(RANDOM, RANDOM)}
    words = [NAME.format(rank, ", with random weights") for rank in range(1, 10)]
    assert [tile[2] for tile in after] == words
    assert [tile[3] for tile in after] == [tile[3] for tile in before]
    page.locator(".places li > a").first.click()
    dialog = page.locator("dialog")
    expect(dialog).to_contain_text("with random weights")
    assert dialog.locator("image").get_attribute("href") == RANDOM
    page.keyboard.press("Escape")
    page.get_by_role("radio", name="trained weights").check()
    assert page.evaluate(TILES) == before


def test_a_filter_without_the_study_has_no_switch(served: str, page: Page) -> None:
    """Nor does a script fail there."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{served}/layer3/1.html")
    assert page.locator("#weights").count() == 0
    assert faults == []


def test_without_scripts_both_sheets_are_seen(served: str, browser: Browser) -> None:
    """And the switch, which could do nothing, is not."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served}/layer3/0.html")
    expect(page.locator("#weights")).to_be_hidden()
    sheets = page.locator('section[aria-labelledby="control"] img')
    expect(sheets).to_have_count(2)
    for sheet in sheets.all():
        expect(sheet).to_be_visible()
    context.close()
