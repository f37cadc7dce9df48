"""Firefox and WebKit show every kind of page, opened from a folder, as Chromium does."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from tests.browser.conftest import absent
from tests.browser.drivers import Driver, firefox, webkit
from tests.browser.sites import KINDS
from tests.browser.test_axe import TAGS

pytestmark = pytest.mark.browser

Start = Callable[[Path], AbstractContextManager[Driver]]

MINI_BROWSER = (  # below /usr, on Debian and elsewhere
    "lib/*/webkit2gtk-4.*/MiniBrowser",
    "lib*/webkit2gtk-4.*/MiniBrowser",
)
STYLE = "return getComputedStyle(document.documentElement).getPropertyValue('--paper').trim();"
WHOLE = """
const drawn = [...document.querySelectorAll('svg image')].map(
  image => Object.assign(new Image(), { src: image.href.baseVal }));
const pictures = [...document.images, ...drawn];
for (const picture of pictures) picture.loading = 'eager';
await Promise.all(pictures.filter(picture => !picture.complete).map(picture =>
  new Promise(heard => { picture.onload = picture.onerror = heard; })));
return pictures.filter(picture => !picture.naturalWidth).map(picture => picture.src);
"""
BROKEN_RULES = """
const results = await axe.run(document, { runOnly: arguments[0], resultTypes: ['violations'] });
return results.violations.flatMap(rule =>
  rule.nodes.map(node => `${rule.id}: ${node.html}: ${node.failureSummary}`));
"""
BARE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Bare</title>
<link rel="stylesheet" href="missing.css"><img src="missing.webp" width="30" height="30">
<svg width="30" height="30" role="img" aria-label="Drawn"><image href="undrawn.webp"/></svg>"""
FORBIDDEN = """
const script = document.createElement('script');
script.textContent = 'document.title = "changed";';
await new Promise(heard => {
  document.addEventListener('securitypolicyviolation', heard);
  document.body.append(script);
});
"""


def start_firefox() -> Start:
    """Return how Firefox is started."""
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    return partial(firefox, found) if found else absent("no Firefox on PATH")


def start_webkit() -> Start:
    """Return how WebKit is started, whichever folder it needs."""
    driver, xvfb = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    browsers = [found for pattern in MINI_BROWSER for found in Path("/usr").glob(pattern)]
    if not (driver and xvfb and browsers):
        absent("no WebKitWebDriver with MiniBrowser, or no Xvfb")
    return lambda _: webkit(driver, browsers[0], xvfb)


@pytest.fixture(scope="module", params=[start_firefox, start_webkit], ids=["Firefox", "WebKit"])
def driver(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Driver]:
    """One window for all tests of one browser."""
    start: Start = request.param()
    with start(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def violations(driver: Driver, axe: str) -> list[str]:
    """Run axe-core in the page; one line for each rule broken by each element."""
    return list(driver.wait(f"({axe})(); {BROKEN_RULES}", TAGS))


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_page_has_its_style_pictures_and_scripts(
    driver: Driver, site: Path, name: str
) -> None:
    """The page's own policy lets its files load from file://, and nothing goes wrong."""
    driver.open((site / name).as_uri())
    assert driver.run("return document.querySelectorAll('h1').length;") == 1
    assert driver.run(STYLE) != ""
    assert driver.wait(WHOLE) == []
    hidden = "return [...document.querySelectorAll('form, .letter-keys')].map(e => e.hidden);"
    assert set(driver.run(hidden)) == {name == "404.html"}  # the one page without scripts
    assert driver.messages() == []


@pytest.mark.parametrize("name", KINDS)
def test_no_rule_of_axe_is_broken(driver: Driver, site: Path, axe: str, name: str) -> None:
    """Zero violations of WCAG 2.2 A and AA and of axe-core's best practices."""
    driver.open((site / name).as_uri())
    broken = violations(driver, axe)
    assert not broken, "\n".join(broken)


def test_the_finder_finds(driver: Driver, site: Path) -> None:
    """What is typed gives filters with their pictures, and a click opens one."""
    driver.open((site / "finder.html").as_uri())
    driver.type("#finder input", "layer 3 #2")
    assert driver.run("return document.querySelectorAll('#found li').length;") == 1
    assert driver.wait(WHOLE) == []
    assert driver.messages() == []
    driver.click("#found a")
    driver.arrive((site / "layer3" / "2.html").as_uri())
    assert driver.run("return document.querySelectorAll('h1').length;") == 1


def test_from_the_controls_of_a_layer_to_a_filter(driver: Driver, site: Path) -> None:
    """Patches alone are shown when chosen, and a card leads to its filter."""
    driver.open((site / "layer3" / "index.html").as_uri())
    shown = """return [...document.querySelectorAll('#cards > a:first-child img')]
      .map(picture => picture.getClientRects().length);"""
    assert driver.run(shown) == [1, 1]
    driver.click("#controls [value=patches]")
    assert driver.run(shown) == [0, 1]
    assert driver.messages() == []
    driver.click("#cards > a:nth-child(3)")
    driver.arrive((site / "layer3" / "2.html").as_uri())
    assert driver.run("return document.querySelectorAll('h1').length;") == 1


def test_a_bare_page_is_noticed(driver: Driver, tmp_path: Path, axe: str) -> None:
    """The proof of the tests above: where files are missing and words too, each of them says so."""
    (tmp_path / "bare.html").write_text(BARE, encoding="utf-8")
    driver.open((tmp_path / "bare.html").as_uri())
    assert driver.run(STYLE) == ""
    missing = [(tmp_path / name).as_uri() for name in ("missing.webp", "undrawn.webp")]
    assert driver.wait(WHOLE) == missing
    assert any(line.startswith("image-alt: <img") for line in violations(driver, axe))


def test_what_the_policy_forbids_is_noticed(driver: Driver, site: Path) -> None:
    """A script inside a page does not run, from file:// either, and that is heard."""
    driver.open((site / "method.html").as_uri())
    driver.wait(FORBIDDEN)
    assert driver.run("return document.title;") != "changed"
    assert any("script-src" in message for message in driver.messages())
