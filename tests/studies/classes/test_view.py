"""The classes in the site: index, pages, sections, gone without the study, and claimed."""

from __future__ import annotations

import html
import re
from pathlib import Path

import numpy as np
import pytest

from generator.atlas.store import Atlas
from generator.errors import AtlasError, ContentError
from generator.render.facts import Gallery, read_gallery
from generator.render.site.build import site_assets
from generator.render.site.check import check_site
from generator.render.site.markup import read_markup
from generator.render.site.studies import read_studies
from generator.render.text.content import Subject, read_content
from generator.render.views.frame import Frames
from generator.studies.classes import record
from generator.studies.classes.findings import Findings
from generator.studies.classes.view import ImageClasses
from generator.studies.classes.words import added, probability
from tests import ROOT
from tests.render.site.test_build import make
from tests.support.tiny_atlas import NETWORK, make_atlas
from tests.support.tiny_classes import HOSTILE, NAMES, SILENT, write_classes
from tests.support.written_texts import IMAGES, claim, write

NB = "\N{NO-BREAK SPACE}"
REASON = "the network gives maps, not a score for each class"


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny atlas with the study."""
    network = NETWORK.model_copy(update={"trained_on": "squares & circles"})
    folder = tmp_path_factory.mktemp("classes") / "atlas"
    return make_atlas(folder, classes="", network=network)


@pytest.fixture(scope="module")
def site(atlas: Path) -> Path:
    """Return its site."""
    make(atlas, atlas.parent / "site")
    return atlas.parent / "site"


def words(site: Path, page: str, section: str = "") -> str:
    """Return the text of a page, or of the section with this id, in one line."""
    text = (site / page).read_text(encoding="utf-8")
    if section:
        text = text[text.index(f'aria-labelledby="{section}"') :]
        text = text[: text.index("</section>")]
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", text).split()))


def study(atlas: Path) -> tuple[record.Classes, record.Arrays]:
    """Read what lies in the atlas."""
    folder = atlas / "studies/classes"
    text = (folder / record.RECORD).read_bytes()
    return record.Classes.model_validate_json(text), record.read_arrays(folder)


def frames(atlas: Path) -> tuple[Frames, Gallery]:
    """Return what views are made from."""
    opened = Atlas.open(atlas)
    gallery = read_gallery(opened)
    studies = read_studies(opened, gallery)
    subject = Subject.of(opened.manifest, studies.with_page)
    content = read_content(ROOT / "content", subject, lambda _: None)
    assets = site_assets(ROOT / "site_templates", gallery, studies)
    return Frames(gallery, content, assets, None, "1", studies.sites), gallery


def test_the_site_has_no_fault(site: Path, atlas: Path) -> None:
    """A page for each class; a picture for each that has one, as it lies in the atlas."""
    assert check_site(site).problems == ()
    assert {path.stem for path in (site / "classes").iterdir()} == {*map(str, range(len(NAMES)))}
    shown = sorted((site / "studies/classes").iterdir())
    kept = sorted((atlas / "studies/classes").glob("*.webp"))
    assert [path.name for path in shown] == [path.name for path in kept]
    assert [path.read_bytes() for path in shown] == [path.read_bytes() for path in kept]
    assert len(kept) < len(NAMES)


def test_hostile_names_are_escaped(site: Path) -> None:
    """Those of classes and those of images, on every page."""
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "<script>alert(1)" not in text
        assert "<b>bold" not in text
    name = NAMES.index(HOSTILE)
    assert f"<h1>{html.escape(HOSTILE)}</h1>" in (site / f"classes/{name}.html").read_text()


def test_the_index(site: Path, atlas: Path) -> None:
    """Those with images first, each part by name; how many are right, and the strongest filter."""
    whole, arrays = study(atlas)
    text = words(site, "classes.html", "all")
    rows = [words_of(row) for row in table(site, "classes.html")]
    assert [row[0] for row in rows] == ["<b>bold</b>", "lotus", "Stop Sign", HOSTILE, "silent"]
    for row, number in zip(rows, (2, 0, 1, 3, 4), strict=True):
        one, line = whole.classes[number], arrays.added[number]
        right = f"{100 * one.right / one.images:.1f}{NB}%" if one.images else "–"
        assert row[1] == str(one.images)
        assert row[2].replace(".0", "") == right.replace(".0", "")
        best = int(line.argmax())
        assert row[3] == ("none" if number == SILENT else f"{best} ({added(float(line[best]))})")
    assert f"{whole.labelled} of {whole.images} have such a label." in text
    assert "The network was trained on: squares & circles." in text
    assert "exactly the sum of what the filters add" in text


def table(site: Path, page: str) -> list[str]:
    """Return the rows of a page's table of classes."""
    text = (site / page).read_text(encoding="utf-8")
    return re.findall(r"<tr>(<th scope=\"row\">.*?)</tr>", text, re.DOTALL)


