"""What the finder searches: its tables say what the facts say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.atlas.measures import StimuliRecord
from generator.errors import ContentError
from generator.render import urls
from generator.render.facts import FilterFacts, Gallery
from generator.render.site import check
from generator.render.site.assets import read_assets
from generator.render.site.check import check_files
from generator.render.views import search_index
from generator.render.views.search_index import (
    GLOBAL,
    NUMBER,
    Text,
    search_script,
    search_tables,
    text_of,
)
from generator.render.words.captions import NOTHING
from tests.oracles.finder import Found, hits, plain_words, said
from tests.support.tiny_atlas import DEAD
from tests.support.tiny_measures import RECORD
from tests.support.views import with_texts

INDEX = "assets/search.0123456789.js"


AWKWARD = (
    "</script><script>alert(1)</script>",
    "quotes \" ' ` and \\ backslash",
    "lines\u2028and\u2029paragraphs\nand\r\nmore",
    "broken \ufffd and lone \ud800 halves",
    "\x00 nothing",
    "__proto__ constructor",
    "مرحبا 日本語 Straße İstanbul Œuvre",
)


FEW_LETTERS = st.text("ab é\u0301ß/#<", max_size=8)


def read_script(script: bytes) -> dict[str, Any]:
    """Return what the script assigns to its global, as a browser would read it."""
    start, end = f"window.{GLOBAL}=".encode(), b";\n"
    assert script.startswith(start)
    assert script.endswith(end)
    tables: dict[str, Any] = json.loads(script[len(start) : -len(end)])
    return tables


def texts_in(tables: dict[str, Any]) -> dict[Found, list[Text]]:
    """Return label and caption of each patch of each filter, as the tables have them."""
    labels, captions, of = tables["labels"], tables["captions"], tables["of"]

    def text(index: int) -> Text:
        if index < len(labels):
            return labels[index], ""
        return labels[of[index - len(labels)]], captions[index - len(labels)]

    return {
        (layer["name"], number): [text(index) for index in indexes]
        for layer in tables["layers"]
        for number, indexes in enumerate(layer["filters"])
    }


def answers(tables: dict[str, Any], words: Sequence[str]) -> dict[Found, int]:
    """Count by the tables alone how many patches of each filter each word is said of."""
    counts = {}
    captions = {layer["name"]: layer["words"] for layer in tables["layers"]}
    for found, texts in texts_in(tables).items():
        layer, number = found
        caption = said(captions[layer][number])
        own = [caption + plain_words(label) + plain_words(text) for label, text in texts]
        counts[found] = sum(
            all(any(o.startswith(word) for o in words_of_patch) for word in words)
            for words_of_patch in own
        )
    return counts


def test_every_word_finds_what_the_facts_hold(gallery: Gallery) -> None:
    """Each word of each awkward label and caption, and each pair of one patch, is found alike."""
    tables = read_script(search_script(gallery))
    spoken = {
        tuple(plain_words(f"{place.image.label} {place.image.caption}"))
        for layer in gallery.layers
        for facts in layer.filters
        for place in facts.places
    }
    questions = {(word,) for words in spoken for word in words} | {
        (words[0], words[-1]) for words in spoken
    }
    assert len(questions) > 20
    for question in questions:
        expected = {
            (layer.record.name, facts.number): hits(facts, layer.record.stimuli, question)
            for layer in gallery.layers
            for facts in layer.filters
        }
        assert answers(tables, question) == expected
        assert any(expected.values())


@given(texts=st.lists(st.tuples(FEW_LETTERS, FEW_LETTERS), min_size=1, max_size=14), data=st.data())
def test_any_texts_are_found_alike(
    gallery: Gallery, texts: list[tuple[str, str]], data: st.DataObject
) -> None:
    """Leaving out captions that add nothing never loses a word."""
    changed = with_texts(gallery, texts)
    tables = read_script(search_script(changed))
    words = sorted({word for text in texts for part in text for word in plain_words(part)})
    question = data.draw(st.lists(st.sampled_from(words), max_size=2)) if words else ["NONE"]
    expected = {
        (layer.record.name, facts.number): hits(facts, layer.record.stimuli, question)
        for layer in changed.layers
        for facts in layer.filters
    }
    assert answers(tables, question) == expected


@pytest.mark.parametrize(
    ("label", "caption", "kept"),
    [
        ("Faces", "Faces, image 1", ""),
        ("sea horse", "Image 12: Séa HORSE", ""),
        ("sea horse", "horse, sea", ""),
        ("", "image 3", ""),
        ("lotus", "", ""),
        ("lotus", "a lotus, image 3", "a lotus, image 3"),
        ("lotus", "lotuses", "lotuses"),
        ("", "two\n words ", "two words"),
        ("x", "word " * 40, "word " * 23 + "word…"),
    ],
)
def test_a_caption_is_kept_where_it_adds_a_word(
    gallery: Gallery, label: str, caption: str, kept: str
) -> None:
    """The label's words, "image" and numbers alone cost nothing; the rest is one short line."""
    image = gallery.layers[0].filters[0].places[0].image
    changed = image.model_copy(update={"label": label, "caption": caption})
    assert text_of(changed) == (label, kept)


