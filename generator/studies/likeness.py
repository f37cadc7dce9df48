"""How alike filters, and layers, are by their responses to the same stimuli.

n: stimuli, f and g: filters of two layers. A filter that responds to all stimuli alike is silent.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

FLAT = 1e-5  # of its largest response: a deviation below this is but rounding


def centred(responses: Floats) -> Floats:
    """Return responses [n, f] less each filter's mean, on a common scale of −1…1.

    They are exactly 0 of silent filters.
    """
    found = responses - responses.mean(0, dtype=np.float64)
    found[:, found.std(0) <= FLAT * np.abs(responses).max(0, initial=0)] = 0
    largest = np.abs(found).max(initial=0)
    scaled: Floats = (found / largest if largest else found).astype(np.float32)
    return scaled


def correlations(one: Floats, other: Floats) -> Floats:
    """Return Pearson's correlation [f, g] of centred responses [n, f] and [n, g].

    NaN where either filter is silent.
    """
    return correlations_of(
        one.T @ other, np.linalg.norm(one, axis=0), np.linalg.norm(other, axis=0)
    )


def correlations_of(products: Floats, one: Floats, other: Floats) -> Floats:
    """Return the same from inner products [f, g] and the norms [f] and [g] of the responses."""
    norms = one[:, None] * other
    silent = np.full_like(products, np.nan)
    found: Floats = np.clip(np.divide(products, norms, out=silent, where=norms > 0), -1, 1)
    return found


def cka(one: Floats, other: Floats) -> float:
    """Return the linear centred kernel alignment, 0…1, of centred responses [n, f] and [n, g].

    1 where one is the other turned, mirrored or scaled as a whole; NaN where all filters of a layer
    are silent. Kornblith, Norouzi, Lee, Hinton 2019 (arXiv:1905.00414), equation 3 and section 3.
    """
    return cka_of(one.T @ other, self_product(one), self_product(other))


def self_product(responses: Floats) -> float:
    """Return the Frobenius norm of the products [f, f] of centred responses with each other."""
    return float(np.linalg.norm(responses.T @ responses))


def cka_of(products: Floats, one: float, other: float) -> float:
    """Return the same from inner products [f, g] and the self products of both layers."""
    within = one * other
    return float(np.linalg.norm(products)) ** 2 / within if within else float("nan")
