"""What a screen reader says of pictures, links and places on the page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from generator.render.words.captions import NOTHING

pytestmark = pytest.mark.browser


def test_a_card_says_its_number_and_what_both_sheets_show(served: str, reader: Page) -> None:
    """Reconstructions come with what stimuli showed, patches with their labels."""
    reader.goto(f"{served}/layer3/index.html")
    card = reader.locator("#cards > a").nth(4)
    labels = card.locator("img").nth(1).get_attribute("alt")
    assert labels
    assert labels.startswith("Patches: lotus")
    caption = card.locator("img").first.get_attribute("alt")
    assert caption
    assert re.fullmatch(r"Reconstructions; measured: \S.*", caption)
    expect(card).to_have_accessible_name(f"4 {caption} {labels}")


def test_a_dead_filter_says_that_nothing_is_shown(served: str, reader: Page) -> None:
    """Empty sheets are not called patches."""
    reader.goto(f"{served}/layer3/index.html")
    expect(reader.locator("#cards > a").nth(1)).to_have_accessible_name(
        f"1 · dead Empty; measured: {NOTHING} No patches"
    )


def test_the_pictures_of_a_place_have_different_names(served: str, reader: Page) -> None:
    """No two links of a page of pictures have the same name, and each says what it shows."""
    reader.goto(f"{served}/layer3/0.html")
    names = [link.aria_snapshot().split('"')[1] for link in reader.locator("a.enlarge").all()]
    assert len(names) == len(set(names)) == 27
    for rank in range(1, 10):
        reconstruction, patch, whole = names[3 * rank - 3 : 3 * rank]
        assert reconstruction == f"Reconstruction {rank} of 9"
        assert patch.startswith(f"Patch {rank} of 9")
        assert whole.startswith(f"Whole image of patch {rank}, receptive field outlined: rows ")


def test_where_one_is_and_what_is_new_is_said(served: str, reader: Page) -> None:
    """The current page is marked in masthead and path; a search says how many cards are left."""
    reader.goto(f"{served}/layer3/index.html")
    for place in ("Site", "You are here"):
        here = reader.get_by_role("navigation", name=place, exact=True).locator("[aria-current]")
        expect(here).to_have_text("Layer 3")
        expect(here).to_have_attribute("aria-current", "page")
    said = reader.get_by_role("status")
    expect(said).to_have_text("")
    reader.get_by_label("Find").fill("4")
    expect(said).to_have_text("1 filter")
