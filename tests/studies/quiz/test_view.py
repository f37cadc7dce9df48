"""The machine's score on pages of filters and layers, the order of the cards, and claims on it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from generator.atlas.store import Atlas
from generator.errors import AtlasError
from generator.render.facts import read_gallery
from generator.render.site.build import compose
from generator.render.site.check import check_files
from generator.render.site.pages import Pages
from generator.render.site.studies import read_studies
from generator.render.views.layer.cards import cards_script, orders
from generator.studies.quiz import words
from generator.studies.quiz.chart import bins, score_chart
from generator.studies.quiz.record import RECORD
from generator.studies.quiz.view import QuizSite
from tests import ROOT
from tests.support.tiny_atlas import DEAD, make_atlas
from tests.support.tiny_quiz import SILENT, write_quiz
from tests.support.views import pages_of, rooms

LAST = 5  # filter of layer 3, the fourth of those with a question


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny atlas with the study."""
    return make_atlas(tmp_path_factory.mktemp("quiz") / "atlas", quiz="")


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, str]:
    """Return the pages of its site."""
    return pages_of(folder)


def read(folder: Path) -> QuizSite:
    """Read the study as the site does."""
    return QuizSite.read(folder / "studies" / "quiz", read_gallery(Atlas.open(folder)))


def section(page: str) -> str:
    """Return the study's part of a page, in one line of words and cells."""
    part = page[page.index('aria-labelledby="quiz"') :].partition("</section>")[0]
    return " ".join(part.replace("\u00a0", " ").split())


def test_the_site_is_without_faults(folder: Path) -> None:
    """Also the pictures of the questions are there."""
    site = compose(
        Atlas.open(folder),
        Pages(ROOT / "site_templates"),
        ROOT / "content",
        None,
        lambda *_: None,
        lambda _: None,
    )
    assert check_files(site.texts, site.sizes()).problems == ()
    shown = {path for path in site.pictures if path.startswith("studies/quiz/")}
    assert len(shown) == 2 + 3 + 4 + 0 + 2
    assert "studies/quiz/layer3/5.webp" in shown


def test_a_filter_says_how_often_it_is_told(pages: dict[str, str]) -> None:
    """Both scores, in words, beside the medians of the layer and of random weights."""
    found = section(pages[f"layer3/{LAST}.html"])
    assert "right in 70 % of pairs by what" in found
    assert "in 38 % by their pixels" in found
    assert "This is no measurement of people" in found
    rows = re.findall(r'scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td>', found)
    assert rows == [
        (words.BY["code"], "70", "85", "50"),
        (words.BY["pixels"], "38", "44", "25"),
    ]
    assert 'href="index.html#quiz"' in found


def test_a_filter_of_which_nothing_can_be_asked_says_so(pages: dict[str, str]) -> None:
    """Without a number."""
    found = section(pages[f"layer3/{DEAD}.html"])
    assert words.NO_QUESTION in found
    assert "%" not in found


def test_a_layer_says_the_medians_and_draws_all(pages: dict[str, str]) -> None:
    """Two charts, with untrained filters as a line, and how it was measured."""
    found = section(pages["layer3/index.html"])
    assert "right in 85 % of pairs" in found
    assert "random weights it was right in 50 % and 25 %" in found
    assert found.count('class="bars"') == found.count('class="before"') == 2
    assert "Half of four filters reach 85 % or more; with random weights, 50 %." in found
    assert "three filters of the same shapes" in found
    assert "among all 14 images" in found


def test_a_layer_of_which_nothing_can_be_asked_says_so(pages: dict[str, str]) -> None:
    """Without a chart, a number or an order."""
    found = section(pages[f"{SILENT}/index.html"])
    assert words.NOTHING in found
    assert "<svg" not in found
    assert "%" not in found
    assert 'value="machine"' not in pages[f"{SILENT}/index.html"]


