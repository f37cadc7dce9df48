"""The index of labels: complete, on as many pages as it needs, and the pages lead on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.render import urls
from generator.render.facts import Gallery
from generator.render.site.assets import read_assets
from generator.render.site.check import check_site
from generator.render.site.pages import Pages
from generator.render.text.content import Subject, read_content
from generator.render.text.texts import Texts
from generator.render.views import finder as finder_module
from generator.render.views.finder import MOST, OF_A_LABEL, Entry, finder_view, shared_out
from generator.render.views.frame import Frames, Link
from tests import ROOT
from tests.render.site.test_build import make
from tests.support.several_pages import make_wide_atlas, small_pages
from tests.support.tiny_atlas import DEAD
from tests.support.views import with_texts

LABELS = ("lotus", "lotus", "abbey", "lotus", "lotus", "lotus", "lotus")


def entry(label: int, links: int) -> Entry:
    """Return an entry whose links are all different."""
    name = f"label {label:04d}"
    return Entry(name, tuple(Link(f"{name}/{number}", "x") for number in range(links)))


def test_the_finder_lists_majorities_only(gallery: Gallery) -> None:
    """A filter is listed under a label that at least five of its patches carry."""
    content = read_content(ROOT / "content", Subject.of(gallery.manifest), lambda _: None)
    assets = read_assets(ROOT / "site_templates/static").with_script(urls.SEARCH_INDEX, b"")
    changed = with_texts(gallery, [("lotus", ""), ("lotus", ""), ("", "")])
    figure = Pages(ROOT / "site_templates").figure
    view = finder_view(Frames(changed, content, assets, None, "1"), Texts(changed, content, figure))
    listed = {link.text for entry in view.entries for link in entry.filters}
    expected = {
        f"{facts.layer}/{facts.number}"
        for layer in changed.layers
        for facts in layer.filters
        if sum(place.image.label == "lotus" for place in facts.places) >= 5
    }
    assert [entry.label for entry in view.entries] == ["lotus"]
    assert listed == expected
    assert f"layer1/{DEAD}" not in listed


@given(st.lists(st.integers(1, 40) | st.integers(1, 3_000), max_size=60))
def test_every_link_stands_once_in_order(links: list[int]) -> None:
    """No page is too long or empty, and a label goes on only where no page could hold it whole."""
    entries = [entry(*each) for each in enumerate(links)]
    parts = shared_out(entries)
    given = [(e.label, link) for e in entries for link in e.filters]
    assert [(e.label, link) for part in parts for e in part for link in e.filters] == given
    for part in parts:
        assert sum(OF_A_LABEL + len(piece.filters) for piece in part) <= MOST
        assert part or not entries
    torn = {e.label for e in entries if len(e.filters) > MOST - OF_A_LABEL}
    labels = [piece.label for part in parts for piece in part]
    assert {label for label in labels if labels.count(label) > 1} == torn


def test_pages_are_filled() -> None:
    """What fits on a page stands on it: two pages never hold what one could."""
    parts = shared_out([entry(number, 2) for number in range(500)])
    assert len(parts) == -(-500 // (MOST // (OF_A_LABEL + 2)))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a site whose index has room for six links on a page."""
    folder = tmp_path_factory.mktemp("index")
    with small_pages():
        make(make_wide_atlas(folder / "atlas", LABELS), folder / "site")
    return folder / "site"


def listed(page: Path) -> list[str]:
    """Return the filters that a page's index links to."""
    index = page.read_text().partition('<dl class="index">')[2].partition("</dl>")[0]
    return re.findall('href="([^"]*)"', index)


def test_the_pages_hold_the_whole_index(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They list what one long page would; the check finds nothing wrong with their links."""
    pages = [site / "finder.html", *sorted(site.glob("finder[0-9].html"))]
    assert len(pages) > 2
    monkeypatch.setattr(finder_module, "MOST", 10_000)
    make(site.parent / "atlas", site.parent / "whole")
    whole = listed(site.parent / "whole" / "finder.html")
    assert [link for page in pages for link in listed(page)] == whole
    assert not (site.parent / "whole" / "finder2.html").exists()
    assert [str(problem) for problem in check_site(site).problems] == []


def test_each_page_of_the_index_leads_to_the_others(site: Path) -> None:
    """Two lists name all pages; the field and its script are on the first alone."""
    names = ["finder.html", *(path.name for path in sorted(site.glob("finder[0-9].html")))]
    for name in names:
        text = (site / name).read_text()
        ways = re.findall(r'<nav class="pages".*?</nav>', text, re.DOTALL)
        assert [re.findall('href="([^"]*)"', way) for way in ways] == [names, names]
        assert all(f'href="{name}"' in way for way in ways)
        assert (name == "finder.html") == ("/finder." in text) == ('type="search"' in text)
    words = re.findall(r"<a [^>]*>([^<]*)</a>", ways[0])
    assert len(set(words)) == len(names)
    assert words[0] == "lotus"
    for name, span in zip(names[1:], words[1:], strict=True):
        heading = f"Index of labels, {span}</h1>"
        assert heading in (site / name).read_text()
        assert re.fullmatch(r"lotus from layer\d/\d+", span)
