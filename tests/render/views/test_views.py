"""Views: every number formatted, every place told, nothing claimed that was not measured."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.atlas.schema import PLACES, ImageRecord
from generator.atlas.store import Atlas
from generator.errors import AtlasError
from generator.render.facts import FilterFacts, Gallery, Place, read_gallery
from generator.render.site.build import site_assets
from generator.render.site.pages import Pages
from generator.render.stimuli_facts import read_measures
from generator.render.text.content import Subject, read_content
from generator.render.text.texts import Texts
from generator.render.views.filter.page import FilterView, facts_json, filter_view
from generator.render.views.frame import NO_LICENCE, Frames
from generator.render.views.layer.page import LayerView, layer_view
from generator.render.views.pictures import clipped_sides
from generator.render.views.texts import home_view, text_view
from generator.render.words import words
from tests import ROOT
from tests.support.tiny_atlas import (
    CREDIT,
    DEAD,
    IMAGES,
    INPUT_SIZE,
    PARTLY,
    PARTLY_FILLED,
    WEIGHTS,
    make_atlas,
)
from tests.support.tiny_measures import RECORD, tiny_measures


def rooms(
    folder: Path, base_url: str | None = None, content: Path = ROOT / "content"
) -> tuple[Frames, Texts]:
    """Return what views are made from."""
    atlas = Atlas.open(folder)
    gallery = read_gallery(atlas)
    texts = read_content(content, Subject.of(atlas.manifest), lambda _: None)
    assets = site_assets(ROOT / "site_templates", gallery)
    frames = Frames(gallery, texts, assets, base_url, "1")
    return frames, Texts(gallery, texts, Pages(ROOT / "site_templates").figure)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny atlas."""
    return make_atlas(tmp_path_factory.mktemp("views") / "atlas")


@pytest.fixture(scope="module")
def gallery(made: Path) -> Gallery:
    """Return its facts."""
    return read_gallery(Atlas.open(made))


def layer_of(made: Path, name: str) -> LayerView:
    """Return a layer's view."""
    frames, texts = rooms(made)
    return layer_view(frames, texts, frames.gallery.layer(name))


def filter_of(made: Path, name: str, number: int) -> FilterView:
    """Return a filter's view."""
    frames, texts = rooms(made)
    return filter_view(frames, texts, frames.gallery.layer(name), number)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (14.234, "14.2"),
        (0.07314, "0.0731"),
        (1234.5, "1,230"),
        (9.996, "10.0"),
        (0.99951, "1.00"),
        (100.0, "100"),
        (0.0, "0"),
        (math.nan, "–"),
    ],
)
def test_activations(value: float, text: str) -> None:
    """An activation has three significant digits."""
    assert words.activation(value) == text


@given(st.floats(1e-6, 1e6))
def test_an_activation_is_close_to_its_text(value: float) -> None:
    """What is printed is off by half of the third digit at most."""
    printed = float(words.activation(value).replace(",", ""))
    assert abs(printed - value) <= max(0.00501 * value, 0.5 if value > 100 else 0)


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 100, "0 %"),
        (100, 100, "100 %"),
        (1, 8144, "0.012 %"),
        (8143, 8144, "more than 99.9 %"),
        (1, 100_000, "less than 0.01 %"),
        (123, 1000, "12.3 %"),
        (0, 0, "0 %"),
    ],
)
def test_shares(part: int, whole: int, text: str) -> None:
    """A share is never rounded to none or all."""
    assert words.share(part, whole).replace(words.NO_BREAK, " ") == text


def test_lists_of_labels() -> None:
    """Labels that stand once are counted, not listed."""
    assert words.label_list([("lotus", 4), ("pizza", 1), ("stapler", 1)]) == (
        "lotus 4, two others once each"
    )
    assert words.label_list([("lotus", 8), ("pizza", 1)]) == "lotus 8, pizza 1"
    assert words.label_list([("lotus", 1), ("pizza", 1)]) == "two labels once each"


def _place(box: tuple[int, int, int, int]) -> Place:
    image = ImageRecord(row=0, path="p", label="", caption="", width=1, height=1, licence="")
    return Place(rank=1, activation=1, image=image, unit=(0, 0), box=box, scale=1)


@pytest.mark.parametrize(
    ("box", "sides"),
    [
        ((0, 0, 224, 224), ""),
        ((-1, 0, 6, 7), "top"),
        ((-27, -27, 48, 48), "top and left"),
        ((180, 200, 225, 224), "bottom"),
        ((-1, -1, 225, 225), "top, bottom, left and right"),
    ],
)
def test_clipped_sides(box: tuple[int, int, int, int], sides: str) -> None:
    """A patch is clipped where its field reaches past an edge, not where it touches one."""
    assert clipped_sides(_place(box), 224) == sides


