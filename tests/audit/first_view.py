"""What a phone fetches before its reader scrolls."""

from __future__ import annotations

from collections.abc import Mapping

from playwright.sync_api import Browser, Response, sync_playwright

from tests.audit.figures import Figure, Limit
from tests.browser.conftest import QUIET

PHONE = {"width": 390, "height": 844}


def first_views(
    chromium: str, root: str, limits: Mapping[str, tuple[Limit, Limit]]
) -> list[Figure]:
    """Return bytes and requests of pages below an address; page → the limits of the two.

    Bytes are those of bodies, uncompressed.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        figures = [
            figure for page, two in limits.items() for figure in _view(browser, root, page, two)
        ]
        browser.close()
    return figures


def _view(browser: Browser, root: str, page: str, limits: tuple[Limit, Limit]) -> list[Figure]:
    answers: list[Response] = []
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    window = context.new_page()
    window.on("response", lambda answer: answers.extend([answer]))
    window.goto(f"{root}/{page}", wait_until="networkidle")
    size = sum(len(answer.body()) for answer in answers)
    context.close()
    return [
        Figure(page, limit, value)
        for limit, value in zip(limits, (size, len(answers)), strict=True)
    ]
