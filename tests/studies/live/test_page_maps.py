"""Where the maps of the live page are drawn, in Node."""

from __future__ import annotations

import pytest

from tests.studies.live.test_page_words import run


@pytest.mark.parametrize(
    ("width", "height", "box"),
    [
        (13, 13, [40, 40, 0, 0]),
        (20, 12, [40, 24, 0, 8]),
        (3, 9, [13, 40, 13, 0]),
        (90, 1, [40, 1, 0, 19]),
    ],
)
def test_a_map_keeps_its_shape_in_its_tile(width: int, height: int, box: list[int]) -> None:
    """A network may take pictures that are no squares."""
    assert run(("30-maps.js",), f"return boxIn(40, {width}, {height});") == box
