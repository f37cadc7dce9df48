"""The study on the site: the page with its charts, what stands at layers, and awkward records."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generator.atlas.store import Atlas
from generator.errors import AtlasError
from generator.render.facts import read_gallery
from generator.render.site.build import compose, site_assets
from generator.render.site.check import check_files
from generator.render.site.pages import Pages
from generator.render.site.studies import read_studies
from generator.render.text.content import Subject, read_content
from generator.render.text.texts import Texts
from generator.render.views.frame import Frames
from generator.studies.invariance.record import ARRAYS, RECORD
from generator.studies.invariance.view import InvarianceSite
from generator.studies.invariance.words import percent, step
from tests import ROOT
from tests.support.tiny_atlas import LAYERS, NETWORK, make_atlas
from tests.support.tiny_invariance import write_invariance
from tests.support.views import pages_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny atlas with the study."""
    return make_atlas(tmp_path_factory.mktemp("invariance") / "atlas", invariance="")


def page_of(folder: Path) -> str:
    """Return the study's page in an atlas."""
    atlas, templates = Atlas.open(folder), Pages(ROOT / "site_templates")
    gallery = read_gallery(atlas)
    studies = read_studies(atlas, gallery)
    subject = Subject.of(atlas.manifest, studies.with_page)
    content = read_content(ROOT / "content", subject, lambda _: None)
    assets = site_assets(templates.templates, gallery)
    frames = Frames(gallery, content, assets, None, "1", studies.sites, studies.absent)
    texts = Texts(gallery, content, templates.figure, studies.numbers.keys())
    (site,) = studies.sites
    return templates.html("studies/invariance", site.view(frames, texts))


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    """Return the study's page."""
    return page_of(folder)


def charts(page: str) -> list[str]:
    """Return the charts of a page."""
    return re.findall(r'<figure class="curve lines">.*?</figure>', page, re.DOTALL)


def test_the_site_is_without_faults(folder: Path) -> None:
    """Every strip is there, every link leads somewhere, pages keep in budget."""
    templates = Pages(ROOT / "site_templates")
    said: list[str] = []
    site = compose(
        Atlas.open(folder), templates, ROOT / "content", None, lambda *_: None, said.append
    )
    report = check_files(site.texts, site.sizes())
    assert report.problems == ()
    assert sum(path.startswith("studies/invariance/") for path in site.pictures) == 5


def test_there_are_nine_charts_of_five_images_and_their_median(page: str) -> None:
    """Thin lines have dashes and numbers; the one with values that are no numbers has gaps."""
    found = charts(page)
    assert len(found) == 9
    titles = [re.findall(r"<b>(.*?)</b>", chart)[0] for chart in found]
    assert titles == ["Layer 1: distance", "Scores: distance", "Probability of the right class"] * 3
    names = re.findall(r'<text x="[^"]*" y="[^"]*">([^<]*)</text>', found[0])
    assert names == ["1", "2", "3", "4", "5", "median"]
    without_fourth = re.findall(r'<text x="[^"]*" y="[^"]*">([^<]*)</text>', found[1])
    assert without_fourth == ["1", "2", "3", "5", "median"]
    assert all('class="band"' in chart for chart in found)
    assert len(set(re.findall(r'stroke-dasharray="(.*?)"', found[0]))) == 5
    assert "Two different images: 250 (median)." in found[0]
    assert "0 % at 60" not in found[0]


def test_each_image_says_what_becomes_of_its_class(page: str) -> None:
    """Four tiles, with the probability under each; the wrong one says so."""
    figures = re.findall(r'<figure class="strip">.*?</figure>', page, re.DOTALL)
    assert len(figures) == 5
    columns = re.findall(r"<li><b>(.*?)</b> (.*?)</li>", figures[0])
    titles = ["as it is", "60\u00a0px down", "1.8\u00a0times", "45°"]
    assert [title for title, _ in columns] == titles
    assert columns[0][1] == "90\u00a0%"
    assert "another class is more probable" in figures[4]
    assert all("–" in value for _, value in re.findall(r"<li>(.*?</b>) (.*?)</li>", figures[3]))


def test_captions_and_classes_are_escaped(page: str) -> None:
    """In figures, sentences and alternative texts."""
    assert "&lt;i&gt;lotus&lt;/i&gt;" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "<i>" not in page
    assert "onerror=alert(1)>" not in page


def test_sentences_and_tables_have_the_numbers(page: str) -> None:
    """How far the first step leads, who keeps the answer, and all medians."""
    assert (
        "The first 10\u00a0px take an image 41\u00a0% at Layer 1 and 17\u00a0% in the scores of "
        "the way that 60\u00a0px take it; in even steps it would be 17\u00a0%."
    ) in page
    assert "at no angle half-way between, it stays for one image (" in page
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', page)
    assert len(rows) == 13 + 9 + 24
    assert dict(rows)["0"].startswith("<td>0</td><td>0</td><td>0</td>")


