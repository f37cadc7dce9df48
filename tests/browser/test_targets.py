"""Whatever is pressed is at least 24 × 24 CSS pixels large, on a phone (WCAG 2.5.8)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.sites import KINDS

pytestmark = pytest.mark.browser

# Exempt is a link within a sentence, which words of its own block stand beside. A control's label
# belongs to it. Where a link is broken over lines, its largest part counts.
SMALL = """least => {
    const pressed = 'a[href], button, input, select, textarea, summary';
    const within = (element, block) => {
        const others = block.cloneNode(true);
        others.querySelectorAll('a, [aria-hidden]').forEach(link => link.remove());
        return /[a-z]{2}/i.test(others.textContent);
    };
    const exempt = element => {
        if (element.tagName !== 'A' || element.closest('nav')) return false;
        const block = element.closest('p, dd, li, figcaption, caption, td');
        return block !== null && getComputedStyle(element).display === 'inline'
            && within(element, block);
    };
    const large = element => {
        const label = element.closest('label');
        const boxes = [...element.getClientRects(), ...(label ? label.getClientRects() : [])];
        return boxes.some(box => box.width >= least - 0.01 && box.height >= least - 0.01);
    };
    return [...document.querySelectorAll(pressed)]
        .filter(element => element.checkVisibility({ visibilityProperty: true }))
        .filter(element => !exempt(element) && !large(element))
        .map(element => {
            const { width, height } = element.getBoundingClientRect();
            return `${width.toFixed(1)} × ${height.toFixed(1)}: ${element.outerHTML.slice(0, 120)}`;
        });
}"""
STATES = (*KINDS, "layer1/index.html", "layer3/index.html?show=patches", "finder.html?find=lotus")


@pytest.mark.parametrize("name", STATES)
def test_every_target_is_large_enough(served: str, reader: Page, name: str) -> None:
    """Links in lists, navigation and cards, and every control; links in sentences are exempt."""
    reader.goto(f"{served}/{name}")
    reader.keyboard.press("Tab")  # the skip link comes into sight
    assert reader.evaluate(SMALL, 24) == []


def test_the_controls_of_the_dialog_are_large_enough(served: str, reader: Page) -> None:
    """So is the button that closes an enlarged picture."""
    reader.goto(f"{served}/layer3/0.html")
    reader.locator("a.enlarge").first.click()
    assert reader.evaluate(SMALL, 24) == []


def test_a_small_target_is_found(served: str, reader: Page) -> None:
    """A link of 20 pixels in a list is named, the same link in a sentence is not."""
    reader.goto(f"{served}/method.html")
    reader.evaluate("""() => {
        const link = '<a href="#main" class="tiny">here</a>';
        const main = document.querySelector('main');
        main.insertAdjacentHTML('beforeend', `<ul><li>${link}</li></ul><p>Words ${link}.</p>`);
    }""")
    found = reader.evaluate(SMALL, 24)
    assert len(found) == 1
    assert "tiny" in found[0]
