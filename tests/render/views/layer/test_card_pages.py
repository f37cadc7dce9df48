"""Layers with more filters than one page has: each filter once, in order, and ways between."""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from generator.atlas.store import Atlas
from generator.render import urls
from generator.render.facts import read_gallery
from generator.render.site.check import check_site
from generator.render.views.layer.cards import cards_script
from generator.render.words.captions import own_words
from tests.render.site.test_build import make
from tests.support.several_pages import FILTERS, PAGES, WIDE, make_wide_atlas, small_pages

LINK = re.compile(r"<a ([^>]*)>([^<]*)</a>")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a site with three pages of layer 3, which knows its own address."""
    folder = tmp_path_factory.mktemp("wide")
    with small_pages():
        make(make_wide_atlas(folder / "atlas"), folder / "site", base_url="https://h.example/r/")
    return folder / "site"


def cards(page: Path) -> list[int]:
    """Return the filters that a page has cards of, in order."""
    return [int(number) for number in re.findall(r'<a id="(\d+)"', page.read_text())]


def ways(page: Path) -> list[str]:
    """Return the two lists of pages, above and below the cards."""
    return re.findall(r'<nav class="pages".*?</nav>', page.read_text(), re.DOTALL)


def beside(page: Path, rel: str) -> Path | None:
    """Return the page that the lists call the one before or after."""
    found = {
        urlsplit(address).path
        for way in ways(page)
        for address in re.findall(rf'href="([^"]*)" rel="{rel}"', way)
    }
    assert len(found) <= 1
    return page.parent / found.pop() if found else None


def target_of(page: Path, words: str) -> str:
    """Return where the only link of these words leads, as a path inside the page's folder."""
    found = [attributes for attributes, text in LINK.findall(page.read_text()) if text == words]
    addresses = {
        match[1] for attributes in found if (match := re.search('href="([^"]*)"', attributes))
    }
    assert len(addresses) == 1
    return posixpath.normpath(addresses.pop())


def test_each_filter_has_its_card_on_one_page(site: Path) -> None:
    """The pages of the layer hold its filters in order, and there are no other pages."""
    for name, numbers in PAGES.items():
        assert cards(site / WIDE / name) == list(numbers)
    html = {path.name for path in (site / WIDE).glob("*.html")}
    made = {name for name in html if not name.endswith(".embed.html")}
    assert made == {*PAGES, *(f"{number}.html" for number in range(FILTERS))}


def test_the_check_finds_nothing(site: Path) -> None:
    """Links and fragments of all pages hold."""
    assert [str(problem) for problem in check_site(site).problems] == []


def test_the_lists_lead_through_all_pages_and_back(site: Path) -> None:
    """Previous and next visit each page once; every list has all pages and marks its own."""
    names = list(PAGES)
    page: Path | None = site / WIDE / names[0]
    seen = []
    while page is not None:
        seen.append(page.name)
        assert len(ways(page)) == 2
        for way in ways(page):
            assert re.findall('href="([^"]*)"', way) == names
            assert re.findall('href="([^"]*)"[^>]* aria-current="page"', way) == [page.name]
        page = beside(page, "next")
    assert seen == names
    back = [beside(site / WIDE / name, "prev") for name in names]
    assert [page.name if page else None for page in back] == [None, *names[:-1]]
    assert "0 to 3" in ways(site / WIDE / names[0])[0]


def test_a_filter_leads_back_to_the_page_with_its_card(site: Path) -> None:
    """By its card's link, by the way up and by the crumbs, on whatever page the card stands."""
    for name, numbers in PAGES.items():
        for number in numbers:
            page = site / WIDE / f"{number}.html"
            assert target_of(page, "Among all filters of Layer 3") == f"{name}#{number}"
            up = re.findall(r'class="up" href="([^"]*)"', page.read_text())
            assert up == [name, name]
            crumbs = page.read_text().partition('class="crumbs"')[2].partition("</nav>")[0]
            above = re.findall('href="([^"]*)"', crumbs)[1:-1]
            assert above == list(dict.fromkeys(["index.html", name]))


def test_later_pages_name_themselves(site: Path) -> None:
    """Title, heading, crumbs, the way up and the sitemap are those of the page."""
    text = (site / WIDE / "page2.html").read_text()
    assert "<title>Layer 3, filters 4 to 7 – " in text
    assert re.search("<h1[^>]*>Layer 3, filters 4 to 7</h1>", text)
    assert re.findall(r'class="up" href="([^"]*)"', text) == ["index.html", "index.html"]
    assert 'rel="canonical" href="https://h.example/r/layer3/page2.html"' in text
    listed = (site / "sitemap.xml").read_text()
    assert all(f"<loc>https://h.example/r/layer3/page{n}.html</loc>" in listed for n in (2, 3))


def test_the_layer_is_explained_once(site: Path) -> None:
    """Text and charts stand on the first page; controls say that they act on the page."""
    for name in PAGES:
        text = (site / WIDE / name).read_text()
        assert ('class="summary"' in text) == (name == "index.html")
        assert "Order of this page" in text
        assert "Find on this page" in text
        assert 'data-ask="Layer 3"' in text


def test_a_layer_that_fits_knows_nothing_of_pages(site: Path) -> None:
    """No list of pages, no other wording, no second script of tables."""
    text = (site / "layer1" / "index.html").read_text()
    assert 'class="pages"' not in text
    assert "this page" not in text
    assert not (site / "layer1" / "page2.html").exists()
    assert len(list(site.glob("assets/cards-0*.js"))) == 1


def test_each_page_has_the_tables_of_its_own_cards(site: Path) -> None:
    """Words by place on the page, ranks for as many filters, and each script on one page."""
    layer = read_gallery(Atlas.open(site.parent / "atlas")).layer(WIDE)
    for number, (name, filters) in enumerate(PAGES.items(), 1):
        with small_pages():
            script = cards_script(layer, number)
        tables = json.loads(script.partition(b"=")[2].rpartition(b";")[0])
        assert tables["words"] == [
            own_words(layer.filters[n], layer.record.stimuli) for n in filters
        ]
        assert len(tables["named"]) == len(filters)
        assert all(len(ranks) == len(filters) for ranks in tables["orders"].values())
        part = "" if number == 1 else f"-{number}"
        (file,) = site.glob(f"assets/cards-2{part}.*.js")
        assert file.read_bytes() == script
        assert urls.is_table(file.relative_to(site).as_posix())
        users = [
            page.name for page in (site / WIDE).glob("*.html") if file.name in page.read_text()
        ]
        assert users == [name]
