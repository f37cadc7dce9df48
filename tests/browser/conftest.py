"""A real Chromium on a real site. Skips where there is none, but never in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Request,
    ViewportSize,
    sync_playwright,
)

from tests.browser.sites import make_site, serving
from tests.support.large_atlas import make_large_atlas
from tests.support.tiny_atlas import make_atlas

NAMES = ("chromium", "chromium-browser", "google-chrome")
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
PHONE: ViewportSize = {"width": 390, "height": 844}
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def absent(what: str) -> NoReturn:
    """Skip the test, or fail it in CI, for want of a program."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI must not skip these tests")
    pytest.skip(what)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        absent("no Chromium on PATH")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """Return a function's source that puts axe-core into a page."""
    if not AXE.is_file():
        absent("axe-core is not installed; `make setup` installs it with npm")
    return f"() => {{ {AXE.read_text(encoding='utf-8')} }}"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny atlas, rendered with the shipped texts and templates."""
    studies = partial(
        make_atlas,
        live="",
        control="",
        evolution="",
        random_labels="",
        classes="",
        occlusion="",
        invariance="",
        adversarial="",
        quiz="",
        image_map="",
    )
    return make_site(tmp_path_factory.mktemp("browser"), studies)


@pytest.fixture(scope="session")
def large_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site whose layer 3 has 384 filters and pictures as heavy as real ones."""
    return make_site(tmp_path_factory.mktemp("large"), make_large_atlas)


@pytest.fixture(scope="session")
def served(site: Path) -> Iterator[str]:
    """The address of the tiny site over HTTP."""
    with serving(site) as address:
        yield address


@pytest.fixture(scope="session")
def large_served(large_site: Path) -> Iterator[str]:
    """The address of the large site over HTTP."""
    with serving(large_site) as address:
        yield address


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile, 390 pixels wide."""
    fresh = browser.new_context(viewport=PHONE)
    yield fresh
    fresh.close()


def foreign(request: Request) -> list[str]:
    """The address of a request that leaves the site."""
    own = ("file:", "data:", "blob:", "about:", "http://127.0.0.1:")
    return [] if request.url.startswith(own) else [request.url]


def failed(request: Request) -> list[str]:
    """The address of a request that got no answer; leaving a page ends its own, which is fine."""
    return [] if request.failure == "net::ERR_ABORTED" else [f"failed: {request.url}"]


@contextmanager
def silent(page: Page) -> Iterator[Page]:
    """Hold a page to silence, and to files of the site alone, until the block ends."""
    trouble: list[str] = []
    listeners: dict[str, Callable[[Any], None]] = {
        "console": lambda message: trouble.append(message.text),
        "pageerror": lambda error: trouble.append(str(error)),
        "request": lambda request: trouble.extend(foreign(request)),
        "requestfailed": lambda request: trouble.extend(failed(request)),
    }
    for event, listener in listeners.items():
        page.on(event, listener)  # type: ignore[call-overload]
    yield page
    for event, listener in listeners.items():
        page.remove_listener(event, listener)
    assert trouble == []


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that must stay silent and must load nothing but files of the site."""
    with silent(context.new_page()) as opened:
        yield opened


@pytest.fixture(scope="session")
def shared(browser: Browser) -> Iterator[Page]:
    """The page behind `reader`, opened once, for that takes longer than most tests."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def reader(shared: Page) -> Iterator[Page]:
    """As `page`, but with a profile that others used: for tests that change no setting in it."""
    shared.set_viewport_size(PHONE)
    shared.emulate_media(
        media="screen", color_scheme="light", reduced_motion="no-preference", forced_colors="none"
    )
    with silent(shared) as opened:
        yield opened
