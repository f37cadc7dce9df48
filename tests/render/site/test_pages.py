"""Pages: what a view holds is printed, escaped, and nothing else happens in a template."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest

from generator.atlas.schema import PLACES
from generator.errors import ContentError
from generator.render.site.pages import Pages
from generator.render.views.filter.page import filter_view
from generator.render.views.layer.page import layer_view
from generator.render.views.texts import home_view, not_found_view
from tests import ROOT
from tests.support.tiny_atlas import CAPTIONS, DEAD, make_atlas
from tests.support.views import rooms

TEMPLATES = ROOT / "site_templates"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny atlas with awkward captions."""
    return make_atlas(tmp_path_factory.mktemp("pages") / "atlas")


@pytest.fixture(scope="module")
def pages_of_filters(made: Path) -> list[str]:
    """Return the HTML of every filter page of one layer."""
    frames, texts = rooms(made)
    layer = frames.gallery.layer("layer3")
    pages = Pages(TEMPLATES)
    return [pages.html("filter", filter_view(frames, texts, layer, n)) for n in range(6)]


def test_awkward_captions_are_escaped(pages_of_filters: list[str]) -> None:
    """Captions with tags, quotes and template marks are words on the page, never markup."""
    whole = "".join(pages_of_filters)
    assert "<script>alert" not in whole
    assert "<img src=x" not in whole
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in whole
    assert "{{ page.frame }} {% raw %}" in whole
    assert "a &#34;quoted&#34; &amp; plain caption" in whole
    assert "broken \ufffd byte" in whole
    assert "long long" in whole
    assert any("\n" in caption for caption in CAPTIONS)
    assert "two lines and a tab" in whole


class _Balance(HTMLParser):
    VOID = frozenset(["meta", "link", "img", "input", "br", "hr", "wbr", "image", "rect", "circle"])

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Ignore `<rect/>`."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("number", range(6))
def test_tags_are_balanced(pages_of_filters: list[str], number: int) -> None:
    """Every element that is opened is closed, in order."""
    reader = _Balance()
    reader.feed(pages_of_filters[number])
    assert reader.open == []


def test_a_filter_page_shows_nine_pairs(pages_of_filters: list[str]) -> None:
    """Each place has reconstruction, patch and whole image, and a dead filter none."""
    assert pages_of_filters[0].count('class="tile') == 3 * PLACES
    charts = 5  # the histogram, directions, frequencies, hues, forms
    assert pages_of_filters[0].count('role="img"') == 3 * PLACES + charts
    assert pages_of_filters[DEAD].count('role="img"') == 0
    assert "dead on this image set" in pages_of_filters[DEAD]


def test_every_page_says_what_a_layer_is(made: Path) -> None:
    """The meaning of "layer" stands on each page."""
    frames, texts = rooms(made)
    pages = Pages(TEMPLATES)
    layer = frames.gallery.layer("layer1")
    for html in (
        pages.html("home", home_view(frames, texts)),
        pages.html("layer", layer_view(frames, texts, layer)),
        pages.html("filter", filter_view(frames, texts, layer, 0)),
    ):
        assert "output of convolution n after its ReLU" in html


def test_lazy_stands_before_the_source(made: Path) -> None:
    """Firefox starts to load before it has read a `loading` that comes later."""
    frames, texts = rooms(made)
    html = Pages(TEMPLATES).html("layer", layer_view(frames, texts, frames.gallery.layer("layer3")))
    lazy = re.findall(r"<img[^>]*loading[^>]*>", html)
    assert len(lazy) >= 2 * 6
    assert all(tag.index("loading=") < tag.index("src=") for tag in lazy)


def test_a_card_is_three_elements(made: Path) -> None:
    """A card is a link with two pictures, reconstructions first."""
    frames, texts = rooms(made)
    html = Pages(TEMPLATES).html("layer", layer_view(frames, texts, frames.gallery.layer("layer3")))
    card = re.search(r'<a id="0".*?</a>', html, re.DOTALL)
    assert card
    assert re.findall(r"<(\w+)", card[0]) == ["a", "img", "img"]
    assert card[0].index("reconstructions") < card[0].index("patches")


def test_nothing_runs_inside_a_page(made: Path) -> None:
    """The policy allows the site and nothing else, and no page carries script or style within."""
    frames, texts = rooms(made)
    html = Pages(TEMPLATES).html("home", home_view(frames, texts))
    policy = re.search(r'Security-Policy" content="([^"]*)"', html)
    assert policy
    assert "default-src &#39;none&#39;" in policy[1] or "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]
    assert "<style" not in html
    assert not re.search(r"<script(?![^>]*src=)", html)


def test_the_missing_page_carries_its_style(made: Path) -> None:
    """404.html is shown at any depth: its style is inside, allowed by its hash."""
    frames, _ = rooms(made, base_url="https://h/repository/")
    html = Pages(TEMPLATES).html("not_found", not_found_view(frames))
    assert "<style>" in html
    assert frames.assets.style_hash in html
    assert 'href="/repository/index.html"' in html


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{% block main", r"home\.html:1: "),
        ("{{ page.no_such_thing }}", r"home\.html: .*no_such_thing"),
        ("{% extends 'nowhere.html' %}", r"nowhere\.html: template missing"),
    ],
)
def test_a_template_that_does_not_hold(made: Path, tmp_path: Path, text: str, said: str) -> None:
    """The error names the template, and the line of a syntax error."""
    templates = Path(shutil.copytree(TEMPLATES, tmp_path / "templates"))
    (templates / "pages/home.html").write_text(text)
    frames, texts = rooms(made)
    with pytest.raises(ContentError, match=said):
        Pages(templates).html("home", home_view(frames, texts))


def test_a_missing_folder_of_templates(tmp_path: Path) -> None:
    """The error names the folder and the flag."""
    with pytest.raises(ContentError, match=r"nothing: .*--templates"):
        Pages(tmp_path / "nothing")


def test_escaping_can_be_seen_to_fail(tmp_path: Path) -> None:
    """A template that marks a caption as safe would let it through: the test above can fail."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/raw.html").write_text("{{ page.caption|safe }}|{{ page.caption }}")
    view = SimpleNamespace(caption=CAPTIONS[1], frame=None)
    raw, escaped = Pages(tmp_path).html("raw", view).split("|")
    assert "<script>" in raw
    assert "<script>" not in escaped