def test_each_text_is_stored_once(gallery: Gallery) -> None:
    """However often a sentence is shown, it stands once; without captions only labels are left."""
    sentence = "a sentence of one's own"
    script = search_script(with_texts(gallery, [("lotus", sentence), ("pizza", "pizza, image 2")]))
    assert script.count(sentence.encode()) == 1
    tables = read_script(script)
    assert tables["labels"] == ["lotus", "pizza"]
    assert (tables["captions"], tables["of"]) == ([sentence], [0])


@pytest.mark.parametrize("caption", AWKWARD)
def test_no_text_breaks_the_script(gallery: Gallery, caption: str) -> None:
    """The script is one line of ASCII that reads back to the text, its spaces made one."""
    script = search_script(with_texts(gallery, [(caption, ""), ("", caption)]))
    assert script.isascii()
    assert script.count(b"\n") == 1
    tables = read_script(script)
    line = " ".join(caption.split())
    assert tables["labels"] == ["", line]
    assert tables["captions"] == [line]


def test_own_words_stand_with_their_filter(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stimuli showed of each filter is listed by number; photographs add nothing to it."""
    tables = search_tables(gallery)["layers"]
    assert [layer["words"][DEAD] for layer in tables] == [NOTHING] * 5

    def strokes(facts: FilterFacts, record: StimuliRecord | None) -> str:
        assert record == RECORD
        return "strokes" if (facts.layer, facts.number) == ("layer2", 3) else ""

    monkeypatch.setattr(search_index, "own_words", strokes)
    words = [layer["words"] for layer in search_tables(gallery)["layers"]]
    assert words[1] == ["", "", "", "strokes", ""]
    assert "strokes" not in words[0]


def test_addresses_lead_to_files(gallery: Gallery, built: Path) -> None:
    """With a number in its place, each layer's addresses name the page and pictures of a filter."""
    for layer in search_tables(gallery)["layers"]:
        for number in range(len(layer["filters"])):
            page, *sheets = (
                layer[kind].replace(NUMBER, str(number))
                for kind in ("page", "reconstructions", "patches")
            )
            assert page == urls.filter_page(layer["name"], number)
            assert all((built / sheet).is_file() for sheet in sheets)


def test_a_layer_may_have_any_name(gallery: Gallery) -> None:
    """Signs of an address and figures in the name of a layer are kept apart from the number."""
    first = gallery.layers[0]
    named = replace(first, record=first.record.model_copy(update={"name": "0*0 ?"}))
    (layer,) = search_tables(replace(gallery, layers=(named,)))["layers"]
    assert layer["page"] == "0%2A0%20%3F/*.html"


def test_only_the_finder_loads_the_tables(built: Path) -> None:
    """They come before the script that reads them, and no other page pays for them."""
    (tables,) = built.glob("assets/search.*.js")
    assert urls.is_table(tables.relative_to(built).as_posix())
    loading = [page for page in built.rglob("*.html") if tables.name in page.read_text()]
    assert loading == [built / urls.FINDER]
    page = (built / urls.FINDER).read_text()
    assert page.index(f'src="assets/{tables.name}" defer') < page.index('src="assets/finder.')


def test_the_tables_have_a_budget_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over it they are named, with what to do; they never count as code, nor code as them."""
    index, code = b"12345 " * 9, b"code"
    sizes = {INDEX: 1, "assets/finder.0.js": 1}
    texts = {INDEX: index, "assets/finder.0.js": code}
    monkeypatch.setattr(check, "SCRIPTS_GZIPPED", check.gzipped(code))
    monkeypatch.setattr(check, "TABLES_GZIPPED", check.gzipped(index))
    assert check_files(texts, sizes).problems == ()
    monkeypatch.setattr(check, "TABLES_GZIPPED", check.gzipped(index) - 1)
    (problem,) = check_files(texts, sizes).budgets
    assert problem.file == INDEX
    assert "shorter captions" in problem.reason


@pytest.mark.parametrize("name", ["assets/search.js", "assets/search.more.0123456789.js", "s.js"])
def test_other_scripts_are_code(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A script that is merely called so is held to the budget of scripts."""
    monkeypatch.setattr(check, "SCRIPTS_GZIPPED", 1)
    assert [problem.file for problem in check_files({name: b"x"}, {name: 1}).budgets] == [
        "the site"
    ]


def test_a_template_cannot_take_the_name_of_the_tables(tmp_path: Path) -> None:
    """A script of the same name among the templates is an error that names it."""
    (tmp_path / "a.css").write_text("p {}")
    (tmp_path / "search.js").write_text("1;")
    with pytest.raises(ContentError, match=r"static/search\.js: .*rename yours"):
        read_assets(tmp_path).with_script("search.js", b"2;")
