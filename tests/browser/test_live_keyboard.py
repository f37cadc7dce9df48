"""The live page by keyboard, for axe-core, by width, and with targets that can be hit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import silent
from tests.browser.live import says, settle, start
from tests.browser.test_axe import violations
from tests.browser.test_focus import OFFERED, STOP
from tests.browser.test_modes import CUT_OFF, DOUBLED
from tests.browser.test_targets import SMALL

pytestmark = pytest.mark.browser

MODES = ("look", "reconstruct", "name", "cover", "dream", "fool")
VIEWS: list[tuple[Literal["light", "dark"], int]] = [("light", 1280), ("dark", 320)]
DISABLED = "() => [...document.querySelectorAll(':disabled')].map(found => found.dataset.stop)"
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module", params=VIEWS, ids=lambda view: f"{view[0]}-{view[1]}")
def started(request: pytest.FixtureRequest, browser: Browser, served: str) -> Iterator[Page]:
    """The live page, started with a filter pinned, in one colour scheme and one width."""
    scheme, width = request.param
    context = browser.new_context(viewport={"width": width, "height": 640}, color_scheme=scheme)
    with silent(context.new_page()) as page:
        start(page, f"{served}/live.html#layer3/1")
        yield page
    context.close()


@pytest.mark.parametrize("mode", MODES)
def test_each_mode_breaks_no_rule_and_fits(started: Page, axe: str, mode: str) -> None:
    """axe-core finds nothing, nothing is wider than the page, every target is 24 pixels large."""
    started.check(f"[name=mode][value={mode}]")
    settle(started)
    broken = violations(started, axe)
    assert not broken, "\n".join(broken)
    assert started.evaluate(WIDER) == 0
    assert started.evaluate(SMALL, 24) == []


@pytest.mark.parametrize("mode", MODES)
def test_text_of_twice_the_size_fits(started: Page, mode: str) -> None:
    """Nothing leaves the page, and nothing is cut off."""
    started.check(f"[name=mode][value={mode}]")
    settle(started)
    started.evaluate(f"() => {{ {DOUBLED}; }}")
    found = [started.evaluate(WIDER), started.evaluate(CUT_OFF)]
    started.evaluate("() => { document.documentElement.style.fontSize = ''; }")
    assert found == [0, []]


@pytest.mark.parametrize("mode", MODES)
def test_tab_reaches_all_of_each_mode(started: Page, mode: str) -> None:
    """Each control is a stop with a ring that stands out, and nothing covers it."""
    started.check(f"[name=mode][value={mode}]")
    settle(started)
    offered = set(started.evaluate(OFFERED)) - set(started.evaluate(DISABLED))
    started.focus(".skip")
    stops = []
    while stop := started.evaluate(STOP):
        stops.append(stop)
        assert len(stops) < 200
        started.keyboard.press("Tab")
    assert offered <= {stop["stop"] for stop in stops}
    del stops[0]  # focused by script, and so without a ring
    assert [stop for stop in stops if stop["ring"] < 2 or stop["contrast"] < 3] == []
    assert [stop["html"] for stop in stops if stop["covered"]] == []


def test_arrow_keys_move_through_the_maps_and_enter_pins(reader: Page, served: str) -> None:
    """Where the cursor is can be heard; the pinned filter's words and patches stand beside."""
    start(reader, f"{served}/live.html#look=layer3")
    maps = reader.locator("#live-maps")
    maps.focus()
    reader.keyboard.press("ArrowRight")
    reader.keyboard.press("ArrowRight")
    assert maps.get_attribute("aria-valuenow") == "2"
    assert (maps.get_attribute("aria-valuetext") or "").startswith("filter 2, ")
    reader.keyboard.press("Enter")
    assert reader.locator("#live-pinned-title").inner_text() == "Layer 3, filter 2"
    assert (reader.locator("#live-patches img").get_attribute("src") or "").startswith("layer3/2.")
    reader.keyboard.press("End")
    assert maps.get_attribute("aria-valuenow") == "5"
    reader.keyboard.press("ArrowRight")
    assert maps.get_attribute("aria-valuenow") == "5"
    reader.keyboard.press("Home")
    assert maps.get_attribute("aria-valuenow") == "0"
    reader.click("#live-unpin")
    assert reader.locator("#live-pinned").is_hidden()


def test_a_filter_that_is_not_there_is_named(reader: Page, served: str) -> None:
    """The layer's range stands in the sentence."""
    start(reader, f"{served}/live.html#look=layer3")
    reader.fill("#live-filter", "77")
    reader.click("#live-pin")
    says(reader, "told", "This layer has the filters 0 to 5.")
    assert reader.locator("#live-pinned").is_hidden()


def test_a_turned_phone_lays_the_maps_out_anew(reader: Page, served: str) -> None:
    """Upright they stand under the picture, across beside it."""
    start(reader, f"{served}/live.html#look=layer3")
    beside = """() => document.querySelector('#live-maps').getBoundingClientRect().left
        > document.querySelector('#live-drop').getBoundingClientRect().right"""
    assert reader.evaluate(beside) is False
    reader.set_viewport_size({"width": 844, "height": 390})
    reader.wait_for_function(beside)
    assert reader.evaluate(WIDER) == 0
