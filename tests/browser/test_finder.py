"""The finder in a real browser, opened from a folder, held against a slow search of the facts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from generator.atlas.measures import StimuliRecord
from generator.atlas.store import Atlas
from generator.render.facts import FilterFacts, Gallery, read_gallery
from generator.render.views import search_index
from tests.browser.sites import make_site
from tests.oracles.finder import Found, plain_words, search
from tests.support.tiny_atlas import DEAD, make_atlas

pytestmark = pytest.mark.browser

ANSWERS = """questions => questions.map(question => {
    const field = document.querySelector('#finder input');
    field.value = question;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    return [...document.querySelectorAll('#found li a')].map(link => link.getAttribute('href'));
})"""
PAINTED = """() => new Promise(painted =>
    new PerformanceObserver(() => painted()).observe({ type: 'paint', buffered: true }))"""
WATCH = """window.moved = 0;
new PerformanceObserver(list => list.getEntries().forEach(entry => { moved += entry.value; }))
    .observe({ type: 'layout-shift', buffered: true });"""


@pytest.fixture(scope="module")
def gallery(site: Path) -> Gallery:
    """The facts that the site was made from."""
    return read_gallery(Atlas.open(site.parent / "atlas"))


@pytest.fixture
def finder(site: Path, page: Page) -> Page:
    """The finder, opened."""
    page.goto((site / "finder.html").as_uri())
    return page


def results(page: Page) -> Locator:
    """What was found."""
    return page.locator("#found li")


def ask(page: Page, question: str) -> None:
    """Type a question into the field."""
    page.get_by_role("searchbox").fill(question)


def linked(page: Page) -> list[Found]:
    """The filters that were found, in order."""
    hrefs = [link.get_attribute("href") or "" for link in results(page).locator("a").all()]
    return [named(href) for href in hrefs]


def named(href: str) -> Found:
    """The layer and number of an address."""
    layer, number = href.removesuffix(".html").split("/")
    return layer, int(number)


def test_every_word_is_answered_as_by_the_facts(finder: Page, gallery: Gallery) -> None:
    """Whole words, their beginnings and pairs of them: the same filters in the same order."""
    images = [p.image for layer in gallery.layers for f in layer.filters for p in f.places]
    spoken = {tuple(plain_words(f"{image.label} {image.caption}")) for image in images}
    words = {word for each in spoken for word in each if not word.isdecimal()}
    pairs = {" ".join(each[:2]) for each in spoken if len(each) > 1}
    questions = sorted({word.lower() for word in words} | {word[:3] for word in words} | pairs)
    answered = finder.evaluate(ANSWERS, questions)
    for question, hrefs in zip(questions, answered, strict=True):
        assert [named(href) for href in hrefs] == search(gallery, question), question


def test_a_label_is_found_with_the_reason(finder: Page, gallery: Gallery) -> None:
    """Title, reason, two described pictures of known size, and the number found said aloud."""
    ask(finder, "Lotus")
    expected = search(gallery, "lotus")
    layer, number = expected[0]
    places = gallery.layer(layer).filters[number].places
    lotuses = sum(place.image.label == "lotus" for place in places)
    first = results(finder).first
    expect(first.locator("span")).to_have_text(f"Layer {layer[-1]}, filter {number}")
    expect(first.locator("p")).to_have_text(f"lotus: {lotuses} of {len(places)} patches")
    for picture in first.locator("img").all():
        assert picture.get_attribute("alt")
        assert picture.get_attribute("loading") == "lazy"
        assert picture.get_attribute("width") == picture.get_attribute("height") != "0"
    expect(finder.get_by_role("search").locator("output")).to_have_text(f"{len(expected)} filters")
    expect(finder.locator("#index")).to_be_hidden()


def test_a_caption_is_found_with_its_words(finder: Page, gallery: Gallery) -> None:
    """The caption that matches stands below the pictures as text, whatever signs it holds."""
    ask(finder, "script ALÉRT")
    assert linked(finder) == search(gallery, "script alert")
    reason = results(finder).first.locator("p")
    expect(reason).to_contain_text("“<script>alert(1)</script>”: ")
    assert results(finder).first.evaluate("item => item.querySelectorAll('*').length") <= 6


@pytest.mark.parametrize(
    "question", ["3/5", "layer3/5", "Layer 3, filter 5", "layer 3 #5", "layer3 5", " layer 3/5 "]
)
def test_enter_opens_the_one_filter(site: Path, finder: Page, question: str) -> None:
    """Every way to write a number leads to its page."""
    ask(finder, question)
    expect(finder.locator("#finder output")).to_have_text("1 filter. Press Enter to open it.")
    finder.keyboard.press("Enter")
    expect(finder).to_have_url((site / "layer3" / "5.html").as_uri())


@pytest.mark.parametrize("question", ["2", "#2", "filter 2"])
def test_a_number_finds_that_filter_of_each_layer(finder: Page, question: str) -> None:
    """Layer by layer; with several found, Enter opens none."""
    ask(finder, question)
    assert linked(finder) == [(f"layer{layer}", 2) for layer in range(1, 6)]
    before = finder.url
    finder.keyboard.press("Enter")
    expect(results(finder)).to_have_count(5)
    assert finder.url == before


def test_a_dead_filter_is_found_by_its_number(finder: Page) -> None:
    """It says that it has no patches."""
    ask(finder, f"layer 4 #{DEAD}")
    expect(results(finder).locator("p")).to_have_text("No patches")


def test_a_layer_narrows_the_search(finder: Page, gallery: Gallery) -> None:
    """Its name may stand anywhere, and alone it lists its filters; half a name empties nothing."""
    everywhere = search(gallery, "lotus")
    in_layer = [found for found in everywhere if found[0] == "layer3"]
    assert 0 < len(in_layer) < len(everywhere)
    for question in ("layer 3 lotus", "lotus Layer 3", "lotus layer3"):
        ask(finder, question)
        assert linked(finder) == in_layer
    for question in ("lotus l", "lotus layer "):
        ask(finder, question)
        assert len(linked(finder)) >= len(in_layer)
    ask(finder, "layer 3")
    assert sorted(linked(finder)) == [("layer3", number) for number in range(6)]
    ask(finder, "layer 9 lotus")
    assert linked(finder) == []


def test_finding_nothing_is_said(finder: Page) -> None:
    """No filter, and a hint; an empty field brings the index of labels back."""
    ask(finder, "pomegranate")
    expect(finder.locator("#finder output")).to_contain_text("No filter found.")
    expect(results(finder)).to_have_count(0)
    for question in ("", "  ", "…"):
        ask(finder, question)
        expect(finder.locator("#index")).to_be_visible()
        expect(finder.locator("#found")).to_be_hidden()
        expect(finder.locator("#finder output")).to_have_text("")


def test_a_search_stands_in_the_address(finder: Page, gallery: Gallery) -> None:
    """The address opens the same results elsewhere, and is bare again without a question."""
    ask(finder, "stop sign")
    expect(finder).to_have_url(re.compile(r"finder\.html\?find=stop\+sign$"))
    shared = finder.url
    finder.goto("about:blank")
    finder.goto(shared)
    expect(finder.get_by_role("searchbox")).to_have_value("stop sign")
    assert linked(finder) == search(gallery, "stop sign")
    ask(finder, "")
    expect(finder).to_have_url(re.compile(r"finder\.html$"))


def test_results_come_sixty_at_once(finder: Page, gallery: Gallery) -> None:
    """A button shows the next ones and puts the focus on the first of them."""
    once = len(search(gallery, "lotus"))
    copies = 130 // once + 1
    tables = finder.evaluate("window.filterGallerySearch")
    tables["layers"] *= copies
    finder.add_init_script(f"window.many = {json.dumps(tables)}")
    finder.add_init_script(
        "Object.defineProperty(window, 'filterGallerySearch', { get: () => many, set() {} })"
    )
    finder.reload()
    ask(finder, "lotus")
    said = finder.locator("#finder output")
    expect(results(finder)).to_have_count(60)
    expect(said).to_have_text(f"{once * copies} filters, the first 60 shown")
    more = finder.get_by_role("button", name="Show more")
    more.click()
    expect(results(finder)).to_have_count(120)
    expect(results(finder).nth(60).locator("a")).to_be_focused()
    more.click()
    expect(results(finder)).to_have_count(once * copies)
    expect(more).to_be_hidden()
    expect(said).to_have_text(f"{once * copies} filters")


def test_a_filter_is_found_by_its_own_words(
    tmp_path: Path, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said of a filter holds for all its patches, also together with what they show."""

    def said(facts: FilterFacts, _record: StimuliRecord | None) -> str:
        return "−45° strokes, 7 px apart" if facts.number == 3 else "nothing"

    monkeypatch.setattr(search_index, "own_words", said)
    site = make_site(tmp_path, make_atlas)
    page.goto((site / "finder.html").as_uri())
    ask(page, "45")
    assert linked(page) == []
    for direction in ("−45°", "-45°", "−45", "-45 strokes"):
        ask(page, direction)
        assert {number for _, number in linked(page)} == {3}
    ask(page, "45°")
    assert linked(page) == []
    ask(page, "stroke apart")
    assert sorted(linked(page)) == [(f"layer{layer}", 3) for layer in range(1, 6)]
    expect(results(page).first.locator("p")).to_have_text("−45° strokes, 7 px apart")
    ask(page, "strokes lotus")
    gallery = read_gallery(Atlas.open(site.parent / "atlas"))
    lotuses = [found for found in search(gallery, "lotus") if found[1] == 3]
    assert linked(page) == lotuses
    expect(results(page).first.locator("p")).to_have_text(re.compile(r"^lotus: \d of 9 patches$"))


@pytest.mark.parametrize("question", ["", "?find=lotus", "?find=pomegranate"])
def test_nothing_moves_when_a_search_is_opened(site: Path, page: Page, question: str) -> None:
    """The tables arrive after the page is painted, and what stood there stays in its place."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.add_init_script(WATCH)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/assets/search.*.js", hold)
    page.goto((site / "finder.html").as_uri() + question, wait_until="commit")
    page.evaluate(PAINTED)
    expect(page.locator("#finder")).to_be_hidden()
    held[0].continue_()
    expect(page.locator("#finder")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.moved") < 0.01


def test_without_scripts_the_index_stands_alone(site: Path, browser: Browser) -> None:
    """No field that would do nothing, no empty list of results, and every label with its links."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "finder.html").as_uri() + "?find=lotus")
    expect(page.locator("#index")).to_be_visible()
    expect(page.locator("#finder")).to_be_hidden()
    expect(page.locator("#found")).to_be_hidden()
    context.close()
