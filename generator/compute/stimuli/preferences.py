"""The forms that filters prefer, how well they tolerate change, and which filters are alike.

Pure functions of arrays. Axes: n stimuli, f filters; responses are activations, 0 or more. Where a
filter's responses do not show a fact, it is NaN (−1 where it is an index).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from generator.compute.stimuli.draw import Floats
from generator.compute.stimuli.forms import FAMILIES, Forms
from generator.compute.stimuli.tuning import FLAT, nan_unless, quotient


@dataclass(frozen=True)
class FormFacts:
    """What a layer's filters prefer among forms."""

    family_response: Floats  # [f, 14] best activation to each family
    family: npt.NDArray[np.int8]  # [f] index of the best into FAMILIES
    family_margin: Floats  # [f] best − second best family, in deviations over all stimuli
    polarity: Floats  # [f] −1 only dark on grey … 1 only light on grey
    best: npt.NDArray[np.int32]  # [f] index of the best form
    rotation: Floats  # [f] degrees, of the best form; as are all that follow
    size: Floats  # [f] pixels; `Forms` says of what
    variant: Floats  # [f] see `Forms`
    contrast: Floats  # [f] 1 light on grey, −1 dark on grey


@dataclass(frozen=True)
class Invariances:
    """The share of its best form's response that a filter keeps when the form changes: [f] 0…1."""

    shift: Floats
    scale: Floats
    rotation: Floats


@dataclass(frozen=True)
class Twins:
    """For each filter the one of its layer whose responses are most alike."""

    twin: npt.NDArray[np.int32]  # [f] −1 where there is none
    correlation: Floats  # [f] −1…1: Pearson's, over all stimuli; NaN where there is none


def form_facts(stimuli: Forms, responses: Floats, everything: Floats) -> FormFacts:
    """Read the preferred forms off responses [n, f] to the forms of `stimuli`.

    `everything` [m, f] are the same filters' responses to all stimuli of the layer.
    """
    family_response = np.stack(
        [responses[stimuli.family == number].max(0) for number in range(len(FAMILIES))], axis=1
    )
    ranked = np.sort(family_response, axis=1)
    best = responses.argmax(0)
    responsive = responses.max(0) > 0
    light = responses[stimuli.contrast > 0].max(0)
    dark = responses[stimuli.contrast < 0].max(0)
    deviation = deviations(everything)
    # A filter that responds to everything alike prefers nothing.
    margin = np.where(deviation > 0, quotient(ranked[:, -1] - ranked[:, -2], deviation), 0)
    return FormFacts(
        family_response=family_response,
        family=np.where(responsive, stimuli.family[best], -1).astype(np.int8),
        family_margin=nan_unless(responsive, margin),
        polarity=quotient(light - dark, light + dark),
        best=np.where(responsive, best, -1).astype(np.int32),
        rotation=nan_unless(responsive, stimuli.rotation[best]),
        size=nan_unless(responsive, stimuli.size[best]),
        variant=nan_unless(responsive, stimuli.variant[best]),
        contrast=nan_unless(responsive, stimuli.contrast[best]),
    )


def kept(transformed: Floats, best: Floats) -> Floats:
    """Return the mean over transforms of min(response / best, 1): [f], 0…1.

    `transformed` [t, f] are the responses to each filter's best form after each transform, `best`
    [f] those before. NaN where `best` is 0.
    """
    ratio = quotient(transformed, np.broadcast_to(best, transformed.shape))
    mean: Floats = np.minimum(ratio, 1).mean(0)
    return mean


def twins(responses: Floats) -> Twins:
    """Find each filter's nearest relative by its responses [n, f] to all stimuli.

    Filters whose responses do not vary have none. Of equals the first is taken.
    """
    filters = responses.shape[1]
    spread = deviations(responses)
    varies = spread > 0
    centred = responses.astype(np.float64) - responses.mean(0, dtype=np.float64)
    scores = np.divide(centred, spread, out=np.zeros_like(centred), where=varies)
    correlation = np.clip(scores.T @ scores / len(responses), -1, 1)
    correlation[:, ~varies] = -np.inf
    np.fill_diagonal(correlation, -np.inf)
    nearest = correlation.argmax(1)
    value = correlation[np.arange(filters), nearest]
    found = varies & np.isfinite(value)
    return Twins(
        twin=np.where(found, nearest, -1).astype(np.int32),
        correlation=nan_unless(found, value),
    )


def deviations(responses: Floats) -> npt.NDArray[np.float64]:
    """Return the standard deviation [f] of responses [n, f]; 0 where it is but rounding."""
    spread: npt.NDArray[np.float64] = responses.astype(np.float64).std(0)
    return np.where(spread > FLAT * responses.max(0), spread, 0)
