"""Every view of the live page has an address, and every address leads to its view."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.live import settle, start

pytestmark = pytest.mark.browser

STATE = """() => [
    document.querySelector('[name=mode]:checked').value,
    document.querySelector('[name=layer]:checked').value,
    document.querySelector('#live-pinned').hidden ? ''
        : document.querySelector('#live-pinned-title').textContent,
    location.hash,
]"""


@pytest.mark.parametrize(
    ("asked", "mode", "layer", "pinned", "then"),
    [
        ("", "look", "layer1", "", "#look=layer1"),
        ("#layer3/1", "look", "layer3", "Layer 3, filter 1", "#layer3/1"),
        ("#look=layer2", "look", "layer2", "", "#look=layer2"),
        ("#reconstruct=layer4/2", "reconstruct", "layer4", "Layer 4, filter 2", None),
        ("#name", "name", "layer1", "", "#name"),
        ("#cover", "cover", "layer1", "", "#cover"),
        ("#dream=layer4", "dream", "layer4", "", "#dream=layer4"),
        ("#dream=layer4/3", "dream", "layer4", "", "#dream=layer4/3"),
        ("#fool", "fool", "layer1", "", "#fool"),
        ("#layer3/9999", "look", "layer3", "", "#look=layer3"),
        ("#layer9/1", "look", "layer1", "", "#look=layer1"),
        ("#%E0%A4%A", "look", "layer1", "", "#look=layer1"),
    ],
)
def test_an_address_leads_to_its_view(
    reader: Page, served: str, asked: str, mode: str, layer: str, pinned: str, then: str | None
) -> None:
    """Mode, layer and filter are as asked; what there is none of is left at its beginning."""
    start(reader, f"{served}/live.html{asked}")
    assert reader.evaluate(STATE) == [mode, layer, pinned, asked if then is None else then]


def test_what_is_chosen_stands_in_the_address(reader: Page, served: str) -> None:
    """It can be sent to someone, and the page follows an address that is put in."""
    start(reader, f"{served}/live.html")
    reader.check("[name=layer][value=layer5]")
    assert reader.evaluate(STATE)[3] == "#look=layer5"
    reader.fill("#live-filter", "2")
    reader.click("#live-pin")
    assert reader.evaluate(STATE)[3] == "#layer5/2"
    reader.check("[name=mode][value=dream]")
    reader.check("[name=dream][value=filter]")
    assert reader.evaluate(STATE)[3].startswith("#dream=layer5/")
    reader.evaluate("() => { location.hash = '#reconstruct=layer2/4'; }")
    reader.wait_for_function(
        "() => document.querySelector('[name=layer]:checked').value === 'layer2'"
    )
    settle(reader)
    assert reader.evaluate(STATE)[:3] == ["reconstruct", "layer2", "Layer 2, filter 4"]


def test_the_skip_link_changes_no_view(reader: Page, served: str) -> None:
    """`#main` is no address of a view."""
    start(reader, f"{served}/live.html#name")
    reader.evaluate("() => { location.hash = '#main'; }")
    reader.wait_for_function("() => location.hash === '#main'")
    assert reader.evaluate(STATE)[0] == "name"


def test_a_page_of_a_filter_leads_here(reader: Page, served: str) -> None:
    """Its link opens the view with the filter pinned."""
    reader.goto(f"{served}/layer3/1.html")
    reader.click("a[href$='live.html#layer3/1']")
    reader.click("#live-start")
    settle(reader)
    assert reader.evaluate(STATE)[:3] == ["look", "layer3", "Layer 3, filter 1"]
