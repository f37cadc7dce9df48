"""What is lacking is said, and the rest works: a worker, WebAssembly, a server, files, classes."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.live import says, settle, start
from tests.browser.sites import make_site, serving
from tests.support.tiny_atlas import make_atlas
from tests.support.tiny_live import write_live

pytestmark = pytest.mark.browser
REFUSED_LATER = """window.Worker = class {
    constructor() { setTimeout(() => this.onerror({})); }
    postMessage() {}
}"""


def _answers(page: Page) -> str:
    return page.locator("#live-answers").inner_text()


def test_from_a_folder_it_answers_the_same(page: Page, served: str, site: Path) -> None:
    """Scripts alone are loaded; the camera and canvases are as on a server."""
    start(page, f"{served}/live.html#name")
    answers = _answers(page)
    start(page, f"{(site / 'live.html').as_uri()}#name")
    assert _answers(page) == answers != ""


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("delete window.Worker", "allows no worker"),
        ("window.Worker = class { constructor() { throw new Error(); } }", "allows no worker"),
        (REFUSED_LATER, "allows no worker"),
        ("delete window.Worker; delete window.WebAssembly", "about five times slower"),
    ],
    ids=["absent", "throws", "refused later", "no WebAssembly"],
)
def test_without_a_worker_it_runs_on_the_page(
    context: BrowserContext, served: str, script: str, words: str
) -> None:
    """The same answers, and a sentence that says what is slower."""
    usual = context.new_page()
    start(usual, f"{served}/live.html#name")
    assert usual.locator("#live-slowness").inner_text() == ""
    bare = context.new_page()
    bare.add_init_script(script)
    start(bare, f"{served}/live.html#name")
    says(bare, "slowness", words)
    assert _answers(bare) == _answers(usual) != ""


@pytest.mark.parametrize("part", ["live-engine", "live-weights-3"])
def test_a_file_that_does_not_come_is_named(
    context: BrowserContext, served: str, part: str
) -> None:
    """What has come still works."""
    page = context.new_page()
    page.route(f"**/{part}.*", lambda route: route.abort())
    page.goto(f"{served}/live.html")
    page.click("#live-start")
    says(page, "status", f"{part}.")
    says(page, "status", "did not come")
    if part == "live-engine":
        assert page.locator("#live-start").is_enabled()
    else:
        assert page.locator("[name=layer]:enabled").count() == 2


def test_a_network_without_classes_says_which_modes_it_lacks(reader: Page, tmp_path: Path) -> None:
    """Their addresses lead to Look; covering asks about a filter."""

    def make(folder: Path, *, labels: tuple[str, ...]) -> Path:
        atlas = make_atlas(folder, labels=labels)
        write_live(atlas, classes=False)
        return atlas

    with serving(make_site(tmp_path, make)) as address:
        start(reader, f"{address}/live.html#fool")
        assert reader.locator("[name=mode]:checked").get_attribute("value") == "look"
        assert reader.locator("[name=mode]:disabled").count() == 2
        reader.check("[name=mode][value=cover]")
        settle(reader)
        says(reader, "what", "Nothing covered")
        says(reader, "cover-name", "Layer 1, filter ")
