"""What comes before the first two layers answer is what the budget counts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from generator.render.site.check import LIVE_FIRST_PARTS
from generator.render.urls import live_part
from tests.browser.live import start

pytestmark = pytest.mark.browser


def test_the_first_maps_need_no_other_file(reader: Page, served: str) -> None:
    """In the order in which the page asks for its scripts."""
    asked: list[str] = []
    reader.on("request", lambda request: asked.append(request.url.removeprefix(f"{served}/")))
    start(reader, f"{served}/live.html")
    parts = [part for name in asked if (part := live_part(name))]
    early = parts[: parts.index("weights-2") + 1]
    assert sorted(early) == sorted(LIVE_FIRST_PARTS)
