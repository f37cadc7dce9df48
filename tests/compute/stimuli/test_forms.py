"""Forms show what their parameters say."""

from __future__ import annotations

import numpy as np
import pytest

from generator.compute.stimuli.forms import (
    FAMILIES,
    PER_FAMILY,
    SCALES,
    TURNS,
    Forms,
    forms,
    joined,
    scaled,
    shifted,
    turned,
)

LOCAL = ("bar", "curve", "cross", "rings", "wheel", "spiral", "blob")
SIDES = (7, 27, 40)


@pytest.mark.parametrize("side", [1, 3, *SIDES])
def test_families_have_equal_numbers_and_stay_in_range(side: int) -> None:
    """No family has more members, or more light or dark ones, and all are pictures."""
    everything = forms(side)
    for number in range(len(FAMILIES)):
        contrast = everything.contrast[everything.family == number]
        assert len(contrast) == PER_FAMILY
        assert contrast.sum() == 0
    pictures = everything.draw(np.arange(0, len(everything), 5))
    assert pictures.shape[1:] == (3, side, side)
    assert pictures.dtype == np.float32
    assert pictures.min() >= 0
    assert pictures.max() <= 1


@pytest.mark.parametrize("family", FAMILIES)
def test_light_forms_only_lighten_and_dark_ones_mirror_them(family: str) -> None:
    """A light form is nowhere darker than the background, and its dark twin is its negative."""
    everything = forms(27)
    chosen = everything.family == FAMILIES.index(family)
    light = everything.draw(np.flatnonzero(chosen & (everything.contrast == 1))[::5])
    dark = everything.draw(np.flatnonzero(chosen & (everything.contrast == -1))[::5])
    assert light.min() >= 0.5
    assert light.max((1, 2, 3)).min() > 0.6
    np.testing.assert_allclose(light + dark, 1, atol=1e-6)


@pytest.mark.parametrize("family", LOCAL)
def test_corners_are_grey_around_local_forms(family: str) -> None:
    """What does not fill the field leaves its corners at the background."""
    everything = forms(27)
    pictures = everything.draw(np.flatnonzero(everything.family == FAMILIES.index(family)))
    corners = pictures[:, :, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert np.abs(corners - 0.5).max() < 0.01
    assert np.abs(pictures - 0.5).max() > 0.4


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_quarter_turn_of_the_parameters_turns_the_picture(family: str, side: int) -> None:
    """Ninety degrees more is the same picture, turned counter-clockwise."""
    everything = forms(side)
    members = everything.take(np.flatnonzero(everything.family == FAMILIES.index(family))[::7])
    quarter = Forms(**{**vars(members), "rotation": members.rotation + 90})
    each = np.arange(len(members))
    before, after = members.draw(each), quarter.draw(each)
    np.testing.assert_allclose(after, np.rot90(before, axes=(2, 3)), atol=1e-4)


# --- Transforms -----------------------------------------------------------------------------------


def test_shifts_move_the_picture_by_an_eighth_and_a_quarter() -> None:
    """For a field of 24: 3 and 6 pixels left, right, down and up."""
    everything = forms(24)
    blob = everything.take(np.flatnonzero(everything.family == FAMILIES.index("blob"))[8:9])
    (before,) = blob.draw(np.array([0]))
    moves = {(0, -3), (0, 3), (0, -6), (0, 6), (3, 0), (-3, 0), (6, 0), (-6, 0)}
    found = set()
    for moved in shifted(blob):
        (after,) = moved.draw(np.array([0]))
        found |= {
            move for move in moves if np.abs(np.roll(before, move, (1, 2)) - after).max() < 1e-3
        }
    assert len(shifted(blob)) == 8
    assert found == moves


def test_small_fields_shift_by_a_pixel_at_least() -> None:
    """An eighth of three pixels would be no shift."""
    least = min(
        abs(part).max()
        for moved in shifted(forms(3).take(np.array([0])))
        for part in (np.concatenate([moved.right, moved.up]),)
    )
    assert least == 1


def test_scaling_enlarges_the_form() -> None:
    """A line scaled by 3/2 is a line one and a half times as thick."""
    everything = forms(24)
    line = everything.take(np.flatnonzero(everything.family == 0)[-4:])
    each = np.arange(4)
    for factor, changed in zip(SCALES, scaled(line), strict=True):
        thicker = Forms(**{**vars(line), "size": line.size * factor})
        difference = np.abs(changed.draw(each) - thicker.draw(each))
        assert difference.max() < 0.1  # contours are soft over a scaled pixel
        assert np.abs(changed.draw(each) - line.draw(each)).max() > 0.1


def test_turning_adds_degrees() -> None:
    """The transforms turn both ways by 15, 30 and 45 degrees and change nothing else."""
    line = forms(24).take(np.arange(3))
    turns = [tuple(changed.rotation - line.rotation) for changed in turned(line)]
    assert turns == [(turn,) * 3 for turn in TURNS]
    assert all((changed.size == line.size).all() for changed in turned(line))


@pytest.mark.parametrize("side", [9, 27])
def test_forms_of_one_identity_are_one_picture(side: int) -> None:
    """A turn by what brings a form back to itself changes nothing; many turns lead to others."""
    everything = forms(side)
    bank = joined([everything, *turned(everything)])
    _, first, alike = np.unique(bank.identities(), axis=0, return_index=True, return_inverse=True)
    known = np.flatnonzero(first[alike] != np.arange(len(bank)))[::7]
    assert len(known) > 4 * len(everything) / 7
    pictures = bank.draw(known)
    np.testing.assert_allclose(pictures, bank.draw(first[alike][known]), atol=1e-5)
    assert len(np.unique(everything.identities(), axis=0)) == len(everything)
