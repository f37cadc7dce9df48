"""The orientation, spatial frequency and colour that filters are tuned to, from their responses.

Pure functions of arrays. Axes: n stimuli, f filters; responses are activations, 0 or more. Where a
filter's responses do not show a fact, it is NaN (−1 where it is an index).

As in vision science: an orientation preference is the direction of the vector sum of responses at
twice the angle, its length the selectivity (one minus the circular variance); a bandwidth is the
full width at half the maximum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from generator.compute.stimuli.draw import (
    GRATING_SHAPE,
    HUES,
    ORIENTATIONS,
    Colours,
    Doubles,
    Floats,
    Gratings,
)

FLAT = 1e-5  # differences below this part of the largest response are rounding of 32-bit sums


@dataclass(frozen=True)
class GratingFacts:
    """What a layer's filters prefer among gratings."""

    orientation: Floats  # [f] degrees 0…180 along the stripes; NaN where none stands out
    orientation_selectivity: Floats  # [f] 0…1: 1 − circular variance
    orientation_bandwidth: Floats  # [f] degrees; 180 where no side of the curve falls to half
    orientation_curve: Floats  # [f, 16] best over phase, at the best frequency and axis
    frequency: Floats  # [f] cycles per pixel
    frequency_bandwidth: Floats  # [f] octaves; a side that never falls to half ends with the curve
    frequency_curve: Floats  # [f, 8] best over phase, at the best orientation and axis
    axis: npt.NDArray[np.int8]  # [f] index into AXES


@dataclass(frozen=True)
class ColourFacts:
    """What a layer's filters prefer among hues."""

    hue: Floats  # [f] degrees 0…360: 0 red, 120 green, 240 blue; NaN where none stands out
    hue_selectivity: Floats  # [f] 0…1: 1 − circular variance
    hue_curve: Floats  # [f, 24] best over uniform fields and gratings of each hue
    colour_selectivity: Floats  # [f] 0…1: 1 − best response to a grey stimulus / best of all


def grating_facts(stimuli: Gratings, responses: Floats) -> GratingFacts:
    """Read orientation and frequency tuning off responses [n, f] to the gratings of `stimuli`."""
    each = np.arange(responses.shape[1])
    over_phase = responses.reshape(*GRATING_SHAPE, len(each)).max(2)  # o s a f
    grid = over_phase.reshape(-1, len(each))
    responsive = grid.max(0) > 0
    orientations, frequencies, axes = np.unravel_index(grid.argmax(0), over_phase.shape[:3])
    orientation_curve = over_phase[:, frequencies, axes, each].T
    frequency_curve = over_phase[orientations, :, axes, each]
    octaves = np.log2(stimuli.frequency.reshape(GRATING_SHAPE)[0, :, 0, 0])
    orientation, selectivity = circular_mean(orientation_curve, ORIENTATIONS, 180)
    widths = np.array([circular_width(curve, 180) for curve in orientation_curve])
    peaks = np.array([peak_and_width(curve, octaves) for curve in frequency_curve])
    return GratingFacts(
        orientation=orientation,
        orientation_selectivity=selectivity,
        orientation_bandwidth=nan_unless(responsive, widths),
        orientation_curve=orientation_curve,
        frequency=nan_unless(responsive, np.exp2(peaks[:, 0])),
        frequency_bandwidth=nan_unless(responsive, peaks[:, 1]),
        frequency_curve=frequency_curve,
        axis=np.where(responsive, axes, -1).astype(np.int8),
    )


def colour_facts(
    stimuli: Colours,
    responses: Floats,
    gratings: Gratings,
    to_gratings: Floats,
    to_forms: Floats,
) -> ColourFacts:
    """Read colour tuning off responses [n, f] to the colours of `stimuli`.

    `to_gratings` and `to_forms` are the same filters' responses to the other stimuli. A colour has
    to exceed the best response to a grey stimulus: luminance gratings and forms are grey, too.
    """
    curve = np.stack([responses[stimuli.hue == hue].max(0) for hue in HUES], axis=1)  # f 24
    hue, selectivity = circular_mean(curve, HUES, 360)
    grey = np.max(
        [
            responses[np.isnan(stimuli.hue)].max(0),
            to_gratings[gratings.axis == 0].max(0),
            to_forms.max(0),
        ],
        axis=0,
    )
    best = np.max([responses.max(0), to_gratings.max(0), to_forms.max(0)], axis=0)
    return ColourFacts(
        hue=hue,
        hue_selectivity=selectivity,
        hue_curve=curve,
        colour_selectivity=np.clip(1 - quotient(grey, best), 0, 1),
    )


