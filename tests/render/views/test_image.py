"""The page of an image: against the arrays of the atlas, place by place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from generator.atlas.store import Atlas
from generator.render.facts import read_gallery
from generator.render.site.check import check_site
from tests.render.site.test_build import make
from tests.support.tiny_atlas import CREDIT, IMAGES, LAYERS, PARTLY, make_atlas

RANKS = ("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th")


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny atlas."""
    return make_atlas(tmp_path_factory.mktemp("image") / "atlas")


@pytest.fixture(scope="module")
def site(atlas: Path) -> Path:
    """Return its site."""
    make(atlas, atlas.parent / "site")
    return atlas.parent / "site"


def places_of(atlas: Path, row: int) -> Iterator[tuple[str, int, int]]:
    """Look through all arrays for an image: layer, filter, rank from 0 on."""
    found = Atlas.open(atlas)
    for layer in found.manifest.layers:
        for number, images in enumerate(found.arrays(layer.name).image.tolist()):
            for rank, image in enumerate(images):
                if image == row:
                    yield layer.name, number, rank


def test_three_places_make_a_page(atlas: Path, site: Path) -> None:
    """Two do not; the site has no other page of an image, and no fault."""
    wanted = {row for row in range(IMAGES) if len([*places_of(atlas, row)]) >= 3}
    assert {int(path.stem) for path in (site / "images").iterdir()} == wanted
    assert read_gallery(Atlas.open(atlas)).image_pages == wanted
    assert check_site(site).problems == ()


def test_few_places_make_none(tmp_path: Path) -> None:
    """Of one layer of few filters hardly an image has three; those are told by hand."""
    few = ((*LAYERS[0][:1], 3, *LAYERS[0][2:]),)
    small = make_atlas(tmp_path / "atlas", layers=few, seed=4)
    counts = {row: len([*places_of(small, row)]) for row in range(IMAGES)}
    assert 2 in counts.values()
    wanted = {row for row, number in counts.items() if number >= 3}
    assert read_gallery(Atlas.open(small)).image_pages == wanted


def test_a_page_names_every_filter_with_its_rank(atlas: Path, site: Path) -> None:
    """Layer by layer, and the six nearest the top with their pictures."""
    for path in (site / "images").iterdir():
        html = path.read_text(encoding="utf-8")
        places = [*places_of(atlas, int(path.stem))]
        named = re.findall(r'<a href="../(\w+)/(\d+).html">filter \d+ \((\d\w\w)\)</a>', html)
        wanted = sorted((layer, str(number), RANKS[rank]) for layer, number, rank in places)
        assert sorted(named) == wanted
        shown = re.findall(r'<li><a href="../(\w+)/(\d+).html"><svg', html)
        ranks = {(layer, str(number)): rank for layer, number, rank in places}
        best = sorted(ranks.values())[:6]
        assert [ranks[layer, number] for layer, number in shown] == best
        (lead,) = re.findall(r'<p class="lead">([^<]*)</p>', html)
        in_all = sum(map(int, re.findall(r"(\d+) of Layer \d", lead)))
        assert in_all == len(places)


def test_a_tile_is_that_of_the_image(atlas: Path, site: Path) -> None:
    """The window stands over the place of its rank on the small sheet, or the sheet itself."""
    tiles = {layer.name: layer for layer in Atlas.open(atlas).manifest.layers}
    seen = 0
    for path in (site / "images").iterdir():
        html = path.read_text(encoding="utf-8")
        ranks = {(layer, number): rank for layer, number, rank in places_of(atlas, int(path.stem))}
        for box, layer, number in re.findall(
            r'viewBox="(\S+ \S+ \S+ \S+)" role="img" aria-label="Patch[^>]*>'
            r'<image href="../(\w+)/(\d+).patches[.\w]*"',
            html,
        ):
            x, y, width, height = map(int, box.split())
            step = width + tiles[layer].gutter
            row, column = divmod(ranks[layer, int(number)], 3)
            assert (x, y, height) == (column * step, row * step, width)
            seen += 1
    assert seen > IMAGES


def test_a_caption_on_a_filters_page_leads_there(atlas: Path, site: Path) -> None:
    """Every place, in order; hostile captions stay texts."""
    images = Atlas.open(atlas).arrays("layer3").image[PARTLY]
    html = (site / f"layer3/{PARTLY}.html").read_text(encoding="utf-8")
    led = re.findall(r'<p><a href="../images/(\d+).html"><bdi>', html)
    assert [int(row) for row in led] == [row for row in images.tolist() if row >= 0]
    texts = "".join(path.read_text(encoding="utf-8") for path in (site / "images").iterdir())
    assert "<script>alert" not in texts
    assert "<script>alert(1)</script>" in unescape(texts)


def test_neighbours_are_the_next_images_with_a_page(site: Path) -> None:
    """Letters follow the same links."""
    rows = sorted(int(path.stem) for path in (site / "images").iterdir())
    for before, row, after in zip([None, *rows], rows, [*rows[1:], None], strict=False):
        html = (site / f"images/{row}.html").read_text(encoding="utf-8")
        for rel, other in (("prev", before), ("next", after)):
            links = set(re.findall(rf'rel="{rel}" href="(\d+).html"', html))
            assert links == (set() if other is None else {str(other)})


@pytest.mark.parametrize("credit", [CREDIT, None])
def test_the_image_is_shown_no_larger_than_elsewhere(tmp_path: Path, credit: object) -> None:
    """From the sheet of a filter's page; nothing is written for the page but its HTML."""
    made = make_atlas(tmp_path / "atlas", credit=credit)  # type: ignore[arg-type]
    make(made, tmp_path / "site")
    files = {path.suffix for path in (tmp_path / "site/images").iterdir()}
    assert files == {".html"}
    html = (tmp_path / "site/images/0.html").read_text(encoding="utf-8")
    (window,) = re.findall(r'class="picture"><svg class="tile" viewBox="([^"]+)"', html)
    assert window.split()[2:] == ["112", "112"]
    assert ("No licence is known" in html) == (credit is None)
