"""Tensors to pictures."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from generator.atlas.schema import GUTTER
from generator.compute.project import crops
from tests.oracles import loops as oracles

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)


@given(st.integers(0, 1000), st.integers(-6, 9), st.integers(-6, 9), st.integers(1, 8))
def test_a_patch_is_cropped_at_its_box_and_grey_outside(
    seed: int, top: int, left: int, side: int
) -> None:
    """Equals explicit loops; what lies outside the input is the mean colour."""
    pixels = np.random.default_rng(seed).integers(0, 256, (9, 9, 3)).astype(np.uint8)
    image = ((pixels / 255 - MEAN) / STD).transpose(2, 0, 1).astype(np.float32)
    box = (top, left, top + side, left + side)
    found = crops.to_pixels(crops.crop(image, box), MEAN, STD)
    mean_colour = np.rint(MEAN * 255).astype(np.uint8)
    assert (found == oracles.patch(pixels, box, mean_colour.tolist())).all()


def test_every_byte_survives_normalisation() -> None:
    """A picture undone after normalising is the picture, value for value."""
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, 2)
    image = ((pixels / np.float32(255) - MEAN) / STD).transpose(2, 0, 1).astype(np.float32)
    assert (crops.to_pixels(image, MEAN, STD) == pixels).all()


def test_zero_is_mid_grey_and_signs_are_symmetric() -> None:
    """A signal and its negative are mirror images about 127.5."""
    signal = np.random.default_rng(0).normal(size=(3, 20, 20)).astype(np.float32)
    signal[:, 0, 0] = 0
    shown, scale = crops.signed_picture(signal)
    mirrored, same = crops.signed_picture(-signal)
    assert scale == same > 0
    assert (shown[0, 0] == crops.GREY).all()
    assert (np.abs(shown.astype(int) + mirrored.astype(int) - 255) <= 1).all()


def test_the_scale_is_the_99th_percentile_of_the_largest_channel() -> None:
    """One pixel in a hundred is clipped, by its strongest channel; computed here by sorting."""
    signal = np.random.default_rng(1).normal(size=(3, 30, 30)).astype(np.float32)
    largest = np.sort(np.abs(signal).max(0).ravel())
    position = 0.99 * (len(largest) - 1)
    low = int(position)
    expected = largest[low] + (position - low) * (largest[low + 1] - largest[low])
    shown, scale = crops.signed_picture(signal)
    assert scale == pytest.approx(float(expected), rel=1e-6)
    beyond = np.abs(signal).max(0) > scale
    assert beyond.sum() == 9
    assert np.isin(shown[beyond], [0, 255]).any(axis=1).all()


def test_an_empty_signal_stays_grey() -> None:
    """Nothing is divided by zero and nothing is made up."""
    shown, scale = crops.signed_picture(np.zeros((3, 5, 5), np.float32))
    assert scale == 0
    assert (shown == crops.GREY).all()


def test_a_signal_in_few_pixels_is_still_shown() -> None:
    """Where the percentile is zero the maximum is the scale."""
    signal = np.zeros((3, 20, 20), np.float32)
    signal[1, 3, 4] = -2
    shown, scale = crops.signed_picture(signal)
    assert scale == 2
    assert shown[3, 4].tolist() == [crops.GREY, 0, crops.GREY]


@pytest.mark.parametrize(("field", "side"), [(7, 70), (27, 81), (75, 75), (139, 139), (300, 160)])
def test_tile_sides(field: int, side: int) -> None:
    """Small fields grow by a whole number, middle ones keep their pixels, large ones shrink."""
    assert crops.tile_side(field) == side


def test_small_fields_are_enlarged_pixel_by_pixel_and_kept_without_loss() -> None:
    """Each pixel of a 7 × 7 patch is a flat square of the decoded sheet."""
    rng = np.random.default_rng(2)
    tiles: list[crops.Pixels | None] = [
        rng.integers(0, 256, (7, 7, 3)).astype(np.uint8) if place != 4 else None
        for place in range(9)
    ]
    side = crops.tile_side(7)
    sheet = crops.contact_sheet(tiles, side)
    with Image.open(io.BytesIO(crops.webp(sheet, None))) as file:
        decoded = np.asarray(file.convert("RGB"))
    assert decoded.shape == (3 * side + 2 * GUTTER,) * 2 + (3,)
    times = side // 7
    for place, tile in enumerate(tiles):
        top, left = (index * (side + GUTTER) for index in divmod(place, 3))
        shown = decoded[top : top + side, left : left + side]
        if tile is None:
            assert (shown == crops.GREY).all()
        else:
            assert (shown == tile.repeat(times, 0).repeat(times, 1)).all()


def test_kernels_lie_in_order_each_on_its_own_scale() -> None:
    """Twelve to a row, a grey pixel between; zero is mid grey however large the weights are."""
    kernels = np.zeros((14, 3, 2, 2), np.float32)
    kernels[0, :, 0, 0] = 5.0
    kernels[12, :, 1, 1] = -0.01
    sheet = crops.kernel_sheet(kernels)
    assert sheet.shape == (5, 35, 3)
    assert (sheet[0, 0] == 255).all()
    assert (sheet[4, 1] == 0).all()
    assert (np.delete(sheet.reshape(-1, 3), [0, 4 * 35 + 1], axis=0) == crops.GREY).all()


def test_a_signal_is_scaled_after_it_is_reduced() -> None:
    """Fine lines of both signs cancel where they merge; what is left spans black to white again."""
    signal = np.random.default_rng(5).normal(size=(3, 139, 139)).astype(np.float32)
    small, scale = crops.signed_picture(crops.resampled(signal, 43))
    large, large_scale = crops.signed_picture(signal)
    assert small.shape == (43, 43, 3)
    assert scale < large_scale / 2
    assert small.std() > 2 * crops.resize(large, 43).std()
    assert (small.min(), small.max()) == (0, 255)


def test_resampling_keeps_a_slope() -> None:
    """Each channel by itself, enlarged and reduced, signs and values as they were."""
    slope = np.linspace(-3, 3, 60, dtype=np.float32)
    signal = np.stack(
        [np.tile(slope, (60, 1)), np.tile(slope[:, None], (1, 60)), np.zeros((60, 60))]
    )
    for side in (20, 90):
        found = crops.resampled(signal.astype(np.float32), side)
        expected = np.interp((np.arange(side) + 0.5) * 60 / side - 0.5, np.arange(60), slope)
        inside = slice(4, -4)
        assert found[0, 0, inside] == pytest.approx(expected[inside], abs=0.02)
        assert found[1, inside, 0] == pytest.approx(expected[inside], abs=0.02)
        assert (found[2] == 0).all()
