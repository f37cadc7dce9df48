"""Facts read off made-up responses whose tuning is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.compute.stimuli import draw
from generator.compute.stimuli.draw import Doubles, Floats
from generator.compute.stimuli.forms import forms
from generator.compute.stimuli.preferences import form_facts, twins
from generator.compute.stimuli.tuning import (
    circular_mean,
    circular_width,
    colour_facts,
    grating_facts,
    peak_and_width,
)

GRATINGS = draw.gratings(27)
COLOURS = draw.colours(27)
FORMS = forms(27)


def von_mises(preferred: float, concentration: float) -> Floats:
    """Give the tuning curve that falls off evenly on both sides, around 180 degrees."""
    away = np.deg2rad(2 * (draw.ORIENTATIONS - preferred))
    return np.exp(concentration * (np.cos(away) - 1)).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(preferred=st.floats(0, 180), concentration=st.floats(0.1, 8))
def test_orientation_tuning_of_known_curves(preferred: float, concentration: float) -> None:
    """Mean, selectivity and width of a von Mises curve are those of its formula."""
    curve = von_mises(preferred, concentration)
    mean, selectivity = circular_mean(curve[None], draw.ORIENTATIONS, 180)
    assert 0 <= mean[0] < 180
    assert abs((mean[0] - preferred + 90) % 180 - 90) < 0.1
    # The mean resultant length of the von Mises distribution, by a fine sum over its density.
    angles = np.linspace(0, 2 * np.pi, 3600, endpoint=False)
    density = np.exp(concentration * np.cos(angles))
    assert selectivity[0] == pytest.approx(
        (density * np.cos(angles)).sum() / density.sum(), abs=1e-3
    )
    if concentration > 0.5:
        width = math.degrees(math.acos(1 - math.log(2) / concentration))
        assert circular_width(curve, 180) == pytest.approx(width, abs=2)
    elif concentration < 0.3:  # never falls to half
        assert circular_width(curve, 180) == 180


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 100), min_size=24, max_size=24))
def test_circular_mean_is_the_sum_of_arrows(values: list[float]) -> None:
    """Angle and length agree with adding arrows one by one."""
    curve = np.array(values, np.float32)
    mean, length = circular_mean(curve[None], draw.HUES, 360)
    right = math.fsum(v * math.cos(math.radians(15 * k)) for k, v in enumerate(curve.tolist()))
    up = math.fsum(v * math.sin(math.radians(15 * k)) for k, v in enumerate(curve.tolist()))
    total = math.fsum(curve.tolist())
    if total == 0:
        assert np.isnan(mean[0])
        assert np.isnan(length[0])
        return
    assert length[0] == pytest.approx(math.hypot(right, up) / total, abs=1e-5)
    if length[0] > 0.01:
        expected = math.degrees(math.atan2(up, right)) % 360
        assert abs((mean[0] - expected + 180) % 360 - 180) < 0.1


@settings(max_examples=40, deadline=None)
@given(peak=st.floats(-4, -2.5), width=st.floats(0.9, 2))
def test_peak_and_width_of_a_bell(peak: float, width: float) -> None:
    """A Gaussian over octaves gives back its middle and its full width at half maximum."""
    octaves = np.linspace(-6, -0.5, 12)
    curve = np.exp2(-(((octaves - peak) / (width / 2)) ** 2)).astype(np.float32)
    found, full = peak_and_width(curve, octaves)
    assert found == pytest.approx(peak, abs=0.08)
    assert full == pytest.approx(width, abs=0.15)


def test_a_side_that_never_falls_ends_with_the_curve() -> None:
    """A curve that rises to the last place is half a bell; a flat one is as wide as the stimuli."""
    places = np.arange(5.0)
    rising = np.array([0, 1, 2, 3, 4], np.float32)
    assert peak_and_width(rising, places) == (4, 2)
    assert peak_and_width(np.ones(5, np.float32), places) == (0, 4)
    assert all(math.isnan(part) for part in peak_and_width(np.zeros(5, np.float32), places))


def tuned_responses(orientation: float, frequency: float, axis: int, phase: float) -> Doubles:
    """Respond to gratings as a simple cell does: [n]."""
    away = np.deg2rad(2 * (GRATINGS.orientation - orientation))
    octaves = np.log2(GRATINGS.frequency / frequency)
    in_phase = np.cos(np.deg2rad(GRATINGS.phase - phase))
    drive = np.exp(2 * (np.cos(away) - 1)) * np.exp2(-((octaves / 0.8) ** 2)) * in_phase
    responses: Doubles = np.maximum(drive, 0) * np.where(GRATINGS.axis == axis, 1.0, 0.3)
    return responses


def test_grating_facts_find_what_was_put_in() -> None:
    """Orientation, frequency and axis of three simple cells, whatever their phase."""
    cells = [(30.0, 0.1, 0, 0.0), (170.0, 0.05, 1, 90.0), (0.0, 0.2, 2, 250.0)]
    responses = np.stack([tuned_responses(*cell) for cell in cells], axis=1).astype(np.float32)
    facts = grating_facts(GRATINGS, responses)
    for index, (orientation, frequency, axis, _phase) in enumerate(cells):
        assert abs((facts.orientation[index] - orientation + 90) % 180 - 90) < 0.5
        assert facts.frequency[index] == pytest.approx(frequency, rel=0.05)
        assert facts.frequency_bandwidth[index] == pytest.approx(1.6, abs=0.2)
        assert facts.axis[index] == axis
    assert facts.orientation_curve.shape == (3, 16)
    assert facts.frequency_curve.shape == (3, 8)
    assert (facts.orientation_curve.max(1) == facts.frequency_curve.max(1)).all()


def test_a_filter_that_responds_to_all_alike_prefers_nothing() -> None:
    """No orientation, no selectivity, the full width; no hue; margin 0."""
    on_gratings, on_colours, on_forms = (
        np.full((len(bank), 2), 0.7, np.float32) for bank in (GRATINGS, COLOURS, FORMS)
    )
    gratings = grating_facts(GRATINGS, on_gratings)
    assert np.isnan(gratings.orientation).all()
    assert gratings.orientation_selectivity.max() < 1e-6
    assert (gratings.orientation_bandwidth == 180).all()
    colours = colour_facts(COLOURS, on_colours, GRATINGS, on_gratings, on_forms)
    assert np.isnan(colours.hue).all()
    assert (colours.colour_selectivity == 0).all()
    found = form_facts(FORMS, on_forms, np.concatenate([on_gratings, on_forms]))
    assert (found.family_margin == 0).all()
    assert (found.polarity == 0).all()
    pairs = twins(on_forms)
    assert (pairs.twin == -1).all()
    assert np.isnan(pairs.correlation).all()


def test_a_dead_filter_has_no_facts() -> None:
    """NaN and −1 throughout, for that filter alone."""
    rng = np.random.default_rng(3)
    on_gratings, on_colours, on_forms = (
        (rng.random((len(bank), 2)) * [0, 1]).astype(np.float32)
        for bank in (GRATINGS, COLOURS, FORMS)
    )
    gratings = grating_facts(GRATINGS, on_gratings)
    colours = colour_facts(COLOURS, on_colours, GRATINGS, on_gratings, on_forms)
    found = form_facts(FORMS, on_forms, on_forms)
    numbers = [
        gratings.orientation,
        gratings.orientation_selectivity,
        gratings.orientation_bandwidth,
        gratings.frequency,
        gratings.frequency_bandwidth,
        colours.hue,
        colours.hue_selectivity,
        colours.colour_selectivity,
        found.family_margin,
        found.polarity,
        found.rotation,
        found.size,
        found.variant,
        found.contrast,
    ]
    for values in numbers:
        assert np.isnan(values[0])
        assert np.isfinite(values[1])
    for indices in (gratings.axis, found.family, found.best):
        assert indices[0] == -1
        assert indices[1] >= 0


def test_hue_and_colour_selectivity() -> None:
    """A filter for hue 100 says so; a grey response half as good halves the selectivity."""
    near = np.nan_to_num(np.cos(np.deg2rad(COLOURS.hue - 100)), nan=0.0)
    on_colours = np.maximum(near, 0)[:, None].astype(np.float32).repeat(2, 1)
    on_gratings = np.zeros((len(GRATINGS), 2), np.float32)
    on_gratings[GRATINGS.axis == 0, 1] = on_colours.max() / 2
    on_forms = np.zeros((len(FORMS), 2), np.float32)
    facts = colour_facts(COLOURS, on_colours, GRATINGS, on_gratings, on_forms)
    assert facts.hue == pytest.approx([100, 100], abs=0.5)
    assert facts.colour_selectivity == pytest.approx([1, 0.5])
    assert facts.hue_curve.shape == (2, 24)
    assert facts.hue_curve[0].argmax() in (6, 7)  # 90 and 105 degrees


def test_coloured_gratings_are_no_grey_stimuli() -> None:
    """A response to opponent gratings alone is wholly a response to colour."""
    on_gratings = (GRATINGS.axis == 1).astype(np.float32)[:, None]
    nothing = [np.zeros((len(bank), 1), np.float32) for bank in (COLOURS, FORMS)]
    facts = colour_facts(COLOURS, nothing[0], GRATINGS, on_gratings, nothing[1])
    assert facts.colour_selectivity == 1
    assert np.isnan(facts.hue).all()
