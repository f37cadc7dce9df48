"""The camera: on request, one frame at a time, off when the page is left; refusals have words."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import NAMES, QUIET, silent
from tests.browser.live import says, start

pytestmark = pytest.mark.browser

FAKE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
# Counts the frames that are on their way to the engine and back, and keeps every track.
WATCH = """() => {
    window.seen = { looks: 0, open: 0, most: 0, tracks: [] };
    const NativeWorker = Worker;
    window.Worker = class extends NativeWorker {
        postMessage(message) {
            if (message.ask === 'look') {
                window.seen.looks += 1;
                window.seen.open += 1;
                window.seen.most = Math.max(window.seen.most, window.seen.open);
            }
            super.postMessage(message);
        }
        set onmessage(hear) {
            super.onmessage = event => {
                if (event.data.answer && event.data.answer.maxima) window.seen.open -= 1;
                hear(event);
            };
        }
    };
    const media = navigator.mediaDevices;
    if (!media) return;
    const ask = media.getUserMedia.bind(media);
    media.getUserMedia = async wanted => {
        const stream = await ask(wanted);
        window.seen.tracks.push(...stream.getTracks());
        return stream;
    };
}"""
RUNNING = "() => window.seen.tracks.some(track => track.readyState === 'live')"
OFF = "() => window.seen.tracks.length && window.seen.tracks.every(t => t.readyState === 'ended')"


@pytest.fixture(scope="module")
def cameras(browser: Browser) -> Iterator[Browser]:
    """A second Chromium, with a drawn camera."""
    program = next(found for name in NAMES if (found := shutil.which(name)))
    chromium = browser.browser_type.launch(executable_path=program, args=[*QUIET, *FAKE])
    yield chromium
    chromium.close()


def _started(context: BrowserContext, served: str, script: str = WATCH) -> Page:
    page = context.new_page()
    page.add_init_script(f"({script})()")
    start(page, f"{served}/live.html#look=layer2")
    return page


@pytest.fixture
def seen(cameras: Browser, served: str) -> Iterator[Page]:
    """The live page, started, before the camera was asked for."""
    context = cameras.new_context()
    page = _started(context, served)
    with silent(page):
        yield page
    context.close()


def test_it_runs_on_request_frame_by_frame(seen: Page) -> None:
    """Never are two frames on their way; the picture is a mirror; pause and stop are buttons."""
    assert seen.evaluate("() => window.seen.tracks.length") == 0
    seen.click("#live-camera")
    seen.wait_for_function("() => window.seen.looks > 8")
    assert seen.evaluate("() => window.seen.most") == 1
    assert seen.locator("#live-mirror").is_checked()
    seen.click("#live-pause")
    seen.wait_for_function("() => window.seen.open === 0")
    looks = seen.evaluate("() => window.seen.looks")
    seen.evaluate("() => new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)))")
    assert seen.evaluate("() => window.seen.looks") == looks
    assert seen.evaluate(RUNNING) is True
    seen.click("#live-pause")
    seen.wait_for_function("looks => window.seen.looks > looks + 2", arg=looks)
    seen.click("#live-camera")
    seen.wait_for_function(OFF)
    assert seen.locator("#live-pause").is_hidden()


def test_its_light_goes_out_when_the_page_is_out_of_sight(seen: Page) -> None:
    """It does not come back by itself, and the page says why."""
    seen.click("#live-camera")
    seen.wait_for_function("() => window.seen.looks > 3")
    seen.evaluate("""() => {
        Object.defineProperty(document, 'hidden', { value: true, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
    }""")
    seen.wait_for_function(OFF)
    says(seen, "told", "The camera is off, since this page was out of sight.")


def test_one_that_is_taken_away_leaves_its_last_picture(seen: Page) -> None:
    """As when its plug is pulled."""
    seen.click("#live-camera")
    seen.wait_for_function("() => window.seen.looks > 3")
    seen.evaluate("""() => {
        const [track] = window.seen.tracks;
        track.stop();
        track.dispatchEvent(new Event('ended'));
    }""")
    says(seen, "told", "The camera was taken away.")
    assert seen.locator("#live-camera").inner_text() == "Camera"


def test_another_picture_stops_it(seen: Page) -> None:
    """So does a mode that works on one picture: it pauses."""
    seen.click("#live-camera")
    seen.wait_for_function("() => window.seen.looks > 3")
    seen.check("[name=mode][value=dream]")
    says(seen, "told", "The camera stands still")
    assert seen.evaluate(RUNNING) is True
    seen.click("#live-pause")
    seen.wait_for_function("() => document.querySelector('[name=mode]:checked').value === 'look'")
    seen.click("[data-sample='disc']")
    seen.wait_for_function(OFF)


def test_it_begins_paused_where_less_motion_is_wanted(cameras: Browser, served: str) -> None:
    """One frame shows; the button lets it run."""
    context = cameras.new_context(reduced_motion="reduce")
    page = _started(context, served)
    page.click("#live-camera")
    says(page, "told", "The camera stands still, since you asked for less motion.")
    before = page.evaluate("() => window.seen.looks")
    assert page.locator("#live-pause").inner_text() == "Go on"
    page.click("#live-pause")
    page.wait_for_function("before => window.seen.looks > before + 3", arg=before)
    context.close()


REFUSE = """() => {
    navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', '%s'); };
}"""


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (REFUSE % "NotAllowedError", "The camera was refused."),
        (REFUSE % "NotFoundError", "No camera was found."),
        (REFUSE % "NotReadableError", "Another program has the camera."),
        (REFUSE % "OverconstrainedError", "The camera did not start."),
        (
            "() => Object.defineProperty(navigator, 'mediaDevices', { value: undefined })",
            "This browser gives no camera to this page.",
        ),
    ],
)
def test_each_refusal_has_a_sentence(
    cameras: Browser, served: str, script: str, words: str
) -> None:
    """It says what else to do, and the page goes on."""
    context = cameras.new_context()
    page = _started(context, served, script)
    page.click("#live-camera")
    says(page, "told", words)
    says(page, "told", "hoose a picture instead.")
    context.close()


def test_pressed_twice_it_starts_once(seen: Page) -> None:
    """Whatever was given to the first press is given back, so that one stop puts out the light."""
    seen.evaluate("""() => {
        const button = document.querySelector('#live-camera');
        button.click();
        button.click();
    }""")
    seen.wait_for_function("() => window.seen.tracks.length === 2 && window.seen.looks > 3")
    assert seen.evaluate("() => window.seen.tracks.map(t => t.readyState).sort()") == [
        "ended",
        "live",
    ]
    assert seen.locator("#live-told").inner_text() == ""
    seen.click("#live-camera")
    seen.wait_for_function(OFF)


def test_its_mirror_is_its_own(seen: Page) -> None:
    """A drawing after it stands as it was drawn, for the lesson speaks of its direction."""
    seen.click("#live-camera")
    seen.wait_for_function("() => window.seen.looks > 3")
    assert seen.locator("#live-mirror").is_checked()
    seen.click("[data-sample='bar-45']")
    seen.wait_for_selector("[data-sample='bar-45'][aria-pressed=true]")
    assert not seen.locator("#live-mirror").is_checked()


def test_another_mode_speaks_at_once(seen: Page) -> None:
    """While the camera runs sentences come slowly, but never of a mode that is left."""
    seen.click("#live-camera")
    seen.wait_for_function("() => window.seen.looks > 3")
    seen.evaluate("() => { window.real = performance.now; performance.now = () => 1; }")
    seen.check("[name=mode][value=name]")
    says(seen, "what", "classes the network gives")
    seen.evaluate("() => { performance.now = window.real; }")
