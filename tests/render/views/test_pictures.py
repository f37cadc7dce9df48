"""Pictures: each tile is cut where it lies, and has a text of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.atlas.schema import PLACES, ImageRecord
from generator.names import Size
from generator.render.facts import Place
from generator.render.views.pictures import clipped_sides
from tests.support.views import filter_of


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
