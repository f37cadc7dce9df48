"""Texts: front matter, references to filters, formulas, and what is refused with file and line."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from generator.errors import ContentError
from generator.render.text.content import Content, Subject, read_content
from generator.render.text.prose import References, Source, to_html
from tests import ROOT

SHIPPED = ROOT / "content"
FILTERS = {f"layer{number}": 300 for number in range(1, 6)}
MINE, OTHERS = "a" * 64, "b" * 64


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the shipped texts to change."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "content"))


def read(folder: Path, weights: str = MINE) -> tuple[Content, list[str]]:
    """Read texts; return them and the warnings."""
    warnings: list[str] = []
    return read_content(folder, Subject(FILTERS, weights), warnings.append), warnings


def html(body: str) -> str:
    """Return the HTML of Markdown in a world with one filter, layer3/217, and one text."""

    def link(name: str) -> tuple[str, str]:
        if name != "layer3/217":
            raise LookupError("layer3 has filters 0 to 383")
        return "217.html", "Layer 3, filter 217"

    def figure(name: str) -> str:
        return f'<figure class="pair"><a href="{link(name)[0]}">217</a></figure>'

    def page(key: str) -> str:
        return {"pages/method.md": "../method.html"}[key]

    source = Source("content/layers/layer3.md", "layers/layer3.md", body, first_line=5)
    return to_html(source, References(link, figure, page))


def write(folder: Path, key: str, front: str, body: str = "Words.") -> None:
    """Write a text with this front matter."""
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"+++\n{front}\n+++\n\n{body}\n")


def test_the_shipped_texts_hold() -> None:
    """The texts that come with the gallery read without a warning, for all five layers."""
    content, warnings = read(SHIPPED, weights=MINE)
    assert [w for w in warnings if "other weights" not in w] == []
    assert list(content.layers) == list(FILTERS)
    assert {page.name for page in content.pages} >= {"method", "glossary", "network", "credits"}


@pytest.mark.parametrize("name", [f"layers/layer{number}" for number in range(1, 6)])
def test_the_shipped_layer_texts_have_a_length_to_read(name: str) -> None:
    """A layer's text has 250 to 700 words, and a summary of one sentence."""
    text = (SHIPPED / f"{name}.md").read_text()
    assert 250 <= len(text.split("+++")[2].split()) <= 700
    assert re.search(r'summary = "[^"]{20,160}\."', text)


def test_a_filter_is_shown_and_linked() -> None:
    """`![[…]]` becomes a figure in its own block, `[[…]]` a link with its own or given words."""
    found = html("See [[layer3/217]] or [[layer3/217|this one]].\n\n![[layer3/217]]\n")
    assert '<a href="217.html">Layer 3, filter 217</a>' in found
    assert '<a href="217.html">this one</a>' in found
    assert '<div class="figures"><figure class="pair">' in re.sub(r">\s+<", "><", found)
    assert "<p><figure" not in found


def test_figures_in_a_row() -> None:
    """Several figures in one block stand in one row."""
    found = html("![[layer3/217]]\n![[layer3/217]]\n")
    assert found.count("<figure") == 2
    assert found.count('class="figures"') == 1


@pytest.mark.parametrize("reference", ["![[layer3/999]]", "[[layer3/999]]", "Not [[layer9/0]]."])
def test_a_filter_that_does_not_exist_is_named(reference: str) -> None:
    """The error says file, line, and what there is instead."""
    with pytest.raises(ContentError) as caught:
        html(f"One.\n\nTwo.\n\n{reference}\n")
    assert str(caught.value).startswith("content/layers/layer3.md:9: ")
    assert "layer3 has filters 0 to 383" in str(caught.value)


def test_a_figure_inside_a_sentence_is_refused() -> None:
    """A figure cannot stand in a line of text."""
    with pytest.raises(ContentError, match=r"layer3\.md:5: .*paragraph of its own"):
        html("Look at ![[layer3/217]] here.")


def test_code_keeps_its_brackets_and_dollars() -> None:
    """Inside code, nothing is a reference or a formula."""
    found = html("`![[layer3/999]]` and `$x$`\n\n```\n[[layer3/999]] $y$\n```\n")
    assert "![[layer3/999]]" in found
    assert "<math" not in found


def test_formulas_become_mathml() -> None:
    """Formulas need no script: they are MathML in the page."""
    found = html("Let $a_k^2 < b$.\n\n$$\\max_u a_k(x, u)$$\n\nIt costs $5 and $6.")
    assert found.count("<math") == 2
    assert 'display="block"' in found
    assert "costs $5 and $6" in found


def test_a_formula_that_cannot_be_read_is_named() -> None:
    """The error says file and line of the formula."""
    with pytest.raises(ContentError, match=r"layer3\.md:7: formula"):
        html("One.\n\n$x^2^3$ is wrong.")


def test_links_between_texts() -> None:
    """A link to a text's file becomes a link to its page; a missing text is an error."""
    assert '<a href="../method.html#way">' in html("[m](../pages/method.md#way)")
    with pytest.raises(ContentError, match=r"layer3\.md:5: .*nothing\.md"):
        html("[m](../pages/nothing.md)")


def test_a_table_scrolls_in_a_box() -> None:
    """A table that is wider than a phone scrolls by itself, also by keyboard."""
    found = html("| a | b |\n| --- | --- |\n| 1 | 2 |\n")
    assert re.search(r'<div [^>]*class="table"[^>]*tabindex="0"[^>]*>\s*<table>', found)


