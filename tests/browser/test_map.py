"""The map of images: it zooms, moves, is read by keys, and lights images up."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_axe import violations
from tests.support.tiny_map import EMPTY, SIDE

pytestmark = pytest.mark.browser

# Asks for what is drawn next, then for the pixels; a map from a server may be read back.
PIXELS = """async () => {
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    return document.querySelector('#map canvas').toDataURL();
}"""
SWIPE = """([from, to]) => {
    const box = document.getElementById('map');
    const { left, top } = box.getBoundingClientRect();
    const send = (kind, id, [x, y]) => box.dispatchEvent(new PointerEvent(kind, {
        pointerId: id, pointerType: 'touch', clientX: left + x, clientY: top + y, bubbles: true }));
    box.setPointerCapture = () => {};
    from.forEach((place, id) => send('pointerdown', id, place));
    to.forEach((place, id) => send('pointermove', id, place));
    to.forEach((place, id) => send('pointerup', id, place));
}"""


@pytest.fixture
def opened(page: Page, served: str) -> Page:
    """The page of the map, from a server."""
    page.goto(f"{served}/map.html")
    expect(page.locator("#map canvas")).to_be_visible()
    page.wait_for_load_state("networkidle")
    return page


def drawn(page: Page) -> str:
    """Return what the map shows, as an address that holds all its pixels."""
    found: str = page.evaluate(PIXELS)
    return found


def chosen(page: Page) -> str:
    """Return what is said of the chosen image."""
    return page.locator("#said").inner_text()


@pytest.mark.parametrize("way", ["button", "key", "wheel", "double click"])
def test_zooming_changes_what_is_shown_and_back(opened: Page, way: str) -> None:
    """By a button, a key, the wheel and a double click; the whole map comes back."""
    box = opened.locator("#map")
    box.click(position={"x": 60, "y": 60})
    before = drawn(opened)
    if way == "button":
        opened.get_by_role("button", name="Zoom in").click()
    elif way == "key":
        opened.keyboard.press("+")
    elif way == "wheel":
        opened.mouse.wheel(0, -300)
    else:
        box.dblclick(position={"x": 60, "y": 60})
    closer = drawn(opened)
    assert closer != before
    if way == "key":
        opened.keyboard.press("0")
    else:
        opened.get_by_role("button", name="Whole map").click()
    opened.mouse.move(0, 0)
    assert drawn(opened) == before


@pytest.mark.parametrize("name", ["Move left", "Move right", "Move up", "Move down"])
def test_buttons_move_what_is_seen(opened: Page, name: str) -> None:
    """From the middle, so that there is a way to each side."""
    for _ in range(3):
        opened.get_by_role("button", name="Zoom in").click()
    before = drawn(opened)
    opened.get_by_role("button", name=name).click()
    assert drawn(opened) != before


def test_dragging_moves_and_chooses_nothing(opened: Page) -> None:
    """A click does choose."""
    for _ in range(3):
        opened.get_by_role("button", name="Zoom in").click()
    before = drawn(opened)
    opened.locator("#map").scroll_into_view_if_needed()
    box = opened.locator("#map").bounding_box()
    assert box is not None
    opened.mouse.move(box["x"] + 200, box["y"] + 200)
    opened.mouse.down()
    opened.mouse.move(box["x"] + 120, box["y"] + 160, steps=4)
    opened.mouse.up()
    assert drawn(opened) != before
    assert chosen(opened) == ""
    opened.mouse.click(box["x"] + 120, box["y"] + 160)
    assert "Row" in chosen(opened)


def test_fingers_move_and_zoom(opened: Page) -> None:
    """Two that part zoom in, and one then moves it; while all is seen, the page can be scrolled."""
    box = opened.locator("#map")
    assert box.evaluate("box => box.style.touchAction") == "pan-y"
    before = drawn(opened)
    opened.evaluate(SWIPE, [[[150, 150], [200, 200]], [[80, 80], [270, 270]]])
    closer = drawn(opened)
    assert closer != before
    assert box.evaluate("box => box.style.touchAction") == "none"
    opened.evaluate(SWIPE, [[[150, 150]], [[60, 100]]])
    assert drawn(opened) not in {before, closer}
    assert chosen(opened) == ""


def test_arrow_keys_go_from_image_to_image_and_are_said(opened: Page) -> None:
    """Over empty cells, and no farther than the border; Tab reaches the map."""
    opened.get_by_label("Light up").focus()
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.id") == "map"
    live = opened.locator("#said")
    expect(live).to_have_attribute("aria-live", "polite")
    for _ in range(SIDE):
        opened.keyboard.press("ArrowUp")
        opened.keyboard.press("ArrowLeft")
    assert chosen(opened).endswith("Row 1, column 1.")
    assert chosen(opened).startswith('a "quoted" & plain caption, lotus.')
    opened.keyboard.press("ArrowDown")
    assert EMPTY[0] == SIDE + 1
    opened.keyboard.press("ArrowRight")
    assert chosen(opened).endswith("Row 2, column 3.")
    for _ in range(SIDE):
        opened.keyboard.press("ArrowDown")
    for _ in range(SIDE):
        opened.keyboard.press("ArrowRight")
    assert chosen(opened).endswith("Row 4, column 3.")  # the last cell is empty


def test_the_chosen_image_has_ways_to_filters_and_to_its_page(opened: Page) -> None:
    """Links that lead there, and pictures of the filters."""
    opened.locator("#map").focus()
    links = opened.locator("#chosen .pairs a")
    seen = set()
    for key in ("ArrowUp", "ArrowRight", "ArrowLeft", "ArrowDown"):
        opened.keyboard.press(key)
        for number in range(links.count()):
            seen.add(links.nth(number).get_attribute("href"))
    assert seen == {"layer5/0.html", "layer5/2.html"}
    opened.get_by_role("link", name="Page of this image").click()
    opened.wait_for_url("**/images/*.html")
    row = Path(opened.url).stem
    opened.get_by_role("link", name="See it on the map").click()
    opened.wait_for_url(f"**/map.html#image-{row}")
    assert "Row" in chosen(opened)


def test_pointing_shows_an_image_and_leaving_gives_the_chosen_one_back(opened: Page) -> None:
    """Nothing is said of it aloud."""
    first = opened.locator("#chosen b").inner_text()
    opened.locator("#map").hover(position={"x": 10, "y": 10})
    expect(opened.locator("#chosen b")).to_have_text('a "quoted" & plain caption')
    assert chosen(opened) == ""
    opened.mouse.move(0, 0)
    expect(opened.locator("#chosen b")).to_have_text(first)


def test_images_are_lit_by_labels_and_by_a_filter(opened: Page) -> None:
    """A legend says what the colours are, and everything comes back."""
    light, legend = opened.get_by_label("Light up"), opened.locator("#legend")
    before = drawn(opened)
    seen = {before}
    for value, words in (
        ("labels", "lotus <b>bold</b> stop sign"),
        ("label 1", "<b>bold</b>: 2"),
        ("filter 1", "Layer 5, filter 2, mean of its map: 0"),
    ):
        light.select_option(value)
        assert words in " ".join(legend.inner_text().split())
        shown = drawn(opened)
        assert shown not in seen
        seen.add(shown)
    expect(legend.get_by_role("link")).to_have_attribute("href", "layer5/2.html")
    light.select_option("")
    assert legend.inner_text() == ""
    assert drawn(opened) == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_is_broken_in_any_state(opened: Page, axe: str, scheme: str) -> None:
    """Lit, zoomed, with an image chosen."""
    opened.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for value in ("labels", "filter 0"):
        opened.get_by_label("Light up").select_option(value)
        opened.get_by_role("button", name="Zoom in").click()
        opened.locator("#map").click()
        broken = violations(opened, axe)
        assert not broken, "\n".join(broken)


def test_it_works_from_a_folder(page: Page, site: Path) -> None:
    """Tiles and tables come without a server; the pixels may not be read back there."""
    page.goto((site / "map.html").as_uri())
    page.get_by_role("button", name="Zoom in").click()
    page.locator("#map").click()
    assert "Row" in chosen(page)
    page.wait_for_load_state("networkidle")


def test_without_scripts_the_map_stands_still(browser: Browser, site: Path) -> None:
    """With the list of its parts, and no control that does nothing."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "map.html").as_uri())
    expect(page.locator("#map img")).to_be_visible()
    expect(page.locator("#controls")).to_be_hidden()
    expect(page.locator("#chosen")).to_be_hidden()
    expect(page.locator("#keys")).to_be_hidden()
    expect(page.get_by_text("Row 1, column 1")).to_be_visible()
    context.close()


def test_a_window_that_grows_and_shrinks_keeps_the_whole(opened: Page) -> None:
    """All of the map stays seen, in the middle."""
    for width in (320, 1280, 390):
        opened.set_viewport_size({"width": width, "height": 844})
        drawn(opened)
        assert opened.locator("#map").evaluate("box => box.style.touchAction") == "pan-y"
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
