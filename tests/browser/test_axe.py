"""No rule of axe-core is broken on any kind of page, light or dark, narrow or wide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import silent
from tests.browser.sites import KINDS

pytestmark = pytest.mark.browser

TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
RUN = "tags => axe.run(document, { runOnly: tags, resultTypes: ['violations'] })"
CHOSEN = ("finder.html?find=lotus", "layer3/index.html?show=patches&find=lotus#2")
VIEWS = [(scheme, width) for scheme in ("light", "dark") for width in (320, 1280)]


@pytest.fixture(scope="module", params=VIEWS, ids=lambda view: f"{view[0]}-{view[1]}")
def viewed(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A silent page in one colour scheme and one width."""
    scheme, width = request.param
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    with silent(context.new_page()) as page:
        yield page
    context.close()


def violations(page: Page, axe: str) -> list[str]:
    """Run axe-core in the page; one line for each rule broken by each element."""
    page.evaluate(axe)
    results: dict[str, Any] = page.evaluate(RUN, TAGS)
    return [
        f"{rule['id']}: {node['html']}: {node['failureSummary']}"
        for rule in results["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("name", [*KINDS, *CHOSEN])
def test_no_rule_is_broken(viewed: Page, served: str, axe: str, name: str) -> None:
    """Zero violations of WCAG 2.2 A and AA and of axe-core's best practices."""
    viewed.goto(f"{served}/{name}")
    broken = violations(viewed, axe)
    assert not broken, "\n".join(broken)


def test_no_rule_is_broken_while_a_picture_is_enlarged(reader: Page, served: str, axe: str) -> None:
    """The dialog is a part of the page as well."""
    reader.goto(f"{served}/layer3/0.html")
    reader.locator("a.enlarge").first.click()
    broken = violations(reader, axe)
    assert not broken, "\n".join(broken)


def test_a_broken_rule_is_found(page: Page, served: str, axe: str) -> None:
    """A picture without words, put into a good page, is reported by rule and element."""
    page.goto(f"{served}/method.html")
    page.evaluate("document.querySelector('main').append(new Image(30, 30))")
    broken = violations(page, axe)
    assert any(line.startswith('image-alt: <img width="30"') for line in broken)
