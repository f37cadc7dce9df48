"""Passages that rest on photographs: shown with their images, left out with others."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.errors import ContentError
from generator.render.facts import Gallery
from generator.render.text.evidence import check_claims
from generator.render.text.passages import SAYING
from generator.render.text.texts import Texts
from tests.render.site.test_build import make
from tests.support.written_texts import (
    IMAGES,
    KEY,
    OTHERS,
    PINNED,
    claim,
    photographs,
    read,
    refused,
    write,
)

PASSAGE = "Before.\n\n:::photographs\nLike [[layer1/0]].\n\n* One.\n:::\nAfter."
PURE = claim(filter="layer1/0", fact="label_purity", within=[0.5, 0.5])
IMPURE = claim(filter="layer1/0", fact="label_purity", within=[0.9, 1])


def shown(folder: Path, gallery: Gallery) -> str:
    """Return the HTML of layer 1's text as a page shows it."""
    content, _ = read(folder)
    texts = Texts(gallery, content, lambda _pair: "<figure></figure>")
    return texts.html(content.layers["layer1"], "layer1/index.html")


def test_a_passage_is_shown_with_its_images(folder: Path, gallery: Gallery) -> None:
    """It is ordinary prose after a line that says what it rests on; the marks are gone."""
    write(folder, KEY, photographs(IMAGES, PURE), PASSAGE)
    assert refused(folder, gallery) == []
    html = shown(folder, gallery)
    order = [html.index(part) for part in ("Before.", SAYING, "Like <a", "<li>One.", "After.")]
    assert order == sorted(order)
    assert "<p>After.</p>" in html
    assert ":::" not in html


def test_a_heading_comes_before_what_a_passage_rests_on(folder: Path, gallery: Gallery) -> None:
    """A passage that opens with a heading does not end the section before it."""
    write(folder, KEY, photographs(IMAGES, PURE), PASSAGE.replace("Like ", "## Alike\n\nLike ", 1))
    html = shown(folder, gallery)
    assert html.index("Before.") < html.index("Alike</h2>") < html.index(SAYING)
    assert html.index(SAYING) < html.index("Like <a")


def test_a_passage_is_left_out_with_other_images(folder: Path, gallery: Gallery) -> None:
    """Nothing of it is shown, and its claims are not checked: they fit another gallery."""
    other = photographs(OTHERS, IMPURE)
    write(folder, KEY, other, PASSAGE + "\n\n" + PASSAGE)
    content, _ = read(folder)
    check_claims(content, gallery)
    html = shown(folder, gallery)
    assert html.count("<p>Before.</p>") == html.count("<p>After.</p>") == 2
    assert "Like" not in html
    assert "One." not in html
    assert SAYING not in html


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("One.\n\n:::photographs\nTwo.", r":9: :::photographs is not closed"),
        ("One.\n:::", r":8: ::: stands here, but no passage is open"),
        (":::photographs\n\n:::photographs\n:::", r":9: .*the passage of line 7 is still open"),
        ("One.\n::: photographs\n:::", r":8: unknown mark ::: photographs .known are"),
    ],
)
def test_marks_that_do_not_fit(folder: Path, body: str, said: str) -> None:
    """Each mark has its partner, and the error names the line of the one that has not."""
    write(folder, KEY, f'{PINNED}\nimages = "{IMAGES}"', body)
    with pytest.raises(ContentError, match=r"layer1\.md" + said):
        read(folder)


def test_marks_in_code_are_none(folder: Path, gallery: Gallery) -> None:
    """A text may show how a passage is written."""
    write(folder, KEY, 'title = "T"', "```\n:::photographs\n:::\n```")
    assert ":::photographs" in shown(folder, gallery)


def test_a_passage_needs_images(folder: Path) -> None:
    """A passage that names no set is refused with the line of its first mark."""
    write(folder, KEY, PINNED, "One.\n\n:::photographs\nTwo.\n:::")
    with pytest.raises(ContentError, match=r"layer1\.md:8: .* must carry `images`"):
        read(folder)
    write(folder, KEY, f'{PINNED}\nimages = "abc"', "One.")
    with pytest.raises(ContentError, match=r"layer1\.md:5: images must be a sha256"):
        read(folder)


@pytest.mark.parametrize("images", [IMAGES, OTHERS])
def test_lines_keep_their_numbers(folder: Path, gallery: Gallery, images: str) -> None:
    """An error after a passage names its own line, whether the passage is shown or not."""
    body = ":::photographs\nOne.\n\nTwo.\n:::\n\nSee [this](nothing.md)."
    write(folder, KEY, f'{PINNED}\nimages = "{images}"', body)
    with pytest.raises(ContentError, match=r"layer1\.md:13: link to nothing\.md"):
        shown(folder, gallery)


def test_a_passage_on_the_page_of_its_layer(folder: Path, made: Path, tmp_path: Path) -> None:
    """The finished page shows the passage with its images, and without them says nothing of it."""
    for images, times in ((IMAGES, 1), (OTHERS, 0)):
        write(folder, KEY, photographs(images), PASSAGE)
        make(made, tmp_path / images, content=folder)
        page = (tmp_path / images / "layer1/index.html").read_text()
        assert page.count(SAYING) == times
