"""What stands around every page: licence, credit, and the ways to its neighbours."""

from __future__ import annotations

from pathlib import Path

from generator.render.views.filter.page import filter_view
from generator.render.views.frame import NO_LICENCE
from generator.render.views.layer.page import layer_view
from generator.render.views.texts import home_view, text_view
from tests.support.tiny_atlas import CREDIT, make_atlas
from tests.support.views import filter_of, rooms


def test_neighbours_at_the_ends(made: Path) -> None:
    """The first filter has no previous one, the last no next, and up is the layer."""
    first, last = filter_of(made, "layer1", 0).frame, filter_of(made, "layer1", 3).frame
    assert first.previous is None
    assert last.following is None
    assert first.following is not None
    assert first.following.href == "1.html"
    assert first.up is not None
    assert first.up.href == "index.html"


def test_images_without_a_licence(tmp_path: Path) -> None:
    """Every page that shows pictures says that no licence is known; others do not."""
    frames, texts = rooms(make_atlas(tmp_path / "atlas", credit=None))
    layer = frames.gallery.layer("layer1")
    method = next(page for page in frames.content.pages if page.name == "method")
    assert home_view(frames, texts).frame.notice == NO_LICENCE
    assert layer_view(frames, texts, layer).frame.notice == NO_LICENCE
    assert filter_view(frames, texts, layer, 0).frame.notice == NO_LICENCE
    assert text_view(frames, texts, method).frame.notice == ""


def test_an_empty_licence_is_no_licence(tmp_path: Path) -> None:
    """A credit whose licence is blank counts as none."""
    blank = CREDIT.model_copy(update={"licence": ""})
    frames, texts = rooms(make_atlas(tmp_path / "atlas", credit=blank))
    assert home_view(frames, texts).frame.notice == NO_LICENCE


def test_a_licence_is_credited(made: Path) -> None:
    """With a licence there is no notice, and the credit stands on the page."""
    frame = filter_of(made, "layer1", 0).frame
    assert frame.notice == ""
    assert frame.credit == CREDIT.how_to_credit
