"""How alike filters, and layers, are by their responses to the same stimuli.

n: stimuli, f and g: filters of two layers. A filter that responds to all stimuli alike is silent.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

FLAT = 1e-5  # of its largest response: a deviation below this is but rounding


def centred(responses: Floats) -> Doubles:
    """Return responses [n, f] less each filter's mean; exactly 0 of silent filters."""
    found: Doubles = responses - responses.mean(0, dtype=np.float64)
    silent = found.std(0) <= FLAT * np.abs(responses).max(0, initial=0)
    found[:, silent] = 0
    return found


def correlations(one: Doubles, other: Doubles) -> Doubles:
    """Return Pearson's correlation [f, g] of centred responses [n, f] and [n, g].

    NaN where either filter is silent.
    """
    units = []
    for responses in (one, other):
        norm = np.linalg.norm(responses, axis=0)
        silent = np.full_like(responses, np.nan)
        units.append(np.divide(responses, norm, out=silent, where=norm > 0))
    found: Doubles = np.clip(units[0].T @ units[1], -1, 1)
    return found


def cka(one: Doubles, other: Doubles) -> float:
    """Return the linear centred kernel alignment, 0…1, of centred responses [n, f] and [n, g].

    1 where one is the other turned, mirrored or scaled as a whole; NaN where all filters of a layer
    are silent. Kornblith, Norouzi, Lee, Hinton 2019 (arXiv:1905.00414), equation 3 and section 3.
    """
    between = np.linalg.norm(one.T @ other) ** 2
    within = np.linalg.norm(one.T @ one) * np.linalg.norm(other.T @ other)
    return float(between / within) if within else float("nan")
