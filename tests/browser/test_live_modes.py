"""Each mode of the live page does what it says, on the tiny network with random weights."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from tests.browser.live import give, says, settle, start

pytestmark = pytest.mark.browser

PICTURE = "name => document.getElementById(name).toDataURL()"
MAPS = "() => document.querySelector('#live-maps canvas').toDataURL()"


def _text(page: Page, name: str) -> str:
    return page.locator(f"#live-{name}").inner_text()


def _percent(words: str) -> float:
    found = re.search(r"([\d.]+)\s%", words)
    assert found, words
    return float(found.group(1))


def test_look_lists_the_most_unusual_filters_first(reader: Page, served: str) -> None:
    """Every card has nine patches, a number, a sentence, a link and a button."""
    start(reader, f"{served}/live.html#look=layer3")
    assert _text(reader, "what").startswith("Layer 3: ")
    sentences = reader.locator("#live-strongest .figure").all_inner_texts()
    shares = [_percent(words) for words in sentences if "%" in words]
    assert shares == sorted(shares, reverse=True)
    cards = reader.locator("#live-strongest li")
    assert 1 <= cards.count() <= 6
    first = cards.first.locator("a")
    assert re.search(r"layer3/\d\.html$", first.get_attribute("href") or "")
    said = re.search(r"Most unusual: filter (\d)", _text(reader, "what"))
    assert said
    assert first.inner_text().strip() == f"Filter {said.group(1)}"
    reader.locator("#live-strongest button").first.click()
    assert _text(reader, "pinned-title") == f"Layer 3, filter {said.group(1)}"


def test_maps_are_drawn_in_the_order_that_is_chosen(reader: Page, served: str) -> None:
    """By number the first map is filter 0, by strength the strongest."""
    start(reader, f"{served}/live.html#look=layer2")
    maps = reader.locator("#live-maps")
    maps.focus()
    assert (maps.get_attribute("aria-valuetext") or "").startswith("filter 0, ")
    by_number = reader.evaluate(MAPS)
    reader.select_option("#live-order", "rank")
    settle(reader)
    assert reader.evaluate(MAPS) != by_number
    first = reader.locator("#live-strongest a").first.inner_text().strip().split()[1]
    assert (maps.get_attribute("aria-valuetext") or "").startswith(f"filter {first}, ")


def test_reconstruct_brings_a_chosen_unit_down(reader: Page, served: str) -> None:
    """Another unit gives another picture, and the strongest unit the first one again."""
    start(reader, f"{served}/live.html#reconstruct=layer2")
    says(reader, "what", "brought down to the pixels")
    before = reader.evaluate(PICTURE, "live-reconstruction")
    reader.click("#live-pinned-map", position={"x": 4, "y": 4})
    says(reader, "unit", "Row 0, column 0")
    assert reader.locator("#live-row").input_value() == "0"
    assert reader.evaluate(PICTURE, "live-reconstruction") != before
    reader.click("#live-maximum")
    says(reader, "what", "brought down to the pixels")
    assert reader.evaluate(PICTURE, "live-reconstruction") == before


def test_name_gives_answers_that_add_up(reader: Page, served: str) -> None:
    """Two classes share one; the filters that speak are of the last layer."""
    start(reader, f"{served}/live.html#name")
    values = [_percent(words) for words in reader.locator("#live-answers .value").all_inner_texts()]
    assert len(values) == 2
    assert sum(values) == pytest.approx(100, abs=0.2)
    assert values == sorted(values, reverse=True)
    first = reader.locator("#live-answers .label").first.inner_text()
    assert f"“{first}”" in _text(reader, "what")
    assert f"Layer 5 that speak for “{first}”" in _text(reader, "speaks-title")
    assert reader.locator("#live-speaks li").count() >= 1


def test_cover_follows_the_square(reader: Page, served: str) -> None:
    """Pointer, arrow keys and sliders move it; uncovered, the number is that of Name."""
    start(reader, f"{served}/live.html#cover")
    says(reader, "what", "Nothing covered")
    reader.locator("#live-drop").focus()
    reader.keyboard.press("ArrowDown")
    says(reader, "what", "row 120, column 112")
    reader.hover("#live-drop", position={"x": 2, "y": 2})
    says(reader, "what", "row 1, column 1")
    reader.fill("#live-cover-row", "200")
    says(reader, "what", "row 200, column 1")
    reader.uncheck("#live-cover-on")
    says(reader, "what", "Nothing covered: ")
    shown = _text(reader, "cover-value")
    reader.check("[name=mode][value=name]")
    settle(reader)
    assert reader.locator("#live-answers .value").first.inner_text() == shown


def test_cover_makes_the_whole_map(reader: Page, served: str) -> None:
    """It ends with a sentence that names the lowest place, and draws the map over the picture."""
    start(reader, f"{served}/live.html#cover")
    says(reader, "what", "Nothing covered")
    square = reader.evaluate(PICTURE, "live-overlay")
    reader.click("#live-cover-all")
    says(reader, "what", "196 places covered in turn")
    assert reader.locator("#live-cover-map").is_checked()
    assert reader.locator("#live-stop").is_hidden()
    assert reader.evaluate(PICTURE, "live-overlay") != square


def test_a_dream_changes_the_picture_and_can_be_saved(reader: Page, served: str) -> None:
    """The measure rises, and what is saved is a PNG file."""
    start(reader, f"{served}/live.html#dream=layer2")
    assert reader.locator("#live-dream-save").is_disabled()
    before = reader.evaluate(PICTURE, "live-dream-canvas")
    reader.fill("#live-dream-steps", "2")
    reader.click("#live-dream-start")
    says(reader, "what", "Layer 2 was raised: the mean square of its activations went from ")
    values = re.search(r"from ([\d.]*\d) to ([\d.]*\d)", _text(reader, "what"))
    assert values
    assert float(values.group(2)) > float(values.group(1))
    assert reader.evaluate(PICTURE, "live-dream-canvas") != before
    with reader.expect_download() as saved:
        reader.click("#live-dream-save")
    assert saved.value.suggested_filename == "dream.png"
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")


def test_a_dream_stops_where_it_is(reader: Page, served: str) -> None:
    """The button is there as long as there is something to stop."""
    start(reader, f"{served}/live.html#dream=layer5/2")
    assert reader.locator("[name=dream][value=filter]").is_checked()
    assert reader.locator("#live-dream-filter").input_value() == "2"
    reader.fill("#live-dream-steps", "40")
    reader.click("#live-dream-start")
    reader.click("#live-stop")
    says(reader, "what", "until you stopped it")
    assert reader.locator("#live-stop").is_hidden()
    assert reader.locator("#live-dream-start").is_enabled()


def test_fool_stands_beside_noise(reader: Page, served: str) -> None:
    """Three lines, three pictures; the curve has a point for each budget, and says its numbers."""
    start(reader, f"{served}/live.html#fool")
    says(reader, "what", "of 255")
    lines = reader.locator("#live-fool-answers tr").all_inner_texts()
    assert [line.split()[0] for line in lines] == ["yours", "changed", "noise"]
    yours, changed, noise = (_percent(line.split("\t")[-1]) for line in lines)
    assert changed < yours
    assert changed < noise
    pictures = [reader.evaluate(PICTURE, f"live-fool-{n}") for n in ("picture", "noise", "change")]
    assert len(set(pictures)) == 3
    reader.click("#live-fool-curve")
    says(reader, "curve-words", "Probability of")
    chart = reader.locator("#live-curve svg")
    assert chart.locator("circle.step").count() == 7
    assert (chart.get_attribute("aria-label") or "").count("noise") == 7


def test_a_new_picture_begins_the_mode_anew(reader: Page, served: str) -> None:
    """What was computed for the picture before is gone."""
    start(reader, f"{served}/live.html#name")
    before = reader.locator("#live-answers").inner_text()
    reader.click("[data-sample='bar-45']")
    reader.wait_for_function(
        "before => document.querySelector('#live-answers').innerText !== before", arg=before
    )
    give(reader, "no.txt", b"no")
    says(reader, "told", "no.txt")
    reader.click("[data-sample='disc']")
    reader.wait_for_function("() => document.querySelector('#live-told').textContent === ''")
