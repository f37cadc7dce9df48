"""Receptive-field arithmetic against walking the windows, and the table of the embedded network."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.config import Settings
from generator.network.cone.geometry import Field, PixelField, Reach, Window
from generator.network.zoo import load as zoo

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
fields = st.builds(
    Field, size=st.integers(1, 30), stride=st.integers(1, 3), offset=st.integers(-20, 20)
)

# Receptive field, stride, offset: the gallery's own padding, checked by hand from the sizes of the
# published kernels.
ZFNET = {
    "layer1": PixelField(7, 2, -1),
    "layer2": PixelField(27, 8, -3),
    "layer3": PixelField(75, 16, -27),
    "layer4": PixelField(107, 16, -43),
    "layer5": PixelField(139, 16, -59),
}


def behind(chain: Sequence[Window]) -> Field:
    """Return what a unit sees through windows, the first of which reads the pixels."""
    field = Field()
    for window in reversed(chain):
        field = field.below(window.reach)
    return field


@given(windows, st.integers(0, 20))
def test_a_unit_sees_exactly_what_its_windows_touch(chain: list[Window], unit: int) -> None:
    """Walking the windows down from one unit, pixel by pixel, reaches the formula's ends."""
    seen = {unit}
    for window in reversed(chain):
        seen = {
            pixel * window.stride - window.padding + tap * window.dilation
            for pixel in seen
            for tap in range(window.kernel)
        }
    assert behind(chain).interval(unit) == (min(seen), max(seen) + 1)


@given(fields, fields, st.integers(0, 20))
def test_a_union_holds_both_and_no_more(one: Field, other: Field, unit: int) -> None:
    """Whichever the unit; where strides differ no one field does."""
    if one.stride != other.stride:
        with pytest.raises(ValueError, match=f"strides {one.stride} and {other.stride} meet"):
            one.union(other)
        return
    first, second = one.interval(unit), other.interval(unit)
    assert one.union(other).interval(unit) == (min(first[0], second[0]), max(first[1], second[1]))


def test_the_embedded_network_has_the_published_geometry() -> None:
    """Tracing it gives what the table of the method says."""
    network = zoo.load(Settings(network="zfnet"))
    assert {layer.name: layer.field for layer in network.layers} == ZFNET


@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 4), st.data())
def test_fields_behind_enlarged_maps_hold_all_that_units_see(
    size: int, kernel: int, factor: int, data: st.DataObject
) -> None:
    """A window on a map whose pixels were repeated, on a window: every unit, pixel by pixel."""
    windows = st.builds(Window, kernel=st.just(kernel), stride=st.integers(1, 2))
    above, below = data.draw(windows), data.draw(windows)
    repeated = Reach(Fraction(1, factor), Fraction(1 - factor, factor), 0)
    field = Field().below(above.reach).below(repeated).below(below.reach).in_pixels
    largest = 0
    for unit in range(size + factor):
        first = unit * above.stride
        coarse = {pixel // factor for pixel in range(first, first + above.kernel)}
        seen = {place * below.stride + tap for place in coarse for tap in range(below.kernel)}
        start, stop = field.interval(unit)
        assert start <= min(seen)
        assert max(seen) < stop
        largest = max(largest, max(seen) - min(seen) + 1)
    assert field.size <= largest + 2 * below.stride