def test_the_first_and_the_last_layer_say_how_far_small_changes_lead(folder: Path) -> None:
    """The others say nothing."""
    pages = pages_of(folder)
    for name in ("layer1", "layer5"):
        assert 'href="../invariance.html"' in pages[f"{name}/index.html"]
    assert "an image that is moved by 10\u00a0px is" in pages["layer1/index.html"]
    assert 'id="invariance"' not in pages["layer3/index.html"]


def test_without_a_licence_the_median_stands_alone(tmp_path: Path) -> None:
    """And the page says why."""
    folder = make_atlas(tmp_path / "atlas", credit=None)
    write_invariance(folder, may_show=False)
    page = page_of(folder)
    assert "No licence is known for these images, so none is shown enlarged" in page
    assert 'class="strip"' not in page
    assert "stroke-dasharray" not in page
    assert len(charts(page)) == 9


def test_without_classes_there_are_six_charts_and_the_reason(tmp_path: Path) -> None:
    """The last layer stands for the answer."""
    folder = make_atlas(tmp_path / "atlas")
    write_invariance(folder, no_classes="the network gives maps, not a score for each class")
    page = page_of(folder)
    assert len(charts(page)) == 6
    assert "There are no charts of probabilities: the network gives maps, not a score" in page
    assert "Layer 5: distance" in page
    assert "Same answer" not in page.partition('id="numbers"')[2].partition("<table>")[2]


def test_one_layer_without_classes_has_three_charts(tmp_path: Path) -> None:
    """Nothing is drawn twice."""
    folder = make_atlas(tmp_path / "atlas", layers=LAYERS[:1])
    write_invariance(folder, no_classes="the network gives one number")
    page = page_of(folder)
    assert len(charts(page)) == 3


def test_own_answers_are_called_so(tmp_path: Path) -> None:
    """Where no label means a class."""
    folder = make_atlas(tmp_path / "atlas")
    write_invariance(folder, own_answers=True)
    page = page_of(folder)
    assert "No label of these images means a class of the network." in page
    assert "Probability of the answer" in page
    assert "right class" not in page.partition('id="images"')[2]


@pytest.mark.parametrize("most", [1, 2, 4])
def test_few_images_are_enough(tmp_path: Path, most: int) -> None:
    """One image has itself as its median; a band needs four."""
    folder = make_atlas(tmp_path / "atlas")
    write_invariance(folder, most=most)
    page = page_of(folder)
    assert page.count('<figure class="strip">') == most
    assert ('class="band"' in page) == (most == 4)
    assert ("Two different images" in charts(page)[0]) == (most > 1)


def test_what_the_network_learned_from_is_said(tmp_path: Path) -> None:
    """Its probabilities are no measure on new pictures."""
    network = NETWORK.model_copy(update={"trained_on": "a million squares."})
    folder = make_atlas(tmp_path / "atlas", network=network, invariance="")
    page = page_of(folder)
    assert "The network was trained on: a million squares. Images of this set may" in page


def test_why_it_is_missing_is_said(tmp_path: Path) -> None:
    """On the page that says what the site lacks, and there is no page of its own."""
    pages = pages_of(make_atlas(tmp_path / "atlas", invariance="nothing can be read"))
    assert "invariance.html" not in pages
    assert any("not on this site: nothing can be read" in page for page in pages.values())


def test_a_study_that_does_not_fit_the_atlas_is_no_crash(tmp_path: Path) -> None:
    """The error names what is wrong and says what mends it."""
    folder = make_atlas(tmp_path / "atlas", invariance="")
    place = folder / "studies" / "invariance"
    record = write_invariance(folder)
    assert record is not None
    gallery = read_gallery(Atlas.open(folder))
    other = record.vectors[1].model_copy(update={"layer": "layer9"})
    vectors = (record.vectors[0], other, *record.vectors[2:])
    changed = record.model_copy(update={"vectors": vectors})
    (place / RECORD).write_text(changed.model_dump_json())
    with pytest.raises(AtlasError, match=r"made for other layers.*compute` again"):
        InvarianceSite.read(place, gallery)
    fewer = record.model_copy(update={"rows": record.rows[:-1]})
    (place / RECORD).write_text(fewer.model_dump_json())
    with pytest.raises(AtlasError, match=rf"{ARRAYS}: not what this version reads"):
        InvarianceSite.read(place, gallery)
    (place / ARRAYS).write_bytes(b"torn")
    with pytest.raises(AtlasError, match=rf"{ARRAYS}: not what this version reads"):
        InvarianceSite.read(place, gallery)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (0.0, "0 %"),
        (0.0004, "less than 0.1 %"),
        (0.0031, "0.3 %"),
        (0.123, "12 %"),
        (0.99, "99 %"),
        (0.9961, "99.6 %"),
        (0.9995, "more than 99.9 %"),
        (1.0, "100 %"),
    ],
)
def test_probabilities_have_sensible_digits(value: float | None, text: str) -> None:
    """Whole per cents, but near both ends."""
    assert percent(value) == text.replace(" %", "\u00a0%")


def test_steps_in_words() -> None:
    """Up and down, times, degrees."""
    assert step("shift", -60) == "60\u00a0px up"
    assert step("shift", 0) == "0"
    assert step("scale", 1.4) == "1.4\u00a0times"
    assert step("rotation", 345) == "345°"
