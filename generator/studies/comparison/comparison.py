"""Two atlases become a comparison: nearest filters both ways, and how alike the layers are.

Both networks were shown the same stimuli, each drawn at the size of a layer's receptive field. What
is compared is thus the figure, not its size in pixels: layers that see little and layers that see
much stand beside each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from generator.atlas.measures import MeasuresKind
from generator.atlas.store import Atlas
from generator.errors import AtlasError
from generator.studies.likeness import Doubles, centred, cka, correlations

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Nearest:
    """For each filter of a layer the one of the other network that responds most alike. f: filters.

    Where a filter is silent there is none: −1, −1, NaN and False.
    """

    name: str  # of the layer
    layer: Integers  # [f] number of the other network's layer, from 0
    filter: Integers  # [f] number of the filter there
    correlation: Doubles  # [f] −1…1, Pearson's, of the two over all stimuli
    mutual: npt.NDArray[np.bool_]  # [f] whether each is the other's nearest


@dataclass(frozen=True)
class Comparison:
    """Two networks, A and B, by their responses to the same stimuli."""

    stimuli: int
    a: tuple[Nearest, ...]  # of each layer of A, in B
    b: tuple[Nearest, ...]  # of each layer of B, in A
    cka: Doubles  # [layers of A, layers of B] linear, 0…1; NaN where a layer is silent
    # The same with B's shapes and random weights: what is alike without any learning.
    cka_untrained: Doubles


def compare(a: Atlas, b: Atlas) -> Comparison:
    """Compare two atlases.

    Raises AtlasError, naming the atlas, where one holds no responses to stimuli or responses to
    others, and where both show the same network.
    """
    stimuli = _require_comparable(a, b)
    one, other = _centred(a, "measures"), _centred(b, "measures")
    random = _centred(b, "untrained")
    between = [[correlations(mine, theirs) for theirs in other] for mine in one]
    to_b = [np.concatenate(line, axis=1) for line in between]  # [f, filters of B]
    to_a = [np.concatenate([line[at].T for line in between], axis=1) for at in range(len(other))]
    best_b, best_a = list(map(_best, to_b)), list(map(_best, to_a))
    return Comparison(
        stimuli=stimuli,
        a=_nearest(a, best_b, best_a, [each.shape[1] for each in other]),
        b=_nearest(b, best_a, best_b, [each.shape[1] for each in one]),
        cka=np.array([[cka(mine, theirs) for theirs in other] for mine in one]),
        cka_untrained=np.array([[cka(mine, theirs) for theirs in random] for mine in one]),
    )


Best = tuple[Integers, Doubles]  # [f] which of all filters of the other, −1: none; correlation


def _best(found: Doubles) -> Best:
    """Return the best of correlations [f, g]; of equals the first."""
    known = np.where(np.isnan(found), -np.inf, found)
    which = known.argmax(1)
    value = known[np.arange(len(known)), which]
    there = np.isfinite(value)
    return np.where(there, which, -1), np.where(there, value, np.nan)


def _nearest(
    atlas: Atlas, mine: list[Best], theirs: list[Best], filters: list[int]
) -> tuple[Nearest, ...]:
    """Put what was found for each layer by name; `filters` are those of the other's layers."""
    starts = np.cumsum([0, *filters])
    back = np.concatenate([which for which, _ in theirs])  # [filters of the other]
    found, first = [], 0
    for record, (which, value) in zip(atlas.manifest.layers, mine, strict=True):
        there = which >= 0
        layer = np.where(there, np.searchsorted(starts, which, side="right") - 1, -1)
        own = first + np.arange(len(which))
        found.append(
            Nearest(
                name=record.name,
                layer=layer,
                filter=np.where(there, which - starts[layer], -1),
                correlation=value,
                mutual=there & (back[which] == own),
            )
        )
        first += len(which)
    return tuple(found)


def _centred(atlas: Atlas, kind: MeasuresKind) -> list[Doubles]:
    return [centred(atlas.responses(layer.name, kind)) for layer in atlas.manifest.layers]


def _require_comparable(a: Atlas, b: Atlas) -> int:
    """Return how many stimuli both were shown; AtlasError where that is no comparison."""
    shown = []
    for atlas in (a, b):
        for layer in atlas.manifest.layers:
            if layer.stimuli is None:
                raise AtlasError(
                    f"{atlas.folder}: {layer.name} was shown no stimuli, by which networks are "
                    "compared; compute the atlas again without --no-stimuli"
                )
            # All but the size, at which each layer has its own.
            shown.append((atlas, layer.stimuli.model_dump(exclude={"side", "frequencies"})))
    (_, first), *others = shown
    for atlas, stimuli in others:
        if stimuli != first:
            raise AtlasError(
                f"{atlas.folder}: its filters were shown other stimuli than those of {a.folder}; "
                "compute both atlases again with the same version"
            )
    if a.identity == b.identity:
        raise AtlasError(
            f"{b.folder}: is the same atlas as {a.folder}; name that of another network"
        )
    return int(first["stimuli"])