def words_of(row: str) -> list[str]:
    """Return the cells of a row as text."""
    cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]*>", "", cell)).strip() for cell in cells]


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_a_class(site: Path, atlas: Path, number: int) -> None:
    """Filters for and against it in order, its score, its images, and what it is taken for."""
    whole, arrays = study(atlas)
    one, line = whole.classes[number], arrays.added[number].tolist()
    page = f"classes/{number}.html"
    text = words(site, page)
    falling = sorted(range(len(line)), key=lambda each: -line[each])
    said = [f"Filter {each}: {added(line[each])}" for each in falling if line[each] > 0]
    said += [f"Filter {each}: {added(line[each])}" for each in reversed(falling) if line[each] < 0]
    assert re.findall(r"Filter \d+: [+−][\d.]+", text) == said
    assert ("speak against it" in text) == (min(line) < 0)
    assert "The network was trained on: squares & circles. Images of this set may" in text
    groups = (one.surest_right, one.surest_wrong, one.surest_taken)
    markup = (site / page).read_text(encoding="utf-8")
    assert markup.count('<svg class="tile"') == sum(map(len, groups))
    titles = ("Named right, the surest", "Named otherwise, the surest", "Others named so")
    assert [title in text for title in titles] == [bool(group) for group in groups]
    for group in groups:
        for image in group:
            assert probability(image.probability).replace(NB, " ") in text
    links = read_markup(markup).links
    for other, _ in (*one.taken_for, *one.taken_from):
        assert f"{other}.html" in links
    if one.images:
        assert f"{one.right} of {one.images})" in text
        assert f"over {_several(one.images)} of the class" in text
    else:
        assert "No image of this set is of the class by its label." in text
        assert "stands the mean of it over all 14 images, as none is of the class" in text


def _several(number: int) -> str:
    small = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return f"{small[number]} image{'s' * (number != 1)}"


def test_a_filter_says_what_it_speaks_for(site: Path, atlas: Path) -> None:
    """In the last layer alone, and only of classes with images."""
    whole, arrays = study(atlas)
    known = [number for number, one in enumerate(whole.classes) if one.images]
    names = {0: "lotus", 1: "Stop Sign", 2: "<b>bold</b>"}
    for number in range(4):
        column = {each: float(arrays.added[each, number]) for each in known}
        text = words(site, f"layer5/{number}.html", "classes")
        for title, sign in (("For", 1), ("Against", -1)):
            order = sorted(known, key=lambda each, s=sign: -s * column[each])  # type: ignore[misc]
            said = [f"{names[each]} {added(column[each])}" for each in order]
            said = [each for each, at in zip(said, order, strict=True) if sign * column[at] > 0]
            assert (f" {title} {' '.join(said)}" in f" {text} ") == bool(said)
        links = read_markup((site / f"layer5/{number}.html").read_text(encoding="utf-8")).links
        assert "../classes/0.html" in links
        assert 'id="classes"' not in (site / f"layer4/{number}.html").read_text(encoding="utf-8")


def test_the_last_layer_has_a_table(site: Path, atlas: Path) -> None:
    """Of the classes with images, each with its strongest filter."""
    _, arrays = study(atlas)
    rows = [words_of(row) for row in table(site, "layer5/index.html")]
    best = {number: int(arrays.added[number].argmax()) for number in (2, 0, 1)}
    assert rows == [
        [name, f"{best[number]} ({added(float(arrays.added[number].max()))})"]
        for name, number in (("<b>bold</b>", 2), ("lotus", 0), ("Stop Sign", 1))
    ]
    assert 'id="classes"' not in (site / "layer4/index.html").read_text(encoding="utf-8")


