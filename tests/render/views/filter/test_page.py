"""A filter's page: empty places and clipped patches are said, a note stands with its filter."""

from __future__ import annotations

import shutil
from pathlib import Path

from generator.render.views.filter.page import filter_view
from tests import ROOT
from tests.support.tiny_atlas import DEAD, PARTLY, PARTLY_FILLED, WEIGHTS
from tests.support.views import filter_of, layer_of, rooms


def test_empty_places_are_said(made: Path) -> None:
    """Dead filters and empty places are said in words, on the filter's page and on the card."""
    dead, partly = filter_of(made, "layer2", DEAD), filter_of(made, "layer2", PARTLY)
    assert "dead" in dead.empty
    assert dead.places == ()
    assert "Only 4 images" in partly.empty
    assert len(partly.places) == PARTLY_FILLED
    assert filter_of(made, "layer2", 0).empty == ""
    cards = layer_of(made, "layer2").cards.cards
    assert [card.remark for card in cards[:3]] == ["", "dead", "4 of 9"]


def test_clipped_patches_are_said(made: Path) -> None:
    """A patch that leaves the image says on which sides; others say nothing."""
    first, second, *_ = filter_of(made, "layer5", 0).places
    assert "top and left" in first.clipped
    assert second.clipped == ""


def test_a_note_stands_with_its_filter(made: Path, tmp_path: Path) -> None:
    """A person's note is shown on the page of its filter, and on no other."""
    content = Path(shutil.copytree(ROOT / "content", tmp_path / "content"))
    note = content / "notes/layer1/0.md"
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(f'+++\nweights = "{WEIGHTS}"\n+++\nLike [[layer1/2]].\n')
    frames, texts = rooms(made, content=content)
    layer = frames.gallery.layer("layer1")
    assert '<a href="2.html">Layer 1, filter 2</a>' in filter_view(frames, texts, layer, 0).note
    assert filter_view(frames, texts, layer, 1).note == ""
