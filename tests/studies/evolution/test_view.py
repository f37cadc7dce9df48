"""The strip on a filter's page, the figure and curve on a layer's, the page, and its numbers."""

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
from generator.studies.evolution.chart import curve, shortened_titles
from generator.studies.evolution.view import EvolutionSite
from tests import ROOT
from tests.support.tiny_atlas import DEAD, PARTLY, make_atlas
from tests.support.tiny_evolution import write_evolution
from tests.support.views import pages_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny atlas with the study."""
    found = make_atlas(tmp_path_factory.mktemp("evolution") / "atlas")
    write_evolution(found)
    return found


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, str]:
    """Return the pages of its site."""
    return pages_of(folder)


def read(folder: Path) -> EvolutionSite:
    """Read the study as the site does."""
    atlas = Atlas.open(folder)
    return EvolutionSite.read(folder / "studies" / "evolution", read_gallery(atlas))


def test_the_site_is_without_faults(folder: Path) -> None:
    """Every strip that a page shows is there, every link leads somewhere, pages keep in budget."""
    site = compose(
        Atlas.open(folder),
        Pages(ROOT / "site_templates"),
        ROOT / "content",
        None,
        lambda *_: None,
        lambda _: None,
    )
    report = check_files(site.texts, site.sizes())
    assert report.problems == ()
    assert sum(path.startswith("studies/evolution/") for path in site.pictures) == 24


def test_the_strip_of_a_filter_says_what_each_column_is(pages: dict[str, str]) -> None:
    """Epochs as words, how many of the final nine were there, and the correlation."""
    page = pages["layer1/0.html"]
    assert re.findall(r"<li><b>(.*?)</b> (.*?)<br>(.*?)</li>", page) == [
        ("epoch 1", "2 of 9", "0.25"),
        ("epoch 2", "4 of 9", "0.50"),
        ("epoch 21", "6 of 9", "0.75"),
        ("final", "9 of 9", "1.00"),
    ]
    assert 'src="../studies/evolution/layer1/0.webp" width="54" height="26"' in page
    assert "epoch 1, epoch 2, epoch 21 and final" in page
    assert "most among all 14 images" in page


def test_filters_with_few_images_or_none_have_a_strip_too(pages: dict[str, str]) -> None:
    """Counted are the images that there are; nothing is said of what cannot be compared."""
    assert "<b>epoch 2</b> 2 of 4<br>0.50" in pages[f"layer1/{PARTLY}.html"]
    assert "<b>final</b> 0 of 0<br>–" in pages[f"layer1/{DEAD}.html"]


def test_a_layer_shows_its_figure_its_curve_and_the_same_as_a_table(
    pages: dict[str, str],
) -> None:
    """The strips lead to the filters; the sentence follows from the numbers."""
    page = pages["layer1/index.html"]
    section = page[page.index('aria-labelledby="settled"') :].partition("</section>")[0]
    assert re.findall(r'<figure><a href="(.*?)">', section) == [f"{n}.html" for n in range(4)]
    assert "epoch 1, 2, 21 and final" in section
    # The share is of whole images: 2, 4 and 6 of nine, 1, 2 and 3 of four.
    assert "at least half of its final images among its nine from epoch 21 on" in section
    assert "with the final ones is at least 0.5 from epoch 2 on" in section
    cells = re.findall(r"<td>(.*?)</td>", section)
    assert cells == ["0.22", "0.44", "0.67", "1.00", "0.25", "0.50", "0.75", "1.00"]
    assert section.count("<polyline") == 2
    last = pages["layer5/index.html"]
    assert (
        "less than half of its final images among its nine at epoch 21, the last snapshot" in last
    )
    assert "is below 0.5 at epoch 21 (0.38)" in last


def test_the_page_says_by_when_each_layer_passed_half(pages: dict[str, str]) -> None:
    """From the first layer to the last, for both measures, with the numbers."""
    page = pages["evolution.html"]
    found = re.findall(r'<tr><th scope="row">(Layer \d)</th><td>(.*?)</td>', page)
    assert found[:5] == [
        *((f"Layer {number}", "by epoch 21") for number in (1, 2)),
        *((f"Layer {number}", "after epoch 21") for number in (3, 4, 5)),
    ]
    assert found[5:] == [
        ("Layer 1", "by epoch 2"),
        ("Layer 2", "by epoch 21"),
        ("Layer 3", "by epoch 21"),
        ("Layer 4", "after epoch 21"),
        ("Layer 5", "after epoch 21"),
    ]
    assert "with 373 of the 4,089 stimuli" in page
    for layer in range(1, 6):
        assert f'href="layer{layer}/index.html#settled"' in page


def test_texts_can_claim_the_medians(folder: Path) -> None:
    """By the titles of the snapshots, and which of them passes half."""
    numbers = read(folder).numbers
    assert numbers.photographs
    assert numbers.values["correlation at epoch 2", "layer1"] == 0.5
    assert numbers.values["snapshots to half the correlation", "layer1"] == 2
    assert numbers.values["snapshots to half the share", "layer5"] == 4  # not one of three


def test_many_snapshots_are_scrolled_to(folder: Path, tmp_path: Path) -> None:
    """More than fit side by side on a page; with the keyboard, too."""
    other = make_atlas(tmp_path / "atlas")
    write_evolution(other, titles=tuple(f"step {number}" for number in range(12)))
    page = pages_of(other)["layer2/0.html"]
    assert '<div class="strip wide" role="region" aria-label="Filter 0" tabindex="0">' in page
    assert '<div class="strip">' in pages_of(folder)["layer2/0.html"]


def test_where_only_some_images_were_looked_at_pages_say_so(tmp_path: Path) -> None:
    """On every filter's page, and where all is said of how it was measured."""
    folder = make_atlas(tmp_path / "atlas")
    record = write_evolution(folder)
    assert record is not None
    some = record.model_copy(update={"images": 2_000, "all_images": False})
    place = folder / "studies" / "evolution"
    (place / "evolution.json").write_text(some.model_dump_json())
    finish(place, "evolution", 1, {}, "")
    pages = pages_of(folder)
    assert "most among 2,000 evenly chosen images, below" in pages["layer1/0.html"]
    assert "of each snapshot on 2,000 evenly chosen images and with" in pages["evolution.html"]


