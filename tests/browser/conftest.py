"""A real Chromium on a real site. Skips where there is none, but never in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from generator.render.site import render
from tests.tiny_atlas import make_atlas

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium on PATH, and CI must not skip these tests")
        pytest.skip("no Chromium on PATH")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny atlas, rendered with the shipped texts and templates."""
    folder = tmp_path_factory.mktemp("browser")
    make_atlas(folder / "atlas")
    render(
        folder / "atlas",
        folder / "site",
        templates=ROOT / "site_templates",
        content=ROOT / "content",
        strict=False,
        base_url=None,
        progress=lambda *_: None,
        warn=lambda _: None,
    )
    return folder / "site"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile, 390 pixels wide."""
    fresh = browser.new_context(viewport={"width": 390, "height": 844})
    yield fresh
    fresh.close()


def foreign(request: Request) -> list[str]:
    """The address of a request that leaves the site."""
    own = ("file:", "data:", "about:", "http://127.0.0.1:")
    return [] if request.url.startswith(own) else [request.url]


def failed(request: Request) -> list[str]:
    """The address of a request that got no answer; leaving a page ends its own, which is fine."""
    return [] if request.failure == "net::ERR_ABORTED" else [f"failed: {request.url}"]


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that must stay silent and must load nothing but files of the site."""
    opened = context.new_page()
    trouble: list[str] = []
    opened.on("console", lambda message: trouble.append(message.text))
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.on("request", lambda request: trouble.extend(foreign(request)))
    opened.on("requestfailed", lambda request: trouble.extend(failed(request)))
    yield opened
    assert trouble == []
