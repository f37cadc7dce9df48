"""What was begun for one picture, mode or layer shows nothing on the next one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.live import encoded, give, plain, says, settle, start

pytestmark = pytest.mark.browser

SAME = """() => document.querySelector('#live-dream-canvas').toDataURL()
    === document.querySelector('#live-canvas').toDataURL()"""


def _dreaming(page: Page, served: str) -> None:
    start(page, f"{served}/live.html#dream=layer5")
    page.fill("#live-dream-steps", "40")
    page.click("#live-dream-start")
    says(page, "dream-words", "step 2 of 40")


def test_a_dream_ends_with_its_picture(reader: Page, served: str) -> None:
    """Another picture is shown as it is: no step, no sentence and no file of the dream is left."""
    _dreaming(reader, served)
    reader.click("[data-sample='bar-45']")
    reader.wait_for_selector("[data-sample='bar-45'][aria-pressed=true]")
    settle(reader)
    says(reader, "what", "will be changed")
    reader.click("#live-dream-start")
    reader.click("#live-stop")
    says(reader, "what", "until you stopped it")  # so all of the first dream has come by now
    reader.click("[data-sample='disc']")
    reader.wait_for_selector("[data-sample='disc'][aria-pressed=true]")
    settle(reader)
    assert reader.evaluate(SAME)
    assert reader.locator("#live-dream-words").inner_text() == ""
    assert reader.locator("#live-dream-save").is_disabled()
    assert reader.locator("#live-stop").is_hidden()


def test_a_refusal_does_not_stop_the_next_mode(reader: Page, served: str) -> None:
    """A class to reach that is the first answer already is named; other ways of looking go on."""
    start(reader, f"{served}/live.html#fool")
    says(reader, "what", "of 255")
    first = reader.locator("#live-fool-answers td").first.inner_text()
    reader.select_option("#live-fool-class", label=first)
    says(reader, "told", "The class to reach is already the first answer; choose another.")
    reader.check("[name=mode][value=name]")
    settle(reader)
    assert f"“{first}”" in reader.locator("#live-what").inner_text()


def test_a_pinned_filter_is_framed_in_its_own_layer_alone(reader: Page, served: str) -> None:
    """The same number in another layer is another filter."""
    start(reader, f"{served}/live.html#layer3/1")
    assert reader.locator("#live-pin-mark").is_visible()
    reader.check("[name=layer][value=layer2]")
    settle(reader)
    assert reader.locator("#live-pin-mark").is_hidden()
    assert reader.locator("#live-unpin").is_hidden()
    reader.check("[name=layer][value=layer3]")
    settle(reader)
    assert reader.locator("#live-pin-mark").is_visible()


def test_of_two_files_the_later_one_shows(reader: Page, served: str) -> None:
    """However long the first one takes to be read."""
    start(reader, f"{served}/live.html")
    reader.evaluate("""() => {
        const read = window.read = Blob.prototype.arrayBuffer;
        const first = new Promise(go => { window.go = go; });
        let asked = 0;
        Blob.prototype.arrayBuffer = async function () {
            if ((asked += 1) === 1) await first;
            return read.call(this);
        };
        const canvas = document.querySelector('#live-canvas');
        window.shown = [];
        new MutationObserver(() => window.shown.push(canvas.ariaLabel.split(': ')[1]))
            .observe(canvas, { attributeFilter: ['aria-label'] });
    }""")
    give(reader, "slow.png", encoded(plain(), "PNG"))
    give(reader, "quick.png", encoded(plain("blue"), "PNG"))
    reader.wait_for_function("() => window.shown.includes('quick.png')")
    reader.evaluate("() => window.go()")
    give(reader, "third.png", encoded(plain("blue"), "PNG"))
    reader.wait_for_function("() => window.shown.includes('third.png')")
    reader.evaluate("() => { Blob.prototype.arrayBuffer = window.read; }")
    assert reader.evaluate("() => window.shown") == ["quick.png", "third.png"]
