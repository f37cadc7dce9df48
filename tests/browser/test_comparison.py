"""The site of a comparison in a browser: no rule of axe-core is broken, and nothing is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from generator.render.site.compare import render_comparison
from tests import ROOT
from tests.browser.sites import load_every_picture, serving
from tests.browser.test_axe import viewed, violations  # noqa: F401 - a fixture
from tests.support.tiny_atlas import make_atlas

pytestmark = pytest.mark.browser

KINDS = ("index.html", "a/layer3/index.html", "b/layer1/alone.html", "a/layer3/0.html", "404.html")


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a comparison of two tiny atlases."""
    folder = tmp_path_factory.mktemp("compared")
    render_comparison(
        make_atlas(folder / "a"),
        make_atlas(folder / "b", seed=7),
        folder / "site",
        templates=ROOT / "site_templates",
        content=ROOT / "content",
        strict=True,
        base_url=None,
        progress=lambda *_: None,
        warn=lambda _: None,
    )
    with serving(Path(folder / "site")) as address:
        yield address


@pytest.mark.parametrize("name", KINDS)
def test_no_rule_is_broken(viewed: Page, compared: str, axe: str, name: str) -> None:  # noqa: F811
    """Zero violations on each kind of page; every picture comes; nothing reaches past the side."""
    viewed.goto(f"{compared}/{name}")
    load_every_picture(viewed)
    broken = violations(viewed, axe)
    assert not broken, "\n".join(broken)
    assert viewed.evaluate("[...document.images].every(each => each.naturalWidth > 0)")
    assert viewed.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_letters_lead_from_filter_to_filter(page: Page, compared: str) -> None:
    """As in a gallery: n and p along the layer, u to its cards."""
    page.goto(f"{compared}/a/layer3/0.html")
    page.keyboard.press("n")
    page.wait_for_url("**/a/layer3/1.html")
    page.wait_for_load_state()
    page.keyboard.press("u")
    page.wait_for_url("**/a/layer3/index.html")
