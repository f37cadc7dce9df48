"""The study on the site: the page, what scripts are given, the ways there, and awkward records."""

from __future__ import annotations

import base64
import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generator.atlas.store import Atlas
from generator.errors import AtlasError
from generator.render.facts import Gallery, read_gallery
from generator.render.site.check import check_site
from generator.studies.map.record import RECORD, Map
from generator.studies.map.table import map_script, map_table
from generator.studies.map.view import PAGE, MapSite
from tests.render.site.test_build import make
from tests.support.tiny_atlas import make_atlas
from tests.support.tiny_map import EMPTY, write_map
from tests.support.views import pages_of

PERCENT = "\N{NO-BREAK SPACE}%"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny atlas with the study."""
    return make_atlas(tmp_path_factory.mktemp("map") / "atlas", image_map="")


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, str]:
    """Return the pages of its site."""
    return pages_of(folder)


def read(folder: Path) -> MapSite:
    """Read the study as the site does."""
    return MapSite.read(folder / "studies/map", read_gallery(Atlas.open(folder)))


def words(page: str) -> str:
    """Return the text of a page in one line."""
    return re.sub(r"[ \n]+", " ", html.unescape(re.sub(r"<[^>]*>", " ", page)))


def test_the_site_is_without_faults(folder: Path) -> None:
    """Links, texts and sizes hold; every picture of the map is there."""
    make(folder, folder.parent / "site")
    assert check_site(folder.parent / "site").problems == ()
    found = {path.name for path in (folder.parent / "site/studies/map").rglob("*.webp")}
    assert found == {"map.webp", "0-0.webp"}


def test_the_page_shows_the_map_and_says_how_it_was_made(pages: dict[str, str]) -> None:
    """With numbers by hand."""
    page = pages[PAGE]
    assert '<img src="studies/map/map.webp" width="64" height="64"' in page
    text = words(page)
    assert "The map of 14 images" in text
    assert "perplexity 4.33" in text
    kept = f"75.0{PERCENT} are among its 10 nearest on the plane, and 50.0{PERCENT} among those"
    assert kept in text
    assert (
        f"share the label in 25.0{PERCENT} of the cases; by what Layer 5 makes of them, in 70.0"
        in (text)
    )
    assert f"and with random weights in 24.0{PERCENT}. Chance would give 12.5{PERCENT}." in text
    assert "Measured on all 14 images, of which 12 have a label, of 3 different ones." in text


def test_the_table_has_every_layer_and_chance(pages: dict[str, str]) -> None:
    """A dash stands where nothing is known."""
    rows = re.findall(
        r"<tr><th scope=\"row\">(.*?)</th><td>(.*?)</td><td>(.*?)</td></tr>", pages[PAGE]
    )
    wanted = [
        ("Pixels", f"25.0{PERCENT}", "–"),
        ("Layer 1", f"30.0{PERCENT}", f"20.0{PERCENT}"),
        ("Layer 2", "–", "–"),
        ("Layer 3", f"50.0{PERCENT}", f"22.0{PERCENT}"),
        ("Layer 4", f"60.0{PERCENT}", f"23.0{PERCENT}"),
        ("Layer 5", f"70.0{PERCENT}", f"24.0{PERCENT}"),
        ("Chance", f"12.5{PERCENT}", f"12.5{PERCENT}"),
    ]
    assert rows == wanted


def test_the_map_in_words_has_every_image_once(pages: dict[str, str]) -> None:
    """Part by part, with ways to images that have a page."""
    list_ = pages[PAGE].partition('<ul class="parts">')[2].partition("</ul>")[0]
    parts = [words(part) for part in re.findall(r"<li>(.*?)</li>", list_, re.DOTALL)]
    assert len(parts) == 14  # a cell each, as the map is small; two are empty
    assert parts[0].startswith(" Row 1, column 1 lotus 1")
    assert sum("one image" in part for part in parts) == 3  # without a label
    assert 'href="images/' in list_


def test_names_are_escaped(pages: dict[str, str], folder: Path) -> None:
    """On the page, and in what scripts are given."""
    assert "<b>bold" not in pages[PAGE]
    gallery = read_gallery(Atlas.open(folder))
    record = read(folder).record
    assert record.grid is not None
    script = map_script(record.grid, gallery, PAGE)
    assert script.startswith(b"window.filterGalleryMap={")
    assert script.isascii()


def table(folder: Path) -> tuple[dict[str, Any], Map, Gallery]:
    """Return what scripts are given, the record and the gallery."""
    gallery, record = read_gallery(Atlas.open(folder)), read(folder).record
    assert record.grid is not None
    return json.loads(json.dumps(map_table(record.grid, gallery, PAGE))), record, gallery


def test_scripts_know_each_cell(folder: Path) -> None:
    """Its caption, label, filters, page and levels; nothing of an empty one."""
    found, record, gallery = table(folder)
    assert found["labels"] == ["lotus", "stop sign", "<b>bold</b>", ""]
    assert record.grid is not None
    at = {place.cell: place for place in record.grid.places}
    for cell in range(16):
        label = found["label"][cell]
        if cell in EMPTY:
            assert (label, found["captions"][cell], found["strong"][cell]) == (-1, "", [])
            continue
        place = at[cell]
        assert found["labels"][label] == place.label
        assert found["captions"][cell][:20] == " ".join(place.caption.split())[:20]
        assert found["strong"][cell] == [[0, 100], [2, 46]][: place.row % 3]
        assert (str(cell) in found["pages"]) == (place.row in gallery.image_pages)
    (first, second) = found["filters"]
    assert (first["number"], second["number"], first["strongest"]) == (0, 2, "1.50")
    levels = np.frombuffer(base64.b64decode(first["levels"]), np.uint8)
    assert len(levels) == 16
    assert levels[list(at)].tolist() == list(record.grid.filters[0].levels)
    assert levels[list(EMPTY)].tolist() == [0, 0]


def test_addresses_in_the_table_lead_somewhere(folder: Path, pages: dict[str, str]) -> None:
    """Pages of filters and images, and pictures of filters."""
    found, _, _ = table(folder)
    assert found["layer"]["page"].replace("*", "2") in pages
    for row in found["pages"].values():
        assert found["image"].replace("*", str(row)) in pages
    for kind in ("patches", "reconstructions"):
        assert found["layer"][kind] == f"layer5/*.{kind}.small.webp"


def test_the_ways_there(pages: dict[str, str]) -> None:
    """From home, the last layer and the images on the map."""
    about = "Which images are alike to the network"
    assert f'<a href="map.html">{about}</a>' in pages["index.html"]
    assert f'<a href="../map.html">{about}</a>' in pages["layer5/index.html"]
    assert "map.html" not in pages["layer4/index.html"]
    rows = [name for name in pages if name.startswith("images/")]
    for name in rows:
        assert f'href="../map.html#image-{Path(name).stem}"' in pages[name]


def test_what_texts_can_claim(folder: Path) -> None:
    """By layer; what is not known is no number."""
    numbers = read(folder).numbers
    assert numbers.photographs
    assert numbers.values["same label", ""] == 0.25
    assert numbers.values["same label", "layer5"] == pytest.approx(0.7)
    assert numbers.values["same label, random weights", "layer5"] == pytest.approx(0.24)
    assert numbers.values["same label by chance", ""] == 0.125
    assert ("same label", "layer2") not in numbers.values
    assert ("same label, random weights", "") not in numbers.values
    assert numbers.values["kept on the grid", ""] == 0.5


def test_without_a_licence_there_are_numbers_and_no_map(tmp_path: Path) -> None:
    """A sentence says why, and no script is loaded."""
    made = make_atlas(tmp_path / "atlas", image_map="")
    write_map(made, licensed=False)
    pages = pages_of(made)
    page = pages[PAGE]
    assert "No licence of these images is known" in page
    assert "studies/map/" not in page
    assert "map-images" not in page
    assert "map in words" not in page
    assert page.count('<figure class="curve lines">') == 1
    assert not any("#image-" in text for text in pages.values())


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ((), "These images have no labels, so it cannot be counted"),
        (("one",), "All labels of these images are the same, so there is nothing to count."),
        (("one", "two"), "Fewer than 12 of these images have a label, so there is nothing"),
    ],
)
def test_with_one_label_or_none_the_map_stands_alone(
    tmp_path: Path, labels: tuple[str, ...], said: str
) -> None:
    """A sentence says why nothing is counted."""
    made = make_atlas(tmp_path / "atlas", labels=labels or ("",), image_map="")
    record = write_map(made)
    assert record is not None
    path = made / "studies/map" / RECORD
    gallery = read_gallery(Atlas.open(made))
    path.write_text(record.model_copy(update={"labels": None}).model_dump_json())
    site = MapSite.read(made / "studies/map", gallery)
    assert site._neighbours.startswith(said)
    assert site._neighbours.endswith("The map above needs none.")


def test_without_random_weights_the_table_has_one_column(folder: Path) -> None:
    """And the sentence leaves them out."""
    site = read(folder)
    labels = site.record.labels
    assert labels is not None
    same = tuple(each.model_copy(update={"untrained": None}) for each in labels.same)
    alone = MapSite(
        site.folder,
        site.gallery,
        site.record.model_copy(update={"labels": labels.model_copy(update={"same": same})}),
    )
    assert "random" not in alone._neighbours
    assert alone.record.labels is not None
    assert len(alone._table(alone.record.labels).head) == 2
    assert [line.name for line in alone._chart(alone.record.labels).lines] == ["chance"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"schema_version":1', '"schema_version":2'),
        ('"layers"', '"other"'),
        ('["layer5",4]', '["layer5",5]'),
        ('"filter":2,', '"filter":7,'),
        ("}", ""),
    ],
)
def test_a_damaged_record_and_another_version_are_refused(
    tmp_path: Path, before: str, after: str
) -> None:
    """One line says what mends it."""
    made = make_atlas(tmp_path / "atlas", image_map="")
    path = made / "studies/map" / RECORD
    gallery = read_gallery(Atlas.open(made))
    path.write_text(path.read_text().replace(before, after))
    with pytest.raises(AtlasError, match="run `filter-gallery compute` again") as refused:
        MapSite.read(made / "studies/map", gallery)
    assert "\n" not in str(refused.value)