# --- Curves ---------------------------------------------------------------------------------------


def circular_mean(curves: Floats, angles: Doubles, period: float) -> tuple[Floats, Floats]:
    """Return the mean angle [f] and the length 0…1 [f] of the vector sum of curves [f, k].

    `angles` [k] and the mean, 0…`period`, are degrees; angles `period` apart are the same. The
    length is 1 − circular variance. Both are NaN for a curve of zeros, and the mean for one whose
    vectors cancel.
    """
    turns = np.exp(2j * np.pi * angles / period)
    total = curves.astype(np.float64).sum(1)
    vector = curves.astype(np.float64) @ turns
    length = quotient(np.abs(vector), total)
    mean = np.angle(vector) / (2 * np.pi) * period % period
    mean = np.where(np.nan_to_num(length) > FLAT, mean, np.nan).astype(np.float32)
    # An angle a hair below the period becomes the period itself as a 32-bit number.
    return np.where(mean >= period, np.float32(0), mean), length


def circular_width(curve: Floats, period: float) -> float:
    """Return the full width at half maximum of a curve [k] sampled evenly around a circle.

    In the units of `period`, and `period` itself where the curve falls to half nowhere. NaN for a
    curve of zeros.
    """
    samples = len(curve)
    middle = samples // 2
    peak = int(curve.argmax())
    opened = np.roll(curve, middle - peak)  # the peak in the middle …
    opened = np.append(opened, opened[0])  # … and the farthest sample at both ends
    _, width = peak_and_width(opened, np.arange(samples + 1.0), middle)
    return width * period / samples


def peak_and_width(curve: Floats, places: Doubles, peak: int | None = None) -> tuple[float, float]:
    """Return the peak's place and the full width at half maximum of a curve [k].

    `places` [k] are evenly spaced; `peak` is the index of the largest sample, the first by default.
    The peak is refined by a bell through three samples; a side falls to half where a straight
    line between two samples does, or ends with the curve. NaN, NaN for a curve of zeros.
    """
    if not curve.max() > 0:
        return float("nan"), float("nan")
    peak = int(curve.argmax()) if peak is None else peak
    offset, height = _crest(curve, peak)
    step = float(places[1] - places[0])
    left = _fall(curve[peak::-1], height / 2)
    right = _fall(curve[peak:], height / 2)
    return float(places[peak] + offset * step), (left + right) * step


def _crest(curve: Floats, peak: int) -> tuple[float, float]:
    """Return offset −0.5…0.5 and height of the bell through a peak and its neighbours.

    A bell is a parabola in the logarithm. A neighbour below a twentieth counts as a twentieth:
    behind a ReLU it may be 0, and that much is enough to know that it is far away.
    """
    top = float(curve[peak])
    if top <= 0 or not 0 < peak < len(curve) - 1:
        return 0.0, top
    before, after = (math.log(max(curve[peak + side] / top, 0.05)) for side in (-1, 1))
    if before + after > -FLAT:
        return 0.0, top
    offset = 0.5 * (before - after) / (before + after)
    return offset, top * math.exp(-0.25 * (before - after) * offset)


def _fall(side: Floats, half: float) -> float:
    """Return how many samples from the first on a side first falls to `half`."""
    below = np.flatnonzero(side <= half)
    if len(below) == 0:
        return len(side) - 1.0
    end = int(below[0])
    if end == 0:
        return 0.0
    before, after = float(side[end - 1]), float(side[end])
    return end - 1 + (before - half) / (before - after)


def quotient(part: npt.NDArray[np.floating], whole: npt.NDArray[np.floating]) -> Floats:
    """Return part / whole, NaN where the whole is not positive."""
    result = np.full(whole.shape, np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result.astype(np.float32)


def nan_unless(known: npt.NDArray[np.bool_], values: npt.NDArray[np.floating]) -> Floats:
    """Return values as 32-bit numbers, NaN where they are not known."""
    return np.where(known, values, np.nan).astype(np.float32)
