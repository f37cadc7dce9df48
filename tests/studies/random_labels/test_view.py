"""The page, the section on a layer's page, and the numbers that texts can claim."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generator.atlas.store import Atlas
from generator.atlas.studies import finish
from generator.errors import AtlasError
from generator.render.facts import read_gallery
from generator.render.site.build import compose
from generator.render.site.check import check_files
from generator.render.site.pages import Pages
from generator.studies.random_labels.view import RandomLabelsSite
from tests import ROOT
from tests.support.tiny_atlas import make_atlas
from tests.support.tiny_random_labels import write_random_labels
from tests.support.views import pages_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny atlas with the study."""
    return make_atlas(tmp_path_factory.mktemp("random") / "atlas", random_labels="")


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, str]:
    """Return the pages of its site."""
    return pages_of(folder)


def read(folder: Path) -> RandomLabelsSite:
    """Read the study as the site does."""
    atlas = Atlas.open(folder)
    return RandomLabelsSite.read(folder / "studies" / "random_labels", read_gallery(atlas))


def test_the_site_is_without_faults(folder: Path) -> None:
    """Two sheets of each pair and the kernels are there, and every link leads somewhere."""
    site = compose(
        Atlas.open(folder),
        Pages(ROOT / "site_templates"),
        ROOT / "content",
        None,
        lambda *_: None,
        lambda _: None,
    )
    assert check_files(site.texts, site.sizes()).problems == ()
    assert sum(path.startswith("studies/random_labels/") for path in site.pictures) == 9


def test_both_curves_stand_in_the_table(pages: dict[str, str]) -> None:
    """Epoch by epoch; where the one had learned enough, a dash."""
    table = re.search(
        r"<caption>Shares of pictures.*?</table>", pages["random_labels.html"], re.DOTALL
    )
    assert table
    rows = [re.findall(r"<t[hd][^>]*>([^<]*)</t", row) for row in table[0].split("<tr>")[2:]]
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert rows[2][1:] == ["100\u00a0%", "50.0\u00a0%", "50.0\u00a0%", "2.0\u00a0%"]
    assert rows[3][1:] == ["–", "–", "66.7\u00a0%", "2.0\u00a0%"]


def test_a_layer_that_is_silent_in_the_twin_has_no_pair_and_dashes(pages: dict[str, str]) -> None:
    """Four pairs of five layers; what is not known is no number."""
    page = pages["random_labels.html"]
    assert re.findall(r"<h3>(Layer \d), correlation 0\.91</h3>", page) == [
        f"Layer {n}" for n in range(1, 5)
    ]
    last = re.findall(r'<tr><th scope="row">Layer\u00a05</th>(.*?)</tr>', page)
    assert [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in last[:1]] == [
        ["0.60", "–", "0.25", "–", "0.40", "1", "4", "1"]
    ]
    assert '<td class="s0">–</td>' in last[-1]


def test_a_layer_s_page_says_it_in_a_sentence(pages: dict[str, str]) -> None:
    """With the way to the page."""
    assert "is 0.60 with true labels, 0.50 in a twin" in pages["layer2/index.html"]
    assert 'href="../random_labels.html"' in pages["layer2/index.html"]


def test_what_texts_can_claim(folder: Path) -> None:
    """Of how both learned, and of each layer; nothing where nothing is known."""
    values = read(folder).numbers.values
    assert values["epochs with random labels", ""] == 6
    assert values["epochs with true labels", ""] == 3
    assert values["held out, true labels", ""] == pytest.approx(0.5)
    assert values["cka with random labels", "layer1"] == 0.5
    assert ("cka with random labels", "layer5") not in values
    assert ("nearest, random labels", "layer5") not in values


def test_a_record_of_another_version_is_refused(tmp_path: Path) -> None:
    """Its file is named, and what to do."""
    folder = make_atlas(tmp_path / "atlas", random_labels="")
    path = folder / "studies" / "random_labels" / "random_labels.json"
    path.write_text(path.read_text().replace('"schema_version":1', '"schema_version":2'))
    finish(path.parent, "random_labels", 1, {}, "")
    with pytest.raises(AtlasError, match=r"random_labels\.json: not what this version reads"):
        read(folder)


def test_a_network_without_a_twin_says_so(tmp_path: Path) -> None:
    """There is no page, and the page on the network gives the reason."""
    folder = make_atlas(tmp_path / "atlas")
    write_random_labels(folder, missing="there is no twin")
    pages = pages_of(folder)
    assert "random_labels.html" not in pages
    assert "not on this site: there is no twin" in pages["network.html"]
