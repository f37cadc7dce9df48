"""Addresses: always relative, always naming a file."""

from __future__ import annotations

from urllib.parse import quote, unquote, urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.render import urls

NAMES = st.text(st.characters(exclude_characters="/", exclude_categories=("Cs", "Cc")), min_size=1)
PATHS = st.lists(NAMES.filter(lambda n: n not in {".", ".."}), min_size=1, max_size=3).map("/".join)


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("index.html", "layer1/index.html", "layer1/index.html"),
        ("layer1/index.html", "index.html", "../index.html"),
        ("layer1/3.html", "layer1/4.html", "4.html"),
        ("layer1/3.html", "layer2/index.html", "../layer2/index.html"),
        ("layer1/3.html", "layer1/index.html#3", "index.html#3"),
        ("layer1/3.html", "layer1/3.html", "3.html"),
        ("index.html", "conv 1/0.html", "conv%201/0.html"),
    ],
)
def test_links_between_pages(source: str, target: str, expected: str) -> None:
    """A link goes from folder to folder and keeps its fragment."""
    assert urls.link(source, target) == expected


@given(PATHS, PATHS)
def test_a_link_leads_where_it_should(source: str, target: str) -> None:
    """Under any prefix, a browser that follows the link arrives at the target."""
    source, target = source + ".html", target.replace("#", "x") + ".html"
    for prefix in ("http://h/", "http://h/repository/"):
        address = urljoin(prefix + quote(source), urls.link(source, target))
        assert unquote(address.removeprefix(prefix)) == target


def test_whole_addresses() -> None:
    """With a base address, a folder's own page is named by the folder."""
    assert urls.absolute("https://h/r", "index.html") == "https://h/r/"
    assert urls.absolute("https://h/r/", "layer1/index.html") == "https://h/r/layer1/"
    assert urls.absolute("https://h/r/", "layer1/3.html") == "https://h/r/layer1/3.html"


def test_addresses_from_the_root() -> None:
    """The page for a missing address is shown at any depth, so it starts at the root."""
    assert urls.from_root("https://h/r/", "index.html") == "/r/index.html"
    assert urls.from_root("https://h", "index.html") == "/index.html"


def test_pages_never_collide() -> None:
    """Pages, pictures, facts and assets of one layer have different paths."""
    paths = [
        urls.layer("layer1"),
        urls.layer("layer1", 2),
        urls.layer("layer1", 3),
        urls.finder(),
        urls.finder(2),
        urls.filter_page("layer1", 0),
        urls.facts("layer1"),
        urls.picture("layer1", 0, "patches"),
        urls.picture("layer1", 0, "patches.small"),
        urls.text_page("layer1"),
        urls.asset("layer1"),
    ]
    assert len(set(paths)) == len(paths)
