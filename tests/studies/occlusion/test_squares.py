"""Where the square stands, against a count of pixels."""

from __future__ import annotations

import numpy as np
import pytest

from generator.names import Size
from generator.studies.occlusion.squares import grid_of, side_of, squares, stride_of

SIZES = [Size.square(224), Size.square(24), Size(40, 72), Size(227, 227), Size.square(3)]


@pytest.mark.parametrize("size", SIZES)
def test_squares_cover_the_input_and_are_clipped(size: Size) -> None:
    """Every pixel is covered, none outside; squares that touch no border are whole."""
    covered, side = np.zeros(size, int), side_of(size)
    found = squares(size)
    assert len(found) == grid_of(size)[0] * grid_of(size)[1] == len(set(found))
    for top, left, bottom, right in found:
        assert 0 <= top < bottom <= size.height
        assert 0 <= left < right <= size.width
        assert bottom - top == side or top == 0 or bottom == size.height
        assert right - left == side or left == 0 or right == size.width
        covered[top:bottom, left:right] += 1
    assert covered.min() > 0


def test_the_papers_input() -> None:
    """A quarter of the side; the centres lie in the middle of cells of 8 × 8 pixels."""
    size = Size.square(224)
    assert (side_of(size), stride_of(size), grid_of(size)) == (56, 8, (28, 28))
    found = squares(size)
    assert found[0] == (0, 0, 32, 32)
    assert found[14 * 28 + 10] == (116 - 28, 84 - 28, 116 + 28, 84 + 28)
    assert found[-1] == (192, 192, 224, 224)


def test_a_large_input_has_no_more_positions_to_its_shorter_side() -> None:
    """The stride grows instead."""
    assert stride_of(Size.square(448)) == 16
    assert grid_of(Size(448, 896)) == (28, 56)
