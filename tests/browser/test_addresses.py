"""Addresses: below a prefix, missing ones, and those that hold what the reader chose."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.request import urlopen

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.sites import make_site, serving
from tests.support.tiny_atlas import make_atlas

pytestmark = pytest.mark.browser

PREFIX = "repository"
SHOWN = "[...document.querySelectorAll('#cards > a')].filter(c => !c.hidden).map(c => c.id)"


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site that knows its own, below a prefix as on GitHub Pages."""
    folder = tmp_path_factory.mktemp("below")
    site = make_site(folder, make_atlas, base_url=f"https://h.example/{PREFIX}/")
    with serving(site, PREFIX) as root:
        yield root


def test_from_card_to_filter_and_back_below_a_prefix(below: str, page: Page) -> None:
    """Every link stays below the repository's name."""
    page.goto(f"{below}/")
    page.get_by_role("link", name="Layer 3").first.click()
    page.locator("#cards > a").nth(2).click()
    expect(page).to_have_url(f"{below}/layer3/2.html")
    page.locator('[data-key="u"]').first.click()
    expect(page).to_have_url(f"{below}/layer3/index.html")


@pytest.mark.parametrize("missing", ["gone.html", "layer3/900.html", "a/b/c/d"])
def test_a_missing_address_shows_the_sites_own_page(
    below: str, context: BrowserContext, missing: str
) -> None:
    """At any depth: status 404, the site's style, links that work, nothing else amiss."""
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    answer = page.goto(f"{below}/{missing}")
    assert answer is not None
    assert answer.status == 404
    expect(page.locator("h1")).to_have_text("There is no page at this address")
    expect(page.locator(".masthead")).to_have_css("display", "flex")
    assert [text for text in trouble if "status of 404" not in text] == []
    assert len(trouble) <= 1  # the page's own status, and no script or style that is missing
    page.get_by_role("link", name="Go to the first page").click()
    expect(page).to_have_url(f"{below}/index.html")


def choose(page: Page) -> None:
    """Choose patches, by strength, of filters that saw a stop sign."""
    page.get_by_label("patches", exact=True).check()
    page.get_by_label("Order").select_option("strength")
    page.get_by_label("Find").fill("stop sign")


def view(page: Page) -> dict[str, object]:
    """Return what shows of the cards, and what the controls say."""
    return {
        "cards": page.evaluate(SHOWN),
        "list": page.locator("#cards").get_attribute("class"),
        "patches": page.get_by_label("patches", exact=True).is_checked(),
        "order": page.get_by_label("Order").input_value(),
        "find": page.get_by_label("Find").input_value(),
        "said": page.locator("#controls output").inner_text(),
    }


def test_the_address_holds_what_was_chosen(large_served: str, page: Page) -> None:
    """Loaded again, in another page, and on the way back from a filter: the same view."""
    page.goto(f"{large_served}/layer3/index.html")
    everything = view(page)
    choose(page)
    chosen = view(page)
    assert chosen["cards"] != everything["cards"]
    assert chosen["find"] == "stop sign"
    expect(page).to_have_url(re.compile(r"find=stop\+sign$"))
    address = page.url
    page.reload()
    assert view(page) == chosen
    other = page.context.new_page()
    other.goto(address)
    assert view(other) == chosen
    other.close()
    page.locator("#cards > a:visible").first.click()
    expect(page).to_have_url(re.compile(r"/layer3/\d+\.html$"))
    page.go_back()
    expect(page).to_have_url(address)
    assert view(page) == chosen


def test_the_first_choice_leaves_the_address_clean(served: str, page: Page) -> None:
    """What every reader sees first needs nothing in the address, also after going back to it."""
    page.goto(f"{served}/layer3/index.html")
    choose(page)
    expect(page).to_have_url(re.compile(r"\?show=patches&order=strength&find=stop\+sign$"))
    page.get_by_label("both", exact=True).check()
    page.get_by_label("Order").select_option("number")
    page.get_by_label("Find").fill("")
    expect(page).to_have_url(f"{served}/layer3/index.html")


def test_a_strange_address_shows_every_card(served: str, page: Page) -> None:
    """Values that no control has are passed over."""
    page.goto(f"{served}/layer3/index.html")
    first = view(page)
    page.goto(f"{served}/layer3/index.html?show=%3Cb%3E&order=colour&toString=1&find=")
    assert view(page) == first


def test_a_card_named_in_the_address_is_in_view(large_served: str, page: Page) -> None:
    """A filter's page links to its card, which then stands on the screen."""
    page.goto(f"{large_served}/layer3/217.html")
    page.get_by_role("link", name="Among all filters").click()
    expect(page).to_have_url(f"{large_served}/layer3/page2.html#217")
    expect(page.locator('[id="217"]')).to_be_in_viewport()


def test_the_link_is_copied(served: str, page: Page) -> None:
    """The button puts the page's address on the clipboard and says so."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=served)
    page.goto(f"{served}/layer3/4.html")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{served}/layer3/4.html"


def test_the_facts_are_those_of_the_page(served: str, page: Page) -> None:
    """The JSON that the page links to holds its filter, with the activations that it prints."""
    page.goto(f"{served}/layer3/4.html")
    link = page.get_by_role("link", name="Facts as JSON")
    with urlopen(link.evaluate("link => link.href")) as answer:  # noqa: S310 (our own server)
        facts = json.load(answer)["filters"][4]
    assert facts["filter"] == 4
    printed = page.locator(".places h3").all_inner_texts()
    assert len(printed) == len(facts["places"]) == 9
    for text, place in zip(printed, facts["places"], strict=True):
        assert float(text.split()[-1]) == pytest.approx(place["activation"], rel=0.01)
    files = page.locator(".places dt", has_text="File").locator("xpath=..//dd").all_inner_texts()
    assert files == [place["image"] for place in facts["places"]]
