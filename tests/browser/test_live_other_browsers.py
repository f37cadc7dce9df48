"""Firefox and WebKit run the network on a file, opened from a folder, as Chromium does."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page

from tests.browser.drivers import Driver
from tests.browser.live import PIXEL, give, settle, start
from tests.browser.test_other_browsers import driver

__all__ = ["driver"]  # the fixture

pytestmark = pytest.mark.browser

STARTED = """
document.getElementById('live-start').click();
const until = seen => new Promise(go => {
  const look = () => seen() ? go() : requestAnimationFrame(look);
  look();
});
const still = () => document.getElementById('live-status').textContent === ''
  && !document.getElementById('live-room').hidden && !document.querySelector('#live.busy');
await until(still);
const carried = new DataTransfer();
const bytes = Uint8Array.from(atob(arguments[0]), letter => letter.charCodeAt(0));
carried.items.add(new File([bytes], 'spot.png', { type: 'image/png' }));
const field = document.getElementById('live-file');
field.files = carried.files;
field.dispatchEvent(new Event('change'));
const canvas = document.getElementById('live-canvas');
await until(() => canvas.getAttribute('aria-label').includes('spot'));
await until(still);
return [document.getElementById('live-answers').textContent,
  document.getElementById('live-slowness').textContent];
"""


def _picture() -> bytes:
    """Return a picture of exactly the input's size, so that no browser resamples it."""
    picture = Image.new("RGB", (224, 224), "white")
    ImageDraw.Draw(picture).ellipse((40, 60, 140, 190), (200, 30, 20))
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def test_a_file_gets_the_same_answers(driver: Driver, page: Page, site: Path) -> None:
    """In a worker, with WebAssembly, and with nothing in the console."""
    address = (site / "live.html").as_uri() + "#name"
    driver.open("about:blank")
    driver.open(address)
    answers, slowness = driver.wait(STARTED, base64.b64encode(_picture()).decode())
    assert driver.messages() == []
    assert slowness == ""
    assert driver.run(f"return ({PIXEL})([112, 90]);") == [200, 30, 20, 255]
    start(page, address)
    give(page, "spot.png", _picture())
    page.wait_for_function(
        "() => document.querySelector('#live-canvas').ariaLabel.includes('spot')"
    )
    settle(page)
    assert page.locator("#live-answers").text_content() == answers != ""