def test_an_image_says_what_it_is_taken_for(atlas: Path) -> None:
    """Three classes and their probabilities, and whether its label means one."""
    made, _ = frames(atlas)
    (site,) = made.studies
    images = Atlas.open(atlas).images()
    _, arrays = study(atlas)
    for at, row in enumerate(arrays.row.tolist()):
        section = site.on_image(made, images[row])
        assert section is not None
        assert isinstance(section.view, ImageClasses)
        assert [cell.words for cell in section.view.answers] == [
            probability(value) for value in arrays.probability[at].tolist()
        ]
        hrefs = [cell.link.href for cell in section.view.answers if cell.link]
        assert hrefs == [f"../classes/{number}.html" for number in arrays.answer[at].tolist()]
        meant = int(arrays.meant[at])
        assert ("no class" in section.view.sentence) == (meant < 0 and images[row].label != "")
        assert section.view.sentence.endswith("The network may have been trained on this image.")
    assert site.on_image(made, images[0].model_copy(update={"row": 999})) is None


def test_images_lead_to_their_pages(atlas: Path) -> None:
    """Where they have one, and nowhere else."""
    made, gallery = frames(atlas)
    (site,) = made.studies
    whole, _ = study(atlas)
    surest = whole.classes[0].surest_taken[0].row
    object.__setattr__(gallery, "image_pages", frozenset({surest}))
    pages = {page.path: page.view for page in site.pages(made, None)}  # type: ignore[arg-type]
    rows = pages["classes/0.html"].rows  # type: ignore[attr-defined]
    hrefs = {image.href for row in rows for image in row.images}
    assert hrefs == {"", f"../images/{surest}.html"}


def test_very_many_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index goes on, each page in its sizes; a class without a page is named without a link."""
    monkeypatch.setattr(record, "MOST_PAGES", 220)
    atlas = make_atlas(tmp_path / "atlas", classes="")
    names = (*(f"kind {number}, also {number}" for number in range(250)), *NAMES)
    write_classes(atlas, names=names)
    make(atlas, tmp_path / "site")
    assert check_site(tmp_path / "site").problems == ()
    index = ("classes.html", "classes/page2.html", "classes/page3.html")
    rows = [table(tmp_path / "site", name) for name in index]
    assert [len(each) for each in rows] == [100, 100, 20]
    names_shown = [words_of(row)[0] for each in rows for row in each]
    assert names_shown[3:] == [f"kind {number}, also {number}" for number in range(217)]
    pages = {path.stem for path in (tmp_path / "site/classes").glob("*.html")}
    numbers = {*map(str, range(217)), "250", "251", "252"}  # the last three have images
    assert pages == {"page2", "page3"} | numbers
    assert len(table(tmp_path / "site", "layer5/index.html")) == 3  # those with images
    whole, _ = study(atlas)
    bare = {
        (number, other)
        for number in range(250, 253)
        for other, _ in whole.classes[number].taken_for
        if str(other) not in numbers
    }
    assert bare
    for number, other in bare:
        said = f"kind {other}, also {other} (1)"
        assert said in words(tmp_path / "site", f"classes/{number}.html", "confused")


def test_labels_that_mean_no_class(tmp_path: Path) -> None:
    """Nothing is said of how often it is right, and how labels are matched is told."""
    atlas = make_atlas(tmp_path / "atlas", classes="")
    write_classes(atlas, labelled=False)
    make(atlas, tmp_path / "site")
    text = words(tmp_path / "site", "classes.html")
    assert "No label of the images means a class of the network" in text
    assert "A label means the class of the same name" in text
    assert "Labels that mean no class: <b>bold</b>, lotus and stop sign." in text
    assert "Named right 0" not in text
    known = {fact for fact, _ in read(atlas).numbers.values}
    assert known == {"images"}
    assert len(table(tmp_path / "site", "layer5/index.html")) == len(NAMES)


def read(atlas: Path) -> Findings:
    """Read the findings."""
    return Findings.read(atlas / "studies/classes", read_gallery(Atlas.open(atlas)))


def test_a_head_that_is_not_linear(tmp_path: Path) -> None:
    """The pages say that it is an estimate; of a class without any image they know none."""
    atlas = make_atlas(tmp_path / "atlas", classes="")
    write_classes(atlas, exact=False)
    make(atlas, tmp_path / "site")
    assert check_site(tmp_path / "site").problems == ()
    text = words(tmp_path / "site", "classes/0.html")
    assert "its activation times the gradient of the score" in text
    assert "exactly" not in text
    assert "It is an estimate" in words(tmp_path / "site", "layer5/0.html", "classes")
    assert "constant" not in text
    assert len(table(tmp_path / "site", "layer5/index.html")) == 3
    write_classes(atlas, exact=False, labelled=False)
    make(atlas, tmp_path / "site")
    rows = [words_of(row)[0] for row in table(tmp_path / "site", "layer5/index.html")]
    assert "silent" not in rows  # nothing is known of its filters
    assert rows
    silent = words(tmp_path / "site", f"classes/{SILENT}.html")
    assert "nothing is known of its filters" in silent
    assert "Filters that speak" not in silent


def test_one_class(tmp_path: Path) -> None:
    """Its page has no neighbours."""
    atlas = make_atlas(tmp_path / "atlas", classes="")
    write_classes(atlas, names=("lotus",))
    make(atlas, tmp_path / "site")
    assert check_site(tmp_path / "site").problems == ()


def test_nothing_is_said_without_the_study(tmp_path: Path) -> None:
    """Why it is not there stands on the network's page; nowhere where it never ran."""
    for classes in (REASON, None):
        folder = tmp_path / str(classes is None)
        make(make_atlas(folder / "atlas", classes=classes), folder / "site")
        assert not (folder / "site/classes.html").exists()
        for path in (folder / "site").rglob("*.html"):
            text = path.read_text(encoding="utf-8")
            assert 'id="classes"' not in text
            assert ("not on this site: the network gives maps" in text) == (
                classes is not None and path.name == "network.html"
            )