def test_headings_have_ids() -> None:
    """A heading can be linked to."""
    assert '<h2 id="what-one-finds">' in html("## What one finds")


def test_harmless_html_is_kept() -> None:
    """Authors may write plain HTML."""
    found = html('<p class="small">Water is H<sub>2</sub>O.</p>\n\n[a](https://example.org/)')
    assert "H<sub>2</sub>O" in found
    assert '<a href="https://example.org/">a</a>' in found


@pytest.mark.parametrize(
    ("key", "front", "said"),
    [
        ("pages/method.md", 'title = "M"\ncolour = "red"', r"method\.md:3: unknown key colour"),
        (
            "pages/method.md",
            'title = "M"\norder = "first"',
            r"method\.md:3: order must be a whole number",
        ),
        ("pages/method.md", 'summary = "no title"', r"method\.md:1: title is missing"),
        ("pages/method.md", 'title = "M"\nsummary = "open', r"method\.md:3: not TOML"),
        ("pages/method.md", 'title = "M"\nweights = "abc"', r"method\.md:3: weights must be"),
        ("notes/layer3/5.md", "", r"5\.md: a note must carry `weights`"),
        ("notes/layer3/900.md", f'weights = "{MINE}"', r"900\.md: there is no filter layer3/900"),
        ("notes/layer3/x.md", f'weights = "{MINE}"', r"x\.md: there is no filter layer3/x"),
    ],
)
def test_front_matter_that_does_not_hold(folder: Path, key: str, front: str, said: str) -> None:
    """The error names the file, and the line where one is to blame."""
    write(folder, key, front)
    with pytest.raises(ContentError, match=said):
        read(folder)


def test_a_text_without_front_matter_is_named(folder: Path) -> None:
    """A text must say its title."""
    (folder / "pages/method.md").write_text("# Method\n")
    with pytest.raises(ContentError, match=r"method\.md:1: a text starts with TOML"):
        read(folder)


def test_a_text_that_is_not_utf8_is_named(folder: Path) -> None:
    """Bytes that are no UTF-8 are an error, never a replacement character."""
    (folder / "pages/method.md").write_bytes(b"+++\ntitle = '\xff'\n+++\n")
    with pytest.raises(ContentError, match=r"method\.md: not UTF-8 at byte 13"):
        read(folder)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('title = "T"\ndescription = "D"\ntheme = "dark"\n', "3: unknown key theme"),
        ('title = "T"\ndescription = ""\n', "2: description is missing; it must be words"),
        ('title = "T"\n', "1: description is missing; it must be words in quotes"),
        ("title = true\n", "1: title must be words in quotes"),
    ],
)
def test_a_site_that_does_not_hold(folder: Path, lines: str, said: str) -> None:
    """site.toml is checked as well, and a fault is named with its line."""
    (folder / "site.toml").write_text(lines)
    with pytest.raises(ContentError, match=rf"site\.toml:{said}"):
        read(folder)


def test_filters_by_number_need_weights(folder: Path) -> None:
    """A text that names a filter says of which weights; in code, a number is no filter."""
    body = "Fine: `[[layer3/2]]`.\n\n```\n[[layer3/2]]\n```\n\nSee [[layer3/2]]."
    write(folder, "pages/extra.md", 'title = "E"', body)
    with pytest.raises(ContentError, match=r"extra\.md:11: \[\[layer3/2\]\] .* must carry"):
        read(folder)


def test_a_text_for_other_weights_is_refused(folder: Path) -> None:
    """Without a stand-in, the error names both weights and the file to write."""
    write(folder, "pages/extra.md", f'title = "E"\nweights = "{OTHERS}"', "See [[layer3/2]].")
    with pytest.raises(ContentError, match=r"extra\.md: .*bbbb.*aaaa.*extra\.default\.md"):
        read(folder)


def test_a_stand_in_takes_the_place(folder: Path) -> None:
    """A text beside it without numbers is used instead, and a warning says so."""
    write(folder, "pages/extra.md", f'title = "E"\nweights = "{OTHERS}"', "See [[layer3/2]].")
    write(folder, "pages/extra.default.md", 'title = "In general"')
    content, warnings = read(folder)
    assert [p.title for p in content.pages if p.name == "extra"] == ["In general"]
    assert any("extra.default.md stands in" in warning for warning in warnings)
    fitting, quiet = read(folder, weights=OTHERS)
    assert [p.title for p in fitting.pages if p.name == "extra"] == ["E"]
    assert not any("extra" in warning for warning in quiet)


def test_a_layer_without_a_text_gets_the_general_one(folder: Path) -> None:
    """Any network can be shown; a warning says which text was used."""
    (folder / "layers/layer4.md").unlink()
    content, warnings = read(folder)
    assert content.layers["layer4"].source.key == "layers/default.md"
    assert any("layer4" in warning for warning in warnings)


def test_a_note_for_other_weights_is_left_out(folder: Path) -> None:
    """A note belongs to one network's filter."""
    write(folder, "notes/layer3/5.md", f'weights = "{OTHERS}"')
    content, warnings = read(folder)
    assert content.notes == {}
    assert any("notes/layer3/5.md" in warning for warning in warnings)
    assert list(read(folder, weights=OTHERS)[0].notes) == [("layer3", 5)]


@pytest.mark.parametrize("name", ["home", "finder", "credits"])
def test_a_page_that_must_be_there(folder: Path, name: str) -> None:
    """The pages that every other page links to cannot be left out."""
    (folder / f"pages/{name}.md").unlink()
    with pytest.raises(ContentError, match=f"{name}.md: missing"):
        read(folder)
