"""Where the focus goes: everywhere it should, always seen, never covered."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from playwright.sync_api import Page

from tests.browser.sites import KINDS

pytestmark = pytest.mark.browser

OFFERED = """() => {
    const all = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
    const seen = [...document.querySelectorAll(all)].filter(element =>
        element.checkVisibility({ visibilityProperty: true }));
    seen.forEach((element, number) => { element.dataset.stop = element.type === 'radio'
        ? element.name : number; });
    return [...new Set(seen.map(element => element.dataset.stop))];
}"""
# Luminance and contrast as in WCAG 2.2; the page's own colours are all opaque.
STOP = """() => {
    const element = document.activeElement;
    if (element === document.body) return null;
    const box = element.getClientRects()[0];
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const style = getComputedStyle(element);
    const light = colour => colour.match(/[0-9.]+/g).slice(0, 3).reduce((sum, part, at) => {
        const value = part / 255;
        return sum + [0.2126, 0.7152, 0.0722][at]
            * (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    }, 0.05);
    const ring = light(style.outlineColor);
    const paper = light(getComputedStyle(document.documentElement).backgroundColor);
    return {
        stop: element.dataset.stop,
        html: element.outerHTML.slice(0, 120),
        ring: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth),
        contrast: Math.max(ring, paper) / Math.min(ring, paper),
        covered: !top || !(element.contains(top) || top.contains(element)),
    };
}"""
MOST = 300
VIEWS: list[tuple[Literal["light", "dark"], int]] = [("light", 1280), ("dark", 320)]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_tab_reaches_all_and_shows_where_it_is(
    served: str, reader: Page, name: str, scheme: Literal["light", "dark"], width: int
) -> None:
    """Each link and control is a stop, ringed in a colour that stands out, with nothing over it."""
    reader.set_viewport_size({"width": width, "height": 600})
    reader.emulate_media(color_scheme=scheme)
    reader.goto(f"{served}/{name}")
    offered = set(reader.evaluate(OFFERED))
    stops: list[dict[str, Any]] = []
    for _ in range(MOST):
        reader.keyboard.press("Tab")
        stop = reader.evaluate(STOP)
        if stop is None:
            break
        stops.append(stop)
    assert len(stops) < MOST
    assert offered <= {stop["stop"] for stop in stops}
    assert [stop for stop in stops if stop["ring"] < 2 or stop["contrast"] < 3] == []
    assert [stop["html"] for stop in stops if stop["covered"]] == []
