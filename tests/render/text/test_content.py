"""Texts for a network: those that hold, stand-ins for others, and those that must be there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generator.atlas.store import Atlas
from generator.errors import ContentError
from generator.render.text.content import Subject
from tests import ROOT
from tests.support.tiny_atlas import WEIGHTS, make_atlas
from tests.support.written_texts import OTHERS, read, write

SHIPPED = ROOT / "content"


def test_the_shipped_texts_hold() -> None:
    """The texts that come with the gallery read without a warning, for all five layers."""
    content, warnings = read(SHIPPED, weights=WEIGHTS)
    assert [w for w in warnings if "other weights" not in w] == []
    assert list(content.layers) == [f"layer{number}" for number in range(1, 6)]
    assert {page.name for page in content.pages} >= {"method", "glossary", "network", "credits"}


@pytest.mark.parametrize("name", [f"layers/layer{number}" for number in range(1, 6)])
def test_the_shipped_layer_texts_have_a_length_to_read(name: str) -> None:
    """A layer's text has 250 to 700 words, and a summary of one sentence."""
    text = (SHIPPED / f"{name}.md").read_text()
    assert 250 <= len(text.split("+++")[2].split()) <= 700
    assert re.search(r'summary = "[^"]{20,160}\."', text)


def test_filters_by_number_need_weights(shipped: Path) -> None:
    """A text that names a filter says of which weights; in code, a number is no filter."""
    body = "Fine: `[[layer3/2]]`.\n\n```\n[[layer3/2]]\n```\n\nSee [[layer3/2]]."
    write(shipped, "pages/extra.md", 'title = "E"', body)
    with pytest.raises(ContentError, match=r"extra\.md:10: \[\[layer3/2\]\] .* must carry"):
        read(shipped)


def test_a_text_for_other_weights_is_refused(shipped: Path) -> None:
    """Without a stand-in, the error names both weights and the file to write."""
    write(shipped, "pages/extra.md", f'title = "E"\nweights = "{OTHERS}"', "See [[layer3/2]].")
    with pytest.raises(ContentError, match=r"extra\.md: .*bbbb.*0123.*extra\.default\.md"):
        read(shipped)


def test_a_stand_in_takes_the_place(shipped: Path) -> None:
    """A text beside it without numbers is used instead, and a warning says so."""
    write(shipped, "pages/extra.md", f'title = "E"\nweights = "{OTHERS}"', "See [[layer3/2]].")
    write(shipped, "pages/extra.default.md", 'title = "In general"')
    content, warnings = read(shipped)
    assert [p.title for p in content.pages if p.name == "extra"] == ["In general"]
    assert any("extra.default.md stands in" in warning for warning in warnings)
    fitting, quiet = read(shipped, weights=OTHERS)
    assert [p.title for p in fitting.pages if p.name == "extra"] == ["E"]
    assert not any("extra" in warning for warning in quiet)


def test_a_layer_without_a_text_gets_the_general_one(shipped: Path) -> None:
    """Any network can be shown; a warning says which text was used."""
    (shipped / "layers/layer4.md").unlink()
    content, warnings = read(shipped)
    assert content.layers["layer4"].source.key == "layers/default.md"
    assert any("layer4" in warning for warning in warnings)


def test_a_note_for_other_weights_is_left_out(shipped: Path) -> None:
    """A note belongs to one network's filter."""
    write(shipped, "notes/layer3/5.md", f'weights = "{OTHERS}"')
    content, warnings = read(shipped)
    assert content.notes == {}
    assert any("notes/layer3/5.md" in warning for warning in warnings)
    assert list(read(shipped, weights=OTHERS)[0].notes) == [("layer3", 5)]


@pytest.mark.parametrize("name", ["home", "finder", "credits"])
def test_a_page_that_must_be_there(shipped: Path, name: str) -> None:
    """The pages that every other page links to cannot be left out."""
    (shipped / f"pages/{name}.md").unlink()
    with pytest.raises(ContentError, match=f"{name}.md: missing"):
        read(shipped)


def test_more_filters_than_there_are_leave_nothing_out(tmp_path: Path) -> None:
    """Only a layer that shows as many filters as were asked for may have more."""
    manifest = Atlas.open(make_atlas(tmp_path / "atlas")).manifest
    largest = max(layer.filters for layer in manifest.layers)
    for asked, first_only in ((largest + 1, False), (largest, True), (None, False)):
        settings = {} if asked is None else {"filters": asked}
        subject = Subject.of(manifest.model_copy(update={"settings": settings}))
        assert subject.first_only is first_only
