"""The stimuli that are chosen, and correlations against a slow oracle."""

from __future__ import annotations

import math
import statistics

import numpy as np

from generator.compute.stimuli.draw import colours, gratings
from generator.compute.stimuli.forms import FAMILIES, forms
from generator.compute.stimuli.run import respond, stage
from generator.network.zoo.untrained import untrained
from generator.studies.evolution.responses import chosen, correlation, correlations, counts
from tests.support.tiny_network import tiny_network


def test_correlations_are_those_of_the_textbook() -> None:
    """Each filter on its own."""
    rng = np.random.default_rng(0)
    answers = rng.gamma(2, 1, (50, 6)).astype(np.float32)
    final = (0.5 * answers + rng.gamma(2, 1, (50, 6))).astype(np.float32)
    found = correlation(answers, final)
    for number in range(6):
        expected = statistics.correlation(answers[:, number].tolist(), final[:, number].tolist())
        assert math.isclose(found[number], expected, abs_tol=1e-6)


def test_a_filter_that_answers_to_all_alike_has_nothing_in_common() -> None:
    """Then it is 0; where the final answers are all alike nothing can be said."""
    ramp = np.arange(5, dtype=np.float32)
    flat = np.full(5, 3.3, np.float32)
    answers, final = np.stack([flat, ramp, flat, ramp], 1), np.stack([ramp, flat, flat, -ramp], 1)
    np.testing.assert_array_equal(correlation(answers, final), [0, np.nan, np.nan, -1])


def test_every_eleventh_covers_all_there_is() -> None:
    """Each orientation, frequency, phase, axis, hue, family and contrast comes up."""
    shown = chosen(32)
    to_gratings, to_colours, to_forms = (each._indices for each in shown)
    stripes, hues, drawn = gratings(32), colours(32), forms(32)
    for name in ("orientation", "frequency", "phase", "axis"):
        values = getattr(stripes, name)
        assert set(values[to_gratings]) == set(values)
    assert set(hues.hue[to_colours]) - {None} >= set(hues.hue[~np.isnan(hues.hue)])
    assert len(set(drawn.family[to_forms])) == len(FAMILIES)
    assert set(drawn.contrast[to_forms]) == {1, -1}
    assert counts() == (sum(map(len, shown)), len(stripes) + len(hues) + len(drawn))


def test_the_answers_are_those_of_the_core_to_the_same_stimuli() -> None:
    """Chosen before they are drawn, or after."""
    network = tiny_network()
    layer = network.layers[1]
    side = stage(layer, network.input_size).side
    everything = gratings(side)
    (some, _, _) = chosen(side)
    np.testing.assert_allclose(
        respond(network, layer, some), respond(network, layer, everything)[::11], rtol=1e-5
    )


def test_the_final_network_is_the_last() -> None:
    """A network correlates with itself perfectly; one with other weights does not."""
    final = tiny_network()
    found = correlations([final, untrained(final), final], 0)
    np.testing.assert_allclose(found[0], 1, atol=1e-6)
    assert (np.abs(found[1]) < 0.99).all()
