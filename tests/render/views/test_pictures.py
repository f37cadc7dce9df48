"""Pictures: each tile is cut where it lies, and has a text of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from generator.atlas.schema import PLACES, ImageRecord
from generator.atlas.store import Atlas
from generator.names import Size
from generator.render.facts import Place, overhang, read_gallery
from generator.render.views.pictures import clipped_sides, whole
from tests.support.tiny_atlas import make_atlas
from tests.support.views import filter_of


def _place(box: tuple[int, int, int, int]) -> Place:
    image = ImageRecord(row=0, path="p", label="", caption="", width=1, height=1, licence="")
    return Place(rank=1, activation=1, image=image, unit=(0, 0), box=box, patch=box, scale=1)


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
    """A patch is clipped where it reaches past an edge, not where it touches one."""
    assert clipped_sides(_place(box), Size.square(224)) == sides


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


@pytest.mark.parametrize(
    ("size", "around"),
    [
        (Size.square(7), (0, 0, 7, 7)),
        (Size(128, 64), (0, -32, 128, 96)),
        (Size(5, 8), (-1, 0, 7, 8)),
    ],
)
def test_the_square_around_an_input(size: Size, around: tuple[int, int, int, int]) -> None:
    """Its side is the longer one, and the input lies in its middle."""
    assert size.around == around
    assert overhang((-3, -40, 130, 90), Size(128, 64).around) == 8
    assert overhang((0, 0, 128, 64), (0, 0, 128, 64)) == 0


def test_a_whole_image_that_is_no_square_lies_where_its_tile_has_it(tmp_path: Path) -> None:
    """The tile is a square around the image, which is drawn in input pixels from 0, 0 on."""
    square = read_gallery(Atlas.open(make_atlas(tmp_path))).layer("layer1")
    network = square.manifest.network.model_copy(update={"input_size": Size(224, 112)})
    layer = replace(square, manifest=square.manifest.model_copy(update={"network": network}))
    facts = next(each for each in layer.filters if each.places)
    box, larger = (100, 110, 107, 117), (100, 80, 124, 104)
    place = replace(facts.places[0], rank=1, box=box, patch=box)
    shown = whole("index.html", layer, replace(facts, places=(place,)), place)
    assert shown is not None
    assert (shown.view_box, shown.sheet[:2]) == ("-56 0 224 224", ("-56", "0"))
    assert (shown.size, shown.patch) == (Size(224, 112), (110, 100, 7, 7))
    assert shown.ring == ("113.5", "103.5", "20")
    wider = replace(place, box=larger, patch=larger)
    seen = whole("index.html", layer, replace(facts, places=(wider,)), wider)
    assert seen is not None
    assert seen.ring is None
    assert shown.alt.endswith("rows 100 to 106, columns 110 to 111")