def test_what_can_be_claimed(atlas: Path) -> None:
    """Accuracy, and how the score is shared out; of the images alone."""
    whole, arrays = study(atlas)
    opened = Atlas.open(atlas)
    numbers = read_studies(opened, read_gallery(opened)).numbers["classes"]
    assert numbers.photographs
    assert numbers.values["accuracy", ""] == pytest.approx(whole.right / whole.labelled)
    half = []
    for line in arrays.added[:3]:
        rising, gathered, filters = sorted(max(value, 0) for value in line.tolist()), 0.0, 0
        while gathered < sum(max(value, 0) for value in line.tolist()) / 2:
            gathered, filters = gathered + rising.pop(), filters + 1
        half.append(filters)
    assert numbers.values["filters to half", "layer5"] == np.median(half)
    assert numbers.values["share of the five strongest", "layer5"] == pytest.approx(1)  # of four
    assert numbers.values["classes with images", ""] == 3


def test_a_wrong_claim_stops_the_site(atlas: Path, tmp_path: Path, folder: Path) -> None:
    """The whole way, from the study's record to the message."""
    network = "0123456789abcdef" * 4
    wrong = {"study": "classes", "fact": "classes with images", "within": [4, 9]}
    front = f'title = "T"\nnetwork = "{network}"\nimages = "{IMAGES}"' + claim(**wrong)
    write(folder, "pages/method.md", front, ":::classes network photographs\nSo it is.\n:::")
    with pytest.raises(ContentError, match=r"method\.md:5: classes: classes with images is 3"):
        make(atlas, tmp_path / "site", content=folder)


def test_a_study_of_other_layers_is_refused(tmp_path: Path) -> None:
    """As one that was made of another network would be."""
    atlas = make_atlas(tmp_path / "atlas", classes="")
    folder = atlas / "studies/classes"
    whole = study(atlas)[0].model_copy(update={"layer": "layer9"})
    (folder / record.RECORD).write_text(whole.model_dump_json(), encoding="utf-8")
    with pytest.raises(AtlasError, match="made for other layers than the atlas has"):
        read(atlas)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "100"),
        (0.9999, "more than 99"),
        (0.97, "97"),
        (0.031, "3.1"),
        (0.00001, "less than 0.01"),
    ],
)
def test_probabilities(value: float, text: str) -> None:
    """In per cent, with as many digits as make sense."""
    assert probability(value) == f"{text}{NB}%"


@pytest.mark.parametrize(("value", "text"), [(3.412, "+3.41"), (-0.8, "−0.800"), (0.0, "0")])
def test_what_is_added(value: float, text: str) -> None:
    """With its sign, a true minus."""
    assert added(value) == text