def test_random_weights_stand_alone(tmp_path: Path) -> None:
    """Nothing is said of an untrained network where the network is one."""
    folder = make_atlas(tmp_path / "atlas")
    write_quiz(folder, untrained=False)
    pages = pages_of(folder)
    found = section(pages["layer3/index.html"])
    assert words.GUESSING in found
    assert 'class="before"' not in found
    assert "random weights" not in found
    assert "70</td><td>85</td><td>–</td>" in section(pages[f"layer3/{LAST}.html"])


def test_cards_can_be_ordered_by_the_score(folder: Path, pages: dict[str, str]) -> None:
    """What is told best comes first, what cannot be asked last; without the study nothing is."""
    assert f'<option value="machine">{words.ORDER}</option>' in pages["layer3/index.html"]
    gallery = read_gallery(Atlas.open(folder))
    layer = gallery.layer("layer3")
    script = cards_script(layer, 1, read_studies(Atlas.open(folder), gallery).sites)
    ranks = json.loads(script.partition(b"=")[2].rstrip(b";\n"))["orders"]["machine"]
    assert sorted(range(6), key=lambda number: (ranks[number], number)) == [0, 3, 4, 5, 1, 2]
    assert ranks[1] == ranks[2]
    assert "machine" not in dict(orders(layer))
    assert b"machine" not in cards_script(layer, 1)


def test_the_way_to_the_quiz_is_there(folder: Path) -> None:
    """From pages of filters and layers, with the layer in its address."""
    site, (frames, _) = read(folder), rooms(folder)
    layer = frames.gallery.layer("layer3")
    for each in (site.on_filter(frames, layer, 0), site.on_layer(frames, layer)):
        assert each.view.links[-1].href == "../quiz.html?layer=layer3"
        assert each.view.links[-1].text == "Try it yourself on filters of Layer 3"
    silent = frames.gallery.layer(SILENT)
    assert site.on_layer(frames, silent).view.links == ()


def test_texts_can_claim_the_medians(folder: Path) -> None:
    """By both likenesses, trained and untrained; not of a layer without a score."""
    numbers = read(folder).numbers
    assert numbers.photographs
    assert numbers.values["median score by code", "layer3"] == pytest.approx(0.85)
    assert numbers.values["median score by pixels", "layer3"] == pytest.approx(0.44)
    assert numbers.values["untrained median score by code", "layer3"] == 0.5
    assert not any(layer == SILENT for _, layer in numbers.values)


def test_of_some_images_it_says_how_many(folder: Path) -> None:
    """They were chosen evenly."""
    site, (frames, _) = read(folder), rooms(folder)
    some = site.record.model_copy(update={"images": 2_000, "all_images": False})
    found = replace(site, record=some).on_layer(frames, frames.gallery.layer("layer3"))
    assert "among 2,000 evenly chosen images" in found.view.measured


def test_a_study_that_does_not_fit_the_atlas_is_no_crash(tmp_path: Path) -> None:
    """The error names the folder and says what mends it."""
    other = make_atlas(tmp_path / "atlas")
    record = write_quiz(other)
    assert record is not None
    file = other / "studies" / "quiz" / RECORD
    fewer = record.model_copy(update={"layers": record.layers[:-1]})
    file.write_text(fewer.model_dump_json())
    with pytest.raises(AtlasError, match=r"quiz: made for other layers.*compute` again"):
        read(other)
    file.write_text("{}")
    with pytest.raises(AtlasError, match=r"quiz.json: not what this version reads"):
        read(other)


def test_bins_hold_every_score() -> None:
    """The last holds 1 as well; a score on an edge belongs to the upper bin."""
    found = bins((0.0, 0.049, 0.05, 0.35, 0.7, 0.95, 1.0, 1.0))
    assert [number for number, part in enumerate(found) if part] == [0, 1, 7, 14, 19]
    assert found[19] == 3 / 8
    assert sum(bins(())) == 0


def test_bars_and_line_are_shares() -> None:
    """A single untrained filter stands as high as all of many trained ones."""
    chart = score_chart("by-code", "By", (1.0, 1.0, 0.5), (1.0,), "")
    assert re.findall(r"v-(\d+)h", chart.bars) == ["25", "51"]
    assert chart.line.endswith("V16h13.2V92")
    assert score_chart("by-code", "By", (0.5,), (), "").line == ""