def test_a_study_that_does_not_fit_the_atlas_is_no_crash(tmp_path: Path) -> None:
    """The error names the folder and says what mends it."""
    other = make_atlas(tmp_path / "atlas")
    record = write_evolution(other)
    assert record is not None
    file = other / "studies" / "evolution" / "evolution.json"
    fewer = record.model_copy(update={"layers": record.layers[:-1]})
    file.write_text(fewer.model_dump_json())
    with pytest.raises(AtlasError, match=r"evolution: made for other layers.*compute` again"):
        read(other)
    file.write_text("{}")
    with pytest.raises(AtlasError, match=r"evolution.json: not what this version reads"):
        read(other)


def test_the_curve_ends_at_one_and_breaks_where_nothing_is_known() -> None:
    """Moments stand at even distances; a correlation below zero lies on the axis."""
    drawn = curve((0.0, 0.5, 0.75), (-0.2, None, 0.5), ("epoch 1", "epoch 2", "epoch 9"), "L")
    assert drawn.share == ("0,120 100,60 200,30 300,0",)
    assert drawn.correlation == ("0,120", "200,60 300,0")
    assert [(tick.x, tick.text) for tick in drawn.ticks] == [
        ("0", "1"),
        ("100", "2"),
        ("200", "9"),
        ("300", "final"),
    ]
    assert drawn.axis == "epoch"


@pytest.mark.parametrize(
    ("titles", "found"),
    [
        (("epoch 1", "epoch 20"), ("epoch", ("1", "20"))),
        (("epoch 1", "step 20"), ("", ("epoch 1", "step 20"))),
        (("at step 1", "at step 2"), ("at step", ("1", "2"))),
        (("start",), ("", ("start",))),
        (("epoch", "epoch 2"), ("", ("epoch", "epoch 2"))),
    ],
)
def test_what_begins_all_titles_is_said_once(
    titles: tuple[str, ...], found: tuple[str, tuple[str, ...]]
) -> None:
    """As long as something is left of each."""
    assert shortened_titles(titles) == found
