"""Markdown as the texts of a gallery may use it: figures, links, formulas."""

from __future__ import annotations

import re

import pytest

from generator.errors import ContentError
from generator.render.text.prose import References, Source, to_html


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
