"""The page of all images, a page for each, the ways there, and what can be claimed."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from generator.atlas.store import Atlas
from generator.errors import AtlasError
from generator.render import urls
from generator.render.facts import read_gallery
from generator.render.site.check import check_site
from generator.render.site.pages import Pages
from generator.studies.occlusion import record
from generator.studies.occlusion.view import OcclusionSite
from tests import ROOT
from tests.render.site.test_build import make
from tests.support.tiny_atlas import make_atlas
from tests.support.tiny_occlusion import CLASSES, LOST, MANY, SAME, write_occlusion
from tests.support.views import pages_of, rooms

PERCENT = "\N{NO-BREAK SPACE}%"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny atlas with the study."""
    return make_atlas(tmp_path_factory.mktemp("occlusion") / "atlas", occlusion="")


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, str]:
    """Return the pages of its site."""
    return pages_of(folder)


def read(folder: Path) -> OcclusionSite:
    """Read the study as the site does."""
    return OcclusionSite.read(folder / "studies/occlusion", read_gallery(Atlas.open(folder)))


def words(page: str) -> str:
    """Return the text of a page in one line, no-break spaces kept."""
    text = html.unescape(re.sub(r"<[^>]*>", " ", page))
    return re.sub(r"[ \n]+", " ", text)


def item(row: int) -> str:
    """Return the page of an image."""
    return urls.study_item("occlusion", str(row))


def test_the_site_has_no_fault_and_all_pictures(folder: Path) -> None:
    """Five pictures of each image, and the scale; the sizes hold."""
    make(folder, folder.parent / "site")
    assert check_site(folder.parent / "site").problems == ()
    found = sorted((folder.parent / "site/studies/occlusion").rglob("*.webp"))
    assert len(found) == 3 * 5 + 1


def test_the_page_shows_each_image_in_the_columns_of_the_figure(pages: dict[str, str]) -> None:
    """And how they were chosen, what is right, and how the square moves."""
    page = pages["occlusion.html"]
    for row in (MANY, SAME, LOST):
        assert f'<a href="{item(row)}">' in page
        shown = re.findall(rf'(?:src|href)="studies/occlusion/{row}/(\w+)\.webp"', page)
        assert shown == list(record.PICTURES)
    text = words(page)
    assert "Three images, chosen by rule and not by eye. All images (14) were looked at." in text
    assert f"at least 80.0{PERCENT}" in text
    assert "row or columns" not in text
    assert "one is so" in text
    assert "Fewer than six are shown, as there are no more." in text
    assert "a side of 56" in text
    assert "784 positions" in text
    assert "128, 128 and 128 of 255" in text
    assert "The network was trained on" not in text  # nothing is known


def test_names_and_captions_are_escaped(pages: dict[str, str]) -> None:
    """Those of classes and of images."""
    for name in ("occlusion.html", item(MANY), item(LOST)):
        assert "<b>stop" not in pages[name]
        assert "<img src=x" not in pages[name]
        assert "onerror=alert(1)>" not in pages[name]
    assert "&lt;b&gt;stop&lt;/b&gt; sign &amp; more" in pages[item(MANY)]


def test_an_image_says_where_and_by_how_much(pages: dict[str, str]) -> None:
    """The answer, the map and their correlation; numbers by hand."""
    text = words(pages[item(MANY)])
    assert f"says <b>stop</b> sign & more, with a probability of 87.5{PERCENT}." in text
    assert "with the square in the lower left (its centre 28\u00a0px from the left and 164" in text
    assert f"from the top): to 12.5{PERCENT}." in text
    stays = 784 - len(CLASSES) + 1
    assert f"At {100 * stays / 784:.1f}{PERCENT} of the 784 positions the answer stays" in text
    assert "number 0 has the highest activation, 7.25." in text
    assert "at the top" not in text.partition("Its sum")[2][:60]  # it is in the upper right
    assert "in the upper right (its centre 164\u00a0px from the left and 28\u00a0px" in text
    assert f"from 100 to 25.0, by 75.0{PERCENT}" in text
    assert re.search(r"have a correlation of 0\.\d\d\.", text)
    assert 'href="../layer5/0.html"' in pages[item(MANY)]


def test_what_never_falls_and_never_stays(pages: dict[str, str]) -> None:
    """Sentences for maps that are the same everywhere, and for an answer that is lost."""
    same, lost = words(pages[item(SAME)]), words(pages[item(LOST)])
    assert "Nowhere does the square make that fall by a hundredth of it." in same
    assert "it. Wherever the square is, the answer stays lotus." in same
    assert "are the same at all positions" not in same
    assert "One of (a) and (c) is the same at all positions" in same
    assert "and the probability of lotus, 50.0\u00a0% without it, hardly falls" in same
    assert "Nowhere does the answer stay class 2." in lost
    brief = words(pages["occlusion.html"])
    assert "Lotus at 50.0\u00a0% without the square, and hardly less with it anywhere." in brief
    assert "Nowhere does the square make its sum, 100, fall." in lost


def test_the_legend_names_six_other_classes_and_counts_the_rest(pages: dict[str, str]) -> None:
    """The right class first, in the colours of the picture, with shares and places."""
    page = pages[item(MANY)]
    rows = re.findall(r'<path fill="(#\w+)".*?</svg> (.*?)</th><td>(.*?)</td><td>(.*?)</td>', page)
    assert [colour for colour, *_ in rows] == list(record.COLOURS)
    assert rows[0][1:] == (
        "&lt;b&gt;stop&lt;/b&gt; sign &amp; more",
        f"98.6{PERCENT}",
        "–",
    )
    assert rows[1] == (record.COLOURS[1], "lotus", f"0.13{PERCENT}", "in the lower left")
    assert rows[-1][1:3] == ("5 other classes", f"0.64{PERCENT}")
    only = re.findall(r'<path fill="(#\w+)"', pages[item(SAME)])
    assert only == [record.COLOURS[0]]


