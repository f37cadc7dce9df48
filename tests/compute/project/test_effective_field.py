"""The effective field: measured as loops measure it, on the places that the rule names."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.atlas.schema import EFFECTIVE, GUTTER, PLACES, LayerArrays, LayerRecord
from generator.compute.project.boxes import boxes
from generator.compute.project.contact_sheets import Places
from generator.compute.project.effective_field import (
    FEWEST,
    SAMPLE,
    Signals,
    effective_field,
    sampled,
    shown_side,
    smallest_sides,
)
from generator.names import FieldShown, Size
from generator.network.cone.geometry import PixelField
from generator.network.watched import WatchedLayer
from generator.render.facts import start_of
from tests.oracles.loops import smallest_middle_square

FIELD = PixelField(21, 4, -8)


@given(st.integers(0, 10_000), st.integers(1, 12), st.floats(0, 6))
def test_the_smallest_square_is_that_of_loops(seed: int, side: int, falls: float) -> None:
    """For odd and even sides, flat signals and such as fall off from the middle."""
    rng = np.random.default_rng(seed)
    away = np.abs(np.arange(side) - (side - 1) / 2)
    signal = rng.normal(size=(3, side, side)) * np.exp(-falls * np.maximum.outer(away, away))
    found = smallest_sides(signal[None].astype(np.float32))
    assert found.tolist() == [smallest_middle_square(signal.astype(np.float32), EFFECTIVE)]


def planted(side: int, inset: int, strength: float = 1) -> Signals:
    """One signal that is zero but for one value, on the ring so many pixels inside the rim."""
    signal = np.zeros((1, 3, side, side), np.float32)
    signal[0, 1, inset, side // 2] = strength
    return signal


@pytest.mark.parametrize("side", [9, 10])
def test_one_pixel_that_is_not_zero_is_just_inside(side: int) -> None:
    """Whatever its sign; a signal of zeros has no field."""
    for inset in range(side // 2):
        assert smallest_sides(planted(side, inset, -0.5)).tolist() == [side - 2 * inset]
    assert smallest_sides(planted(side, 0, 0)).tolist() == [0]


@pytest.mark.parametrize(("rim", "expected"), [(0.019, 1), (0.021, 9)])
def test_the_share_is_of_squares(rim: float, expected: int) -> None:
    """A rim with a little less than 2 % of the energy is left out, with a little more it counts."""
    signal = planted(9, 4, (1 - rim) ** 0.5) + planted(9, 0, rim**0.5)
    assert smallest_sides(signal).tolist() == [expected]


def layer_of(filters: int, field: PixelField = FIELD) -> WatchedLayer:
    """A layer of 25 × 25 units over 100 × 100 pixels."""
    return WatchedLayer("layer1", "Layer 1", "0", filters, (25, 25), field)


def arrays_of(units: list[tuple[int, int]], filters: int) -> LayerArrays:
    """All filters have the same nine units, or as many as are given; no box is right."""
    shape = (filters, PLACES)
    image = np.full(shape, -1, np.int64)
    unit = np.zeros((*shape, 2), np.int32)
    image[:, : len(units)] = np.arange(len(units))
    unit[:, : len(units)] = units
    one = np.zeros(filters, np.float32)
    return LayerArrays(
        activation=np.ones(shape, np.float32),
        image=image,
        unit=unit,
        box=np.zeros((*shape, 4), np.int32),
        scale=np.zeros(shape, np.float32),
        histogram=np.zeros((filters, 256), np.int64),
        label_purity=one,
        label_entropy=one,
        label=one.astype(np.int32),
    )


def test_places_at_the_border_do_not_count_where_others_do() -> None:
    """Units 2 to 21 see only the image; of nine places five are such, in forty filters."""
    inside = [(2, 2), (21, 21), (2, 21), (10, 12), (5, 5)]
    border = [(1, 10), (10, 1), (22, 10), (10, 22)]
    found = sampled(layer_of(40), arrays_of([*border, *inside], 40), Size.square(100))
    assert len(found.rows) == SAMPLE
    assert set(found.places.tolist()) == {4, 5, 6, 7, 8}
    assert found.boxes.min() >= 0
    assert found.boxes.max() <= 100
    assert found.side == FIELD.size


@pytest.mark.parametrize("filters", [FEWEST - 1, FEWEST])
def test_places_at_the_border_count_where_too_few_others_do(filters: int) -> None:
    """One place of each filter lies inside the image."""
    found = sampled(
        layer_of(filters), arrays_of([(10, 10), (0, 0), (0, 24)], filters), Size.square(100)
    )
    expected = filters if filters == FEWEST else 3 * filters
    assert len(found.rows) == expected


def test_the_sample_is_spread_over_filters_and_ranks() -> None:
    """No filter and no rank gives many more than another; the order is that of the places."""
    units = [(3 + n, 4 + n) for n in range(PLACES)]
    found = sampled(layer_of(100), arrays_of(units, 100), Size.square(100))
    of_filter = np.bincount(found.filters, minlength=100)
    of_rank = np.bincount(found.places, minlength=PLACES)
    assert (of_filter.min(), of_filter.max()) == (1, 2)
    assert of_rank.min() > 0.7 * of_rank.max()
    assert len(set(zip(found.filters.tolist(), found.places.tolist(), strict=True))) == SAMPLE


def test_a_layer_whose_units_have_no_known_middle_is_not_measured() -> None:
    """Where only gradients know that a unit sees all; by geometry its middle is known."""
    everything = layer_of(40, PixelField(200, 4, -100))
    arrays = arrays_of([(10, 10)], 40)
    known = sampled(everything, arrays, Size.square(100))
    assert known.side == 200
    assert known.boxes[0].tolist() == [-60, -60, 140, 140]
    for evidence in ("gradients", "nothing"):
        unknown = sampled(replace(everything, known_by=evidence), arrays, Size.square(100))
        assert effective_field(unknown, lambda _: np.zeros((0, 3, 1, 1), np.float32)) == 0


def test_the_median_leaves_out_signals_of_zero() -> None:
    """It is the side of one of the squares: of two in the middle, the larger."""
    places = sampled(layer_of(2), arrays_of([(10, 10)] * 5, 2), Size.square(100))

    def reconstruct(some: Places) -> Signals:
        insets = [0, 1, 3, 4]
        signals = [planted(21, inset) for inset in insets] + [planted(21, 0, 0)] * 6
        assert len(signals) == len(some.rows)
        return np.concatenate(signals)

    assert effective_field(places, reconstruct) == 19


@pytest.mark.parametrize(
    ("field", "effective", "shown", "expected"),
    [
        (139, 125, "effective", 125),  # 10.1 % less
        (139, 127, "effective", 139),  # 8.6 % less
        (139, 111, "theoretical", 139),
        (27, 25, "effective", 27),
        (9, 7, "effective", 9),  # two pixels less
        (9, 5, "effective", 5),
        (139, 0, "effective", 139),  # not measured
        (300, 200, "effective", 200),  # of an input of 224
        (300, 202, "effective", 224),
        (300, 250, "effective", 224),
    ],
)
def test_what_patches_show(field: int, effective: int, shown: FieldShown, expected: int) -> None:
    """The effective field where it is smaller by a tenth and four pixels than what they showed."""
    assert shown_side(field, effective, Size.square(224), shown) == expected


@pytest.mark.parametrize("stride", [Fraction(1), Fraction(8), Fraction(4, 3), Fraction(1, 3)])
def test_pages_and_pictures_agree_where_the_middle_lies(stride: Fraction) -> None:
    """Also where units lie fractions of a pixel apart."""
    field = PixelField(41, stride, -7)
    record = LayerRecord(
        name="l",
        title="L",
        module="m",
        filters=1,
        grid=(60, 60),
        receptive_field=41,
        effective_field=21,
        patch=21,
        stride=float(stride),
        offset=-7,
        tile=21,
        gutter=GUTTER,
        thumbnails=False,
        kernels=(),
        stimuli=None,
    )
    units = np.arange(60)[:, None].repeat(2, 1)
    for side in (41, 21, 3):
        found = boxes(field, Size.square(20), units, side)
        starts = [start_of(record, unit, side) for unit in range(60)]
        assert found[:, 0].tolist() == found[:, 1].tolist() == starts
        assert (found[:, 2:] - found[:, :2] == side).all()