def test_facts_are_read_place_by_place(gallery: Gallery) -> None:
    """Empty places are left out; a dead filter has none."""
    layer = gallery.layer("layer3")
    assert [len(f.places) for f in layer.filters[:3]] == [PLACES, 0, PARTLY_FILLED]
    assert layer.dead == 1
    strengths = [place.activation for place in layer.filters[0].places]
    assert strengths == sorted(strengths, reverse=True)


def test_an_image_that_is_not_listed_is_an_error(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place that names an unknown image means a damaged atlas."""
    monkeypatch.setattr(Atlas, "images", lambda _self: {})
    with pytest.raises(AtlasError, match=r"layer1, filter 0 shows image \d+"):
        read_gallery(Atlas.open(made))


def _facts(number: int, strengths: list[float], labels: dict[str, int]) -> FilterFacts:
    image = ImageRecord(row=number, path="p", label="", caption="", width=1, height=1, licence="")
    places = tuple(
        Place(rank, value, image, (0, 0), (0, 0, 1, 1), 1)
        for rank, value in enumerate(strengths, 1)
    )
    (measures,) = read_measures(tiny_measures(1, 0, np.random.default_rng(number)), RECORD)
    return FilterFacts(
        layer="l",
        number=number,
        places=places,
        histogram=(9,),
        labels=tuple(labels.items()),
        clipped=0,
        common_label=None,
        label_purity=None,
        label_entropy=None,
        measures=measures,
    )


def test_the_steadiest_filter_is_chosen_by_its_ninth(gallery: Gallery) -> None:
    """The ninth activation decides, then the first, then the number; eight places do not count."""
    filters = (
        _facts(0, [9.0] * 8, {}),
        _facts(1, [9.0] + [2.0] * 8, {}),
        _facts(2, [5.0] + [3.0] * 8, {}),
        _facts(3, [6.0] + [3.0] * 8, {}),
        _facts(4, [6.0] + [3.0] * 8, {}),
    )
    layer = replace(gallery.layers[0], filters=filters, kin=((),) * 5)
    assert [f.number for f in layer.steadiest(5)] == [3, 4, 2, 1, 0]


def test_empty_places_are_said(made: Path) -> None:
    """Dead filters and empty places are told in words, on the filter's page and on the card."""
    dead, partly = filter_of(made, "layer2", DEAD), filter_of(made, "layer2", PARTLY)
    assert "dead" in dead.empty
    assert dead.places == ()
    assert "Only 4 images" in partly.empty
    assert len(partly.places) == PARTLY_FILLED
    assert filter_of(made, "layer2", 0).empty == ""
    cards = layer_of(made, "layer2").cards
    assert [card.remark for card in cards[:3]] == ["", "dead", "4 of 9"]


def test_clipped_patches_are_said(made: Path) -> None:
    """A patch that leaves the image says on which sides; others say nothing."""
    first, second, *_ = filter_of(made, "layer5", 0).places
    assert "top and left" in first.clipped
    assert second.clipped == ""


def test_neighbours_at_the_ends(made: Path) -> None:
    """The first filter has no previous one, the last no next, and up is the layer."""
    first, last = filter_of(made, "layer1", 0).frame, filter_of(made, "layer1", 3).frame
    assert first.previous is None
    assert last.following is None
    assert first.following is not None
    assert first.following.href == "1.html"
    assert first.up is not None
    assert first.up.href == "index.html"


def test_each_tile_is_told_apart(made: Path) -> None:
    """Patch, reconstruction and whole image of each place have texts of their own."""
    places = filter_of(made, "layer4", 0).places
    alts = [a for p in places if p.whole for a in (p.patch.alt, p.reconstruction.alt, p.whole.alt)]
    assert len(set(alts)) == 3 * PLACES


def test_tiles_are_cut_row_by_row(made: Path) -> None:
    """The fourth place is the first tile of the second row."""
    places = filter_of(made, "layer3", 0).places
    assert places[0].patch.view_box == "0 0 32 32"
    assert places[3].patch.view_box == "0 33 32 32"
    assert places[8].patch.view_box == "66 66 32 32"


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


def test_kin_share_images(gallery: Gallery) -> None:
    """Filters that share two images or more know each other, and count alike."""
    layer = gallery.layer("layer3")
    for number, kin in enumerate(layer.kin):
        mine = {place.image.row for place in layer.filters[number].places}
        for other, shared in kin:
            theirs = {place.image.row for place in layer.filters[other].places}
            assert len(mine & theirs) == shared >= 2


def test_facts_as_json(gallery: Gallery) -> None:
    """The facts of a layer are plain JSON with every filter and place."""
    data = json.loads(facts_json(gallery.layer("layer3"), INPUT_SIZE, IMAGES))
    assert [item["filter"] for item in data["filters"]] == list(range(6))
    assert len(data["filters"][0]["places"]) == PLACES
    assert data["filters"][DEAD]["places"] == []
    assert len(data["filters"][0]["places"][0]["box"]) == 4