def test_boxes_stay_in_the_picture(pages: dict[str, str]) -> None:
    """The field reaches past the right border and the top."""
    page = pages[item(LOST)]
    assert '<rect class="field" x="133" y="0" width="91" height="80"/>' in page


def test_the_ways_there(pages: dict[str, str]) -> None:
    """From home, the last layer and the filters whose maps are shown, and nowhere else."""
    about = "Which part of an image the answer rests on"
    assert f'<a href="occlusion.html">{about}</a>' in pages["index.html"]
    assert f'<a href="../occlusion.html">{about}</a>' in pages["layer5/index.html"]
    assert "occlusion" not in pages["layer4/index.html"]
    assert f'<a href="../{item(MANY)}">' in pages["layer5/0.html"]
    assert f'<a href="../{item(SAME)}">' in pages["layer5/2.html"]
    assert "occlusion" not in pages["layer5/1.html"]
    assert "occlusion" not in pages["layer4/0.html"]
    first, second = pages[item(MANY)], pages[item(SAME)]
    assert f'rel="next" href="{SAME}.html"' in first
    assert 'rel="prev"' not in first
    assert f'rel="prev" href="{MANY}.html"' in second
    assert f'rel="next" href="{LOST}.html"' in second


@pytest.mark.parametrize(
    ("counts", "said", "title"),
    [
        ("label", "whose label means the network’s most probable class", "the right class"),
        ("no label", "No label of them means a class of the network.", "the answer"),
        ("none right", "right about none of those whose label means a class.", "the answer"),
    ],
)
def test_what_counts_as_right(tmp_path: Path, counts: record.Right, said: str, title: str) -> None:
    """The page says so, and the columns speak of no right class where there is none."""
    atlas = make_atlas(tmp_path / "atlas")
    write_occlusion(atlas, counts=counts)
    pages = pages_of(atlas)
    assert said in words(pages["occlusion.html"])
    assert f"(c) Probability of {title}" in words(pages[item(MANY)])


def test_the_page_of_an_image_gets_its_columns(folder: Path) -> None:
    """Where it is one of these; addresses are those of that page."""
    site, images = read(folder), Atlas.open(folder).images()
    frames, _ = rooms(folder)
    assert site.on_image(frames, images[1]) is None
    section = site.on_image(frames, images[MANY])
    assert section is not None
    assert section.template == "studies/occlusion.image.html"
    assert section.view.about.href == f"../{item(MANY)}"
    environment = Pages(ROOT / "site_templates")._environment
    made = environment.get_template(section.template).render(section=section)
    sources = re.findall(r'(?:src|href)="\.\./studies/occlusion/(\w+)/(\w+)\.webp"', made)
    assert sources == [(str(MANY), name) for name in record.PICTURES]
    assert f'href="../{item(MANY)}"' in made


def test_what_can_be_claimed(folder: Path) -> None:
    """Medians and the least, of the images."""
    numbers = read(folder).numbers
    assert numbers.photographs
    values = {fact: value for (fact, layer), value in numbers.values.items() if layer == ""}
    assert values["images"] == 3
    assert values["images with another answer"] == 2
    assert values["median fall"] == pytest.approx(0)  # 0.75, 0 and −0.25
    assert values["least fall"] == pytest.approx(-0.25)
    assert values["median fall of the map"] == pytest.approx(0.2)  # 0.75, 0.2 and 0
    assert values["least share of positions"] == 0
    assert values["median share of positions"] == pytest.approx(1 - 11 / 784)
    assert values["median correlation"] == values["least correlation"]  # one has one


def test_a_study_that_does_not_fit_the_atlas_is_no_crash(tmp_path: Path) -> None:
    """The error names the folder or file, and says what mends it."""
    atlas = make_atlas(tmp_path / "atlas")
    study = write_occlusion(atlas)
    assert study is not None
    place = atlas / "studies/occlusion"
    for wrong in (
        {"layer": "layer4"},
        {"images": (study.images[0].model_copy(update={"filter": 4}),)},
    ):
        other = study.model_copy(update=wrong)
        (place / record.RECORD).write_text(other.model_dump_json())
        with pytest.raises(AtlasError, match=r"occlusion: made for other layers.*compute` again"):
            read(atlas)
    (place / record.RECORD).write_text("{}")
    with pytest.raises(AtlasError, match=r"occlusion\.json: not what this version reads"):
        read(atlas)
    (place / record.RECORD).write_text(study.model_dump_json())
    (place / f"{MANY}.safetensors").unlink()
    with pytest.raises(AtlasError, match=r"0\.safetensors: not there; run"):
        read(atlas)


def test_without_the_study_nothing_leads_there(tmp_path: Path) -> None:
    """Why it is not there stands on the network's page."""
    pages = pages_of(make_atlas(tmp_path / "atlas", occlusion="no licence of the images is known"))
    assert "occlusion.html" not in pages
    assert "not on this site: no licence of the images is known" in words(pages["network.html"])
    assert not any("occlusion.html" in page for page in pages.values())
