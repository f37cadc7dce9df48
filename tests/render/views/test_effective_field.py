"""Pages where patches show the effective field: both sizes, both outlines, and what is clipped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generator.atlas.store import Atlas
from generator.render.facts import LayerFacts, read_gallery
from generator.render.views.filter.facts_json import facts_json
from generator.render.views.layer.health import BORDER, health
from tests.support.tiny_atlas import INPUT_SIZE, LAYERS, make_atlas
from tests.support.views import filter_of, layer_of, pages_of

MIDDLE = 111  # of the 139 pixels of layer 5
INSET = 14
DEEP = ("layer5", 4, 13, 299, 16, -139, 32)  # units see more than the whole image


@pytest.fixture(scope="module")
def middle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny atlas with patches in the middle of the fields of layer 5."""
    return make_atlas(tmp_path_factory.mktemp("middle"), effective={"layer5": MIDDLE})


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """… of fields that are larger than the image."""
    folder = tmp_path_factory.mktemp("deep")
    return make_atlas(folder, layers=(*LAYERS[:4], DEEP), effective={"layer5": MIDDLE})


def facts_of(folder: Path, name: str) -> LayerFacts:
    """Return the facts of a layer."""
    return read_gallery(Atlas.open(folder)).layer(name)


def test_a_place_has_both_outlines_and_says_where_they_are(middle: Path) -> None:
    """The patch lies in the middle of the field, which is dashed; other layers have one outline."""
    layer = facts_of(middle, "layer5")
    for place, view in zip(
        layer.filters[0].places, filter_of(middle, "layer5", 0).places, strict=True
    ):
        top, left, bottom, right = place.box
        assert view.whole is not None
        assert view.whole.field == (left, top, 139, 139)
        assert view.whole.patch == (left + INSET, top + INSET, MIDDLE, MIDDLE)
        assert "patch outlined" in view.whole.alt
        assert "receptive field dashed" in view.whole.alt
        assert view.cropped.replace("−", "-") == (
            f"rows {top + INSET} to {bottom - INSET - 1}, "
            f"columns {left + INSET} to {right - INSET - 1}"
        )
        assert view.where.replace("−", "-").startswith(f"rows {top} to {bottom - 1}")
    other = filter_of(middle, "layer4", 0).places[0]
    assert other.whole is not None
    assert (other.whole.field, other.cropped) == (None, "")
    assert "receptive field outlined" in other.whole.alt
    pages = pages_of(middle)
    assert pages["layer5/0.html"].count('class="around"') == len(layer.filters[0].places)
    assert 'class="around"' not in pages["layer4/0.html"]


def test_a_place_is_clipped_where_its_patch_is(middle: Path) -> None:
    """Not where only the field leaves the image."""
    layer, views = facts_of(middle, "layer5"), filter_of(middle, "layer5", 0).places
    kinds = set()
    for place, view in zip(layer.filters[0].places, views, strict=True):
        leaves = [min(box) < 0 or max(box) > INPUT_SIZE for box in (place.patch, place.box)]
        assert bool(view.clipped) == leaves[0]
        assert not view.clipped or view.clipped.startswith("Clipped: the patch leaves the image")
        kinds.add(tuple(leaves))
    assert (True, True) in kinds
    clipped = sum(min(p.patch) < 0 or max(p.patch) > INPUT_SIZE for p in layer.filters[0].places)
    assert layer.filters[0].clipped == clipped


def test_pages_give_both_sizes(middle: Path) -> None:
    """The layer's page, the filter's, the page on the method; of other layers the field alone."""
    pages = pages_of(middle)
    sentence = "98\u00a0% lie in the middle 111\u00a0px of the 139\u00a0px that a unit sees"
    for name in ("layer5/index.html", "layer5/0.html"):
        assert sentence in pages[name]
    assert "Patches and reconstructions show this effective field." in pages["layer5/0.html"]
    assert "show this effective field" not in pages["layer4/0.html"]
    facts = {fact.name: fact.value for fact in layer_of(middle, "layer5").facts}
    assert facts["Each unit sees"] == "a square of 139\u00a0px"
    assert facts["Effective field"] == "111\u00a0px"
    assert "<td>139\u00a0px</td><td>111\u00a0px</td><td>111\u00a0px</td>" in pages["method.html"]
    assert "Patches there show the middle" in pages["reading.html"]


def test_texts_speak_of_middles_only_where_there_are_some(made: Path) -> None:
    """Reading and the first page are silent about them in a gallery of whole fields."""
    pages = pages_of(made)
    assert "Patches there show the middle" not in pages["reading.html"]
    assert "Patches show only the middle there" not in pages["index.html"]


def test_json_has_both_fields_and_both_boxes(middle: Path) -> None:
    """A place's patch has a box of its own only where it is less than the field."""
    found = json.loads(facts_json(facts_of(middle, "layer5")))
    assert (found["receptive_field"], found["effective_field"]) == (139, MIDDLE)
    assert found["patch_side"] == MIDDLE
    for place in found["filters"][0]["places"]:
        inset = [INSET, INSET, -INSET, -INSET]
        expected = [edge + by for edge, by in zip(place["box"], inset, strict=True)]
        assert place["patch_box"] == expected
    other = json.loads(facts_json(facts_of(middle, "layer4")))
    assert (other["receptive_field"], other["patch_side"]) == (107, 107)
    assert not any("patch_box" in place for place in other["filters"][0]["places"])
    assert set(found["units"]) >= {"effective_field", "patch_side", "patch_box"}


def test_the_middle_of_a_field_that_is_larger_than_the_image(deep: Path) -> None:
    """Each place has a whole image with its patch, around its unit; the field is not drawn."""
    layer = facts_of(deep, "layer5")
    assert layer.sees_all
    assert layer.shows_middle
    places = filter_of(deep, "layer5", 0).places
    for place, view in zip(layer.filters[0].places, places, strict=True):
        assert view.whole is not None
        assert view.whole.field is None
        assert "dashed" not in view.whole.alt
        assert view.where == ""
        top, left, bottom, right = place.patch
        assert (bottom - top, right - left) == (MIDDLE, MIDDLE)
        middle = [DEEP[5] + 16 * unit + 149 for unit in place.unit]
        assert [(top + bottom - 1) / 2, (left + right - 1) / 2] == middle
    page = pages_of(deep)["layer5/0.html"]
    assert "with the patch outlined. The large number" in page
    assert "is larger than the input of 224. Of the squared values" in page
    assert layer.filters[0].clipped is not None
    assert BORDER in health(layer)


def test_whole_images_are_in_the_site_where_a_page_shows_them(deep: Path, tmp_path: Path) -> None:
    """Fields larger than the image do not leave them out where patches show less."""
    assert 'href="0.images.' in pages_of(deep)["layer5/0.html"]
    plain = make_atlas(tmp_path / "plain", layers=(*LAYERS[:4], DEEP))
    assert facts_of(plain, "layer5").shows_all
    assert filter_of(plain, "layer5", 0).places[0].whole is None
