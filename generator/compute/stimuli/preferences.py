"""Which forms a filter prefers, how well it tolerates change, and which filters are alike.

Pure functions of response arrays. Axes: n stimuli, f filters; responses are activations, 0 or more.
A fact that a filter gives no ground for is NaN (−1 where it is an index).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from generator.compute.stimuli.draw import Floats
from generator.compute.stimuli.forms import FAMILIES, Forms
from generator.compute.stimuli.tuning import FLAT, quotient, where_answered


@dataclass(frozen=True)
class FormFacts:
    """What a layer's filters prefer among forms."""

    family_response: Floats  # [f, 14] best activation to each family
    family: npt.NDArray[np.int8]  # [f] index of the best into FAMILIES; −1 where none is answered
    family_margin: Floats  # [f] best − second best family, in deviations over all stimuli
    polarity: Floats  # [f] −1 only dark on grey … 1 only light on grey
    best: npt.NDArray[np.int32]  # [f] index of the best form; −1 where none is answered
    rotation: Floats  # [f] degrees, of the best form; as are all that follow
    size: Floats  # [f] pixels; `Forms` says what it measures
    variant: Floats  # [f] `Forms` says what it means
    contrast: Floats  # [f] 1 light on grey, −1 dark on grey


@dataclass(frozen=True)
class Invariances:
    """What is left of a filter's answer to its best form when that form changes: each [f] 0…1."""

    shift: Floats
    scale: Floats
    rotation: Floats


@dataclass(frozen=True)
class Twins:
    """For each filter the one of its layer that answers most alike."""

    twin: npt.NDArray[np.int32]  # [f] −1 where there is none
    correlation: Floats  # [f] −1…1: Pearson's, over all stimuli; NaN where there is none


def form_facts(stimuli: Forms, responses: Floats, everything: Floats) -> FormFacts:
    """Read the preferred forms off responses [n, f] to the forms of `stimuli`.

    `everything` [m, f] holds the same filters' responses to all stimuli of the layer.
    """
    family_response = np.stack(
        [responses[stimuli.family == number].max(0) for number in range(len(FAMILIES))], axis=1
    )
    ranked = np.sort(family_response, axis=1)
    best = responses.argmax(0)
    answered = responses.max(0) > 0
    light = responses[stimuli.contrast > 0].max(0)
    dark = responses[stimuli.contrast < 0].max(0)
    deviation = deviations(everything)
    # A filter that answers to everything alike prefers nothing.
    margin = np.where(deviation > 0, quotient(ranked[:, -1] - ranked[:, -2], deviation), 0)
    return FormFacts(
        family_response=family_response,
        family=np.where(answered, stimuli.family[best], -1).astype(np.int8),
        family_margin=where_answered(margin, answered),
        polarity=quotient(light - dark, light + dark),
        best=np.where(answered, best, -1).astype(np.int32),
        rotation=where_answered(stimuli.rotation[best], answered),
        size=where_answered(stimuli.size[best], answered),
        variant=where_answered(stimuli.variant[best], answered),
        contrast=where_answered(stimuli.contrast[best], answered),
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
        correlation=where_answered(value, found),
    )


def deviations(responses: Floats) -> npt.NDArray[np.float64]:
    """Return the standard deviation [f] of responses [n, f]; 0 where it is but rounding."""
    spread: npt.NDArray[np.float64] = responses.astype(np.float64).std(0)
    return np.where(spread > FLAT * responses.max(0), spread, 0)
