"""The page of the quiz, its table of questions, and the page that joins files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from generator.atlas.store import Atlas
from generator.atlas.studies import finish
from generator.render.site.build import compose
from generator.render.site.check import check_files
from generator.render.site.output import Site
from generator.render.site.pages import Pages
from tests import ROOT
from tests.support.tiny_atlas import make_atlas
from tests.support.tiny_quiz import SILENT, write_quiz


def site_of(folder: Path) -> Site:
    """Render an atlas to memory."""
    return compose(
        Atlas.open(folder),
        Pages(ROOT / "site_templates"),
        ROOT / "content",
        None,
        lambda *_: None,
        lambda _: None,
    )


@pytest.fixture(scope="module", params=["", None], ids=["made", "not made"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Return the site of a tiny atlas with a quiz; once with made pictures, once without."""
    folder = tmp_path_factory.mktemp("quiz") / "atlas"
    make_atlas(folder, made=request.param)
    write_quiz(folder)
    return site_of(folder)


def table_of(site: Site) -> dict[str, object]:
    """Return what the script of the questions sets."""
    (name,) = (path for path in site.texts if "quiz-questions" in path)
    text = site.texts[name].decode("ascii")
    found: dict[str, object] = json.loads(text.removeprefix("window.filterGalleryQuiz=")[:-2])
    return found


def test_the_site_is_without_faults(site: Site) -> None:
    """No link is broken, no page is over its budget, the table counts as one."""
    assert check_files(site.texts, site.sizes()).problems == ()


def test_every_question_has_its_pictures(site: Site) -> None:
    """Wherever the script may look: the two images, and what is shown of the filter."""
    table = table_of(site)
    conditions = [name for name, _ in table["conditions"]]  # type: ignore[attr-defined]
    made = any(path.startswith("studies/synthetic/") for path in site.pictures)
    expected = ["patches", "reconstructions", *(["made"] if made else []), "nothing"]
    assert conditions == expected
    layers = table["layers"]
    assert [layer["name"] for layer in layers] == [  # type: ignore[attr-defined]
        f"layer{n}" for n in range(1, 6) if f"layer{n}" != SILENT
    ]
    for layer in layers:  # type: ignore[attr-defined]
        assert layer["filters"]
        for number, first, *_ in layer["filters"]:
            assert first in (0, 1)
            assert layer["page"].replace("*", str(number)) in site.texts
            for name in ("query", *conditions):
                if name != "nothing":
                    assert layer[name].replace("*", str(number)) in site.pictures


def test_three_questions_can_be_read_without_scripts(site: Site) -> None:
    """With the two images, whose texts give nothing away, and the answer folded in."""
    page = site.texts["quiz.html"].decode()
    part = page[page.index('id="quiz-examples"') :]
    assert part.count("<details>") == 3
    assert part.count('aria-label="Image A"') == part.count('aria-label="Image B"') == 3
    before = re.sub(r"<details>.*?</details>", "", part, flags=re.DOTALL)
    assert "against" not in before


def test_the_ways_there_are_links(site: Site) -> None:
    """From home, from a filter and its layer, and from the quiz to the page for teachers."""
    assert 'href="quiz.html"' in site.texts["index.html"].decode()
    assert 'href="../quiz.html?layer=layer3"' in site.texts["layer3/index.html"].decode()
    assert 'href="quiz/table.html"' in site.texts["quiz.html"].decode()
    assert "quiz/table.html" in site.texts


def test_a_gallery_without_questions_says_why(tmp_path: Path) -> None:
    """There is a page, and nothing to start."""
    folder = make_atlas(tmp_path / "atlas")
    quiz = write_quiz(folder)
    assert quiz is not None
    none = quiz.model_copy(
        update={
            "layers": tuple(
                layer.model_copy(
                    update={
                        "questions": (None,) * len(layer.questions),
                        "scores": (None,) * len(layer.scores),
                    }
                )
                for layer in quiz.layers
            )
        }
    )

    place = folder / "studies" / "quiz"
    (place / "quiz.json").write_text(none.model_dump_json())
    finish(place, "quiz", 1, {}, "")
    site = site_of(folder)
    page = site.texts["quiz.html"].decode()
    assert "there is nothing to ask" in page
    assert 'id="quiz-start"' not in page
    assert check_files(site.texts, site.sizes()).problems == ()


def test_every_filter_has_a_small_page(site: Site) -> None:
    """Two sheets, its words, and a way to its page out of the frame."""
    page = site.texts["layer3/0.embed.html"].decode()
    assert page.count("<img") == 2
    assert re.findall(r'href="(0\.html)" target="(_top)"', page) == [("0.html", "_top")] * 2
    assert "<script" not in page
    assert 'href="0.embed.html"' in site.texts["layer3/0.html"].decode()
