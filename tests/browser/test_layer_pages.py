"""A layer of several pages in a real browser: the ways between, and what the controls reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import silent
from tests.browser.sites import make_site, serving
from tests.browser.test_axe import violations
from tests.browser.test_keyboard import KEYS
from tests.browser.test_targets import SMALL
from tests.support.several_pages import PAGES, WIDE, make_wide_atlas, small_pages

pytestmark = pytest.mark.browser

VISIBLE = "#cards > a:visible"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LOOKED_AT = (f"{WIDE}/index.html", f"{WIDE}/page2.html", "finder.html", "finder2.html")


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site whose layer 3 has three pages."""
    with small_pages():
        return make_site(tmp_path_factory.mktemp("wide"), make_wide_atlas)


@pytest.fixture(scope="module")
def wide_served(wide: Path) -> Iterator[str]:
    """Its address below a prefix."""
    with serving(wide, "repository") as address:
        yield address


def numbers(page: Page) -> list[int]:
    """The filters that show, in the order shown."""
    return [int(card.get_attribute("id") or "") for card in page.locator(VISIBLE).all()]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("name", LOOKED_AT)
def test_pages_break_no_rule(
    wide_served: str, reader: Page, axe: str, name: str, width: int, scheme: str
) -> None:
    """No violation, no overflow, and every target large enough."""
    reader.set_viewport_size({"width": width, "height": 800})
    reader.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    reader.goto(f"{wide_served}/{name}")
    broken = violations(reader, axe)
    assert not broken, "\n".join(broken)
    assert reader.evaluate(OVERFLOW) <= 0
    assert reader.evaluate(SMALL, 24) == []


@pytest.mark.parametrize("scripts", [True, False])
def test_the_lists_lead_on_from_a_folder(wide: Path, browser: Browser, scripts: bool) -> None:
    """From file://, with and without scripts: forwards above the cards, back below them."""
    context = browser.new_context(java_script_enabled=scripts)
    with silent(context.new_page()) as page:
        page.goto((wide / WIDE / "index.html").as_uri())
        for name, shown in PAGES.items():
            expect(page).to_have_url((wide / WIDE / name).as_uri())
            assert numbers(page) == list(shown)
            expect(page.locator(".pages [aria-current]")).to_have_count(2)
            if name != list(PAGES)[-1]:
                page.locator('.pages [rel="next"]').first.click()
        for name in reversed(list(PAGES)[:-1]):
            page.locator('.pages [rel="prev"]').last.click()
            expect(page).to_have_url((wide / WIDE / name).as_uri())
    context.close()


def test_a_filter_leads_back_to_its_card(wide_served: str, reader: Page) -> None:
    """To the page that has it, where it is in view; up leads to that page as well."""
    reader.goto(f"{wide_served}/{WIDE}/9.html")
    reader.get_by_role("link", name="Among all filters").click()
    expect(reader).to_have_url(f"{wide_served}/{WIDE}/page3.html#9")
    expect(reader.locator('[id="9"]')).to_be_in_viewport()
    reader.goto(f"{wide_served}/{WIDE}/9.html")
    reader.keyboard.press("u")
    expect(reader).to_have_url(f"{wide_served}/{WIDE}/page3.html")


@pytest.mark.parametrize("name", LOOKED_AT)
def test_letters_follow_visible_links(wide_served: str, reader: Page, name: str) -> None:
    """Links of one letter agree, each names its letter, and the letter goes where they go."""
    reader.goto(f"{wide_served}/{name}")
    links = [link for link in reader.evaluate(KEYS) if link["key"] != "/"]
    assert all(link["seen"] and link["said"] == link["key"] for link in links)
    targets = {link["key"]: link["href"] for link in links}
    assert {link["href"] for link in links} == set(targets.values())
    for key, href in targets.items():
        reader.goto(f"{wide_served}/{name}")
        reader.keyboard.press(key)
        expect(reader).to_have_url(href)


def test_letters_turn_pages_inside_a_layer(wide_served: str, reader: Page) -> None:
    """Next and previous on a later page are pages of the layer; up is its first page."""
    reader.goto(f"{wide_served}/{WIDE}/page2.html")
    # An address changes before the page's script listens: wait until the page has loaded.
    reader.keyboard.press("n")
    reader.wait_for_url(f"{wide_served}/{WIDE}/page3.html")
    reader.keyboard.press("p")
    reader.wait_for_url(f"{wide_served}/{WIDE}/page2.html")
    reader.keyboard.press("u")
    reader.wait_for_url(f"{wide_served}/{WIDE}/index.html")


def test_controls_act_on_the_page_and_say_so(wide_served: str, reader: Page) -> None:
    """Orders keep the page's cards; a find counts them, and the finder looks through all."""
    reader.goto(f"{wide_served}/{WIDE}/page2.html")
    for option in reader.locator("[name=order] option").all():
        reader.get_by_label("Order of this page").select_option(option.get_attribute("value"))
        assert sorted(numbers(reader)) == list(PAGES["page2.html"])
    field = reader.get_by_label("Find on this page")
    field.fill("9")
    assert numbers(reader) == []
    expect(reader.locator("#controls output")).to_have_text("0 filters on this page")
    field.fill("5")
    assert numbers(reader) == [5]
    field.fill("9")
    reader.get_by_role("link", name="Find in the whole layer").click()
    expect(reader).to_have_url(f"{wide_served}/finder.html?find=Layer+3+9")
    found = reader.locator("#found li a").first
    expect(found).to_have_attribute("href", f"{WIDE}/9.html")
    found.click()
    expect(reader.locator("h1")).to_have_text("Layer 3, filter 9")


def test_choices_go_along_to_other_pages(wide_served: str, reader: Page) -> None:
    """Which pictures, which order and what is looked for hold on the next page too."""
    reader.goto(f"{wide_served}/{WIDE}/index.html")
    reader.get_by_label("patches", exact=True).check()
    reader.get_by_label("Order").select_option("strength")
    reader.locator('.pages [rel="next"]').first.click()
    expect(reader).to_have_url(re.compile(r"/page2\.html\?show=patches&order=strength$"))
    expect(reader.locator("#cards")).to_have_class("cards patches")
    expect(reader.get_by_label("Order")).to_have_value("strength")
    assert sorted(numbers(reader)) == list(PAGES["page2.html"])
    reader.get_by_label("both", exact=True).check()
    reader.get_by_label("Order").select_option("number")
    reader.locator('.pages [rel="next"]').last.click()
    expect(reader).to_have_url(f"{wide_served}/{WIDE}/page3.html")


def test_in_print_the_ways_are_left_out(wide: Path, reader: Page) -> None:
    """Paper has no links; the heading says which filters it shows."""
    reader.goto((wide / WIDE / "page2.html").as_uri())
    reader.emulate_media(media="print")
    assert reader.locator(".pages:visible").count() == 0
    expect(reader.locator("h1")).to_have_text("Layer 3, filters 4 to 7")
    expect(reader.locator("#cards > a").first).to_be_visible()
