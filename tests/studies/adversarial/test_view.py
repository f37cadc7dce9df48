"""The page, the sections of layers, and the numbers that texts can claim."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generator.atlas.store import Atlas
from generator.errors import AtlasError
from generator.render.facts import read_gallery
from generator.render.site.build import compose
from generator.render.site.check import check_files
from generator.render.site.pages import Pages
from generator.studies.adversarial.record import RECORD, Adversarial, Against
from generator.studies.adversarial.view import AdversarialSite
from tests import ROOT
from tests.support.tiny_adversarial import SILENT, write_adversarial
from tests.support.tiny_atlas import NETWORK, make_atlas
from tests.support.views import pages_of

MOVED = r"<li><a href=\"{}/index.html\">[^<]*</a> (?:moves|answers) .*?</li>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny atlas with the study."""
    network = NETWORK.model_copy(update={"trained_on": "squares & <circles>."})
    place = tmp_path_factory.mktemp("adversarial") / "atlas"
    return make_atlas(place, network=network, adversarial="")


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, str]:
    """Return the pages of its site."""
    return pages_of(folder)


def read(folder: Path) -> AdversarialSite:
    """Read the study as the site does."""
    atlas = Atlas.open(folder)
    return AdversarialSite.read(folder / "studies" / "adversarial", read_gallery(atlas))


def plain(page: str) -> str:
    """Return the words of a page on one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_the_site_is_without_faults(folder: Path) -> None:
    """Every picture is there, every link leads somewhere, pages keep in budget."""
    site = compose(
        Atlas.open(folder),
        Pages(ROOT / "site_templates"),
        ROOT / "content",
        None,
        lambda *_: None,
        lambda _: None,
    )
    assert check_files(site.texts, site.sizes()).problems == ()
    assert sum(path.startswith("studies/adversarial/") for path in site.pictures) == 6


def test_the_table_has_every_number_of_the_curve(pages: dict[str, str]) -> None:
    """A row for each change, with how many images withstand."""
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th>(.*?)</tr>", pages["adversarial.html"])
    cells = {name: tuple(map(int, re.findall(r"<td>(\d+)</td>", row))) for name, row in rows}
    assert cells == {
        "Random noise: keep the answer": (20, 20, 20, 19, 18),
        "One step: keep the answer": (18, 15, 11, 9, 7),
        "Seven steps: keep the answer": (17, 12, 5, 2, 1),
        "Seven steps towards a class: do not reach it": (20, 20, 18, 9, 3),
    }


def test_what_came_out_is_said_in_words(pages: dict[str, str]) -> None:
    """The first budget at which half have changed, noise there, whole levels, and a caution."""
    page = plain(pages["adversarial.html"])
    assert "At 2 of 255 levels the seven steps have changed the answer of at least half" in page
    assert "Noise of the same size changes none of 20 answers there" in page
    assert "With whole levels alone, six of 20 images withstand seven steps at 2 levels" in page
    assert "squares &amp; &lt;circles&gt;. Images of this set may have been among them" in page


def test_images_stand_with_both_answers_and_hostile_names_are_text(pages: dict[str, str]) -> None:
    """One whose answer stays says so; how much the change is enlarged is said."""
    page = pages["adversarial.html"]
    assert "<b>bold</b> & " not in page
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; {{ thing }}" in page
    words = plain(page)
    assert "Before: lotus, 97.0\xa0%" in page
    assert "0.3\xa0%, by at most 0.5 of 255 levels; the change is shown ×\xa0255" in page
    assert "After: still stop sign, 50.0\xa0%, at 8 of 255 levels" in page
    assert 'alt="The change, times 16"' in page
    assert "Two of these images, at even distances" in words


@pytest.mark.parametrize(
    ("against", "said"),
    [
        ("own", "No label of these images means a class of the network"),
        ("none right", "it answers none of these right"),
    ],
)
def test_what_stands_in_the_place_of_the_right_answer_is_said(
    tmp_path: Path, against: Against, said: str
) -> None:
    """And that no image may be shown, where none may; the curve is there."""
    made = make_atlas(tmp_path / "atlas", adversarial="")
    write_adversarial(made, against=against, licensed=False)
    page = plain(pages_of(made)["adversarial.html"])
    assert said in page
    assert "No licence of these images is known" in page
    assert "Random noise: keep the answer" in page


def test_the_filters_that_move_most_are_linked(pages: dict[str, str]) -> None:
    """At most five, most first, none that does not move; a silent layer says that it is."""
    page = pages["adversarial.html"]
    (row,) = re.findall(MOVED.format("layer3"), page)
    assert re.findall(r"filter (\d)</a> ([\d.]+) \(([\d.]+)\)", row) == [
        ("5", "1.50", "0.300"),
        ("4", "1.20", "0.240"),
        ("3", "0.900", "0.180"),
        ("2", "0.600", "0.120"),
        ("1", "0.300", "0.0600"),
    ]
    assert "moves by 15.0\xa0%, with noise by 1.0\xa0%" in row
    (row,) = re.findall(MOVED.format(SILENT), page)
    assert "answers to none of the images" in row
    assert "filter" not in row


def test_a_layer_says_how_far_it_moves(pages: dict[str, str]) -> None:
    """With a way to the page; nothing of a silent layer."""
    page = pages["layer2/index.html"]
    assert 'aria-labelledby="adversarial"' in page
    assert "moves this layer by 10.0\xa0% of its norm" in page
    assert 'href="../adversarial.html"' in page
    assert 'aria-labelledby="adversarial"' not in pages[f"{SILENT}/index.html"]


def test_home_leads_to_the_page(pages: dict[str, str]) -> None:
    """By its name."""
    assert '<a href="adversarial.html">How little changes the answer</a>' in pages["index.html"]


def test_texts_can_claim_each_number(folder: Path) -> None:
    """Shares that withstand, the budget of the half, and how far layers move."""
    numbers = read(folder).numbers
    assert numbers.photographs
    assert numbers.values["projected at 1", ""] == 12 / 20
    assert numbers.values["noise at 8", ""] == 18 / 20
    assert numbers.values["whole at 2", ""] == 6 / 20
    assert numbers.values["half at", ""] == 2
    assert numbers.values["moves", "layer2"] == 0.1
    assert ("moves", SILENT) not in numbers.values


def test_a_curve_that_never_falls_to_half_says_so(folder: Path) -> None:
    """Nothing can be claimed of the half then."""
    site = read(folder)
    high = site.record.model_copy(update={"projected": (20, 20, 20, 15, 11)})
    kept = AdversarialSite(site.folder, high, site.gallery)
    assert ("half at", "") not in kept.numbers.values


def test_a_record_of_other_layers_is_refused(tmp_path: Path) -> None:
    """And one that is not readable; both say what to do."""
    made = make_atlas(tmp_path / "atlas", adversarial="")
    path = made / "studies" / "adversarial" / RECORD
    record = Adversarial.model_validate_json(path.read_bytes())
    path.write_text(record.model_copy(update={"layers": record.layers[:-1]}).model_dump_json())
    with pytest.raises(AtlasError, match="other layers"):
        read(made)
    path.write_text("{}")
    with pytest.raises(AtlasError, match="run `filter-gallery compute` again"):
        read(made)
