"""Receptive-field arithmetic against what a unit really depends on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.network.geometry import Field, Window, field_behind
from tests import oracles

windows = st.lists(
    st.builds(
        Window,
        kernel=st.integers(1, 5),
        stride=st.integers(1, 3),
        padding=st.integers(0, 2),
        dilation=st.integers(1, 2),
    ),
    max_size=5,
)

ZFNET = {  # receptive field, stride, offset
    "layer1": (7, 2, -1),
    "layer2": (27, 8, -3),
    "layer3": (75, 16, -27),
    "layer4": (107, 16, -43),
    "layer5": (139, 16, -59),
}


@given(windows, st.integers(0, 20))
def test_a_unit_sees_exactly_what_its_windows_touch(chain: list[Window], unit: int) -> None:
    """Walking the windows down from one unit reaches the interval that the formula gives."""
    first = last = unit
    for window in reversed(chain):
        first = first * window.stride - window.padding
        last = last * window.stride - window.padding + window.span - 1
    assert field_behind(chain).interval(unit) == (first, last + 1)


@given(windows.filter(bool), st.integers(1, 90))
def test_a_crop_gives_the_unit_its_place(chain: list[Window], length: int) -> None:
    """In the crop, the unit with the crop's number starts where it started in the whole input."""
    field = field_behind(chain)
    for unit in range(8):
        start, stop = field.interval(unit)
        crop = field.crop(unit, length)
        assert crop.start % field.stride == 0
        assert crop.start + field.interval(crop.unit)[0] == start
        assert 0 <= crop.start <= max(start, 0)
        assert crop.stop == min(stop, length)


@pytest.mark.parametrize("seed", range(6))
def test_fields_agree_with_the_support_of_a_unit(seed: int) -> None:
    """The pixels that can change a unit are its field, clipped to the input."""
    rng = np.random.default_rng(seed)
    size = (17, 17)
    parts = oracles.random_network(rng, size=size, dilations=(1,))
    chain = []
    for index, part in enumerate(parts):
        if isinstance(part, oracles.Conv):
            kernel = part.weight.shape[2]
            chain.append(Window(kernel, part.stride, part.padding, part.dilation))
        elif isinstance(part, oracles.MaxPool):
            chain.append(Window(part.kernel, part.stride, part.padding))
        elif isinstance(part, oracles.Relu):
            field = field_behind(chain)
            rows, columns = oracles.grids(parts, size)[index + 1]
            top, left, bottom, right = oracles.receptive_field_by_gradient(
                parts, size, index, rows // 2, columns // 2
            )
            for (start, stop), unit in (((top, bottom), rows // 2), ((left, right), columns // 2)):
                formula = field.interval(unit)
                assert max(formula[0], 0) == start
                # Trailing pixels that rounding down leaves unused may be in the formula only.
                assert stop <= min(formula[1], 17)
                if formula[0] >= 0 and formula[1] <= 17 - field.stride:
                    assert stop == formula[1]


@pytest.mark.parametrize("name", ZFNET)
def test_the_embedded_network_has_the_published_geometry(name: str) -> None:
    """ZFNet's layers see what the table of the method says."""
    conv1, pool, conv2 = Window(7, 2, 1), Window(3, 2, 1), Window(5, 2, 0)
    three = Window(3, 1, 1)
    chains = {
        "layer1": [conv1],
        "layer2": [conv1, pool, conv2],
        "layer3": [conv1, pool, conv2, pool, three],
        "layer4": [conv1, pool, conv2, pool, three, three],
        "layer5": [conv1, pool, conv2, pool, three, three, three],
    }
    size, stride, offset = ZFNET[name]
    assert field_behind(chains[name]) == Field(size, stride, offset)
