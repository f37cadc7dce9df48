"""Made pictures on the cards of a layer: a third choice, which the address keeps."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.sites import load_every_picture, make_site, serving
from tests.support.tiny_atlas import make_atlas

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a site with the study."""
    return make_site(tmp_path_factory.mktemp("made"), partial(make_atlas, made=""))


def sources(page: Page) -> list[str]:
    """Return the addresses of the pictures that are seen on the cards."""
    return [
        picture.get_attribute("src") or "" for picture in page.locator("#cards img:visible").all()
    ]


def test_the_third_choice_shows_them_and_gives_the_sheets_back(made: Path, page: Page) -> None:
    """One for each filter, with a text of its own, and every one of them comes."""
    page.goto((made / "layer3" / "index.html").as_uri())
    before = sources(page)
    first = page.locator("#cards img").first
    sheets = first.get_attribute("alt") or ""
    assert len(before) == 12
    page.get_by_label("made pictures").check()
    assert sources(page) == [f"../studies/synthetic/layer3/{number}.webp" for number in range(6)]
    expect(first).to_have_attribute("alt", sheets.replace("Reconstructions", "Made picture"))
    load_every_picture(page)
    assert page.evaluate(
        "() => [...document.querySelectorAll('#cards img')].every(one => one.naturalWidth > 0)"
    )
    page.get_by_label("Order").select_option("strength")
    shown = [Path(src).stem for src in sources(page)]
    assert shown == [card.get_attribute("id") for card in page.locator("#cards > a").all()]
    page.get_by_label("Order").select_option("number")
    page.get_by_label("both").check()
    assert sources(page) == before
    expect(first).to_have_attribute("alt", sheets)


def test_an_address_leads_to_them(made: Path, page: Page) -> None:
    """The choice stands in it, and where there is no such study it says nothing."""
    page.goto((made / "layer3" / "index.html").as_uri() + "?show=made")
    expect(page.get_by_label("made pictures")).to_be_checked()
    assert len(sources(page)) == 6


def test_without_the_study_there_is_no_third_choice(site: Path, page: Page) -> None:
    """An address of a site that has it shows both sheets."""
    page.goto((site / "layer3" / "index.html").as_uri() + "?show=made")
    expect(page.get_by_label("made pictures")).to_have_count(0)
    expect(page.get_by_label("both")).to_be_checked()
    assert len(sources(page)) == 12


def test_without_scripts_the_filters_page_has_its_picture(made: Path, browser: Browser) -> None:
    """It is an image like any other, and cards have their sheets."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((made / "layer3" / "0.html").as_uri())
    expect(page.get_by_alt_text("Picture made for filter 0 of Layer 3")).to_be_visible()
    page.goto((made / "layer3" / "index.html").as_uri())
    assert len(page.locator("#cards img").all()) == 12
    expect(page.locator("#controls")).to_be_hidden()
    context.close()


def test_the_section_is_accessible(made: Path, page: Page, axe: str) -> None:
    """By the rules of axe, in both schemes."""
    with serving(made) as address:
        for path in ("layer3/0.html", "layer3/index.html?show=made"):
            page.goto(f"{address}/{path}")
            page.evaluate(axe)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                found = page.evaluate(
                    "async () => (await axe.run()).violations.map(each => each.id)"
                )
                assert found == []
