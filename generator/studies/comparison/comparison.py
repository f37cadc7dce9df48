"""Two atlases become a comparison: nearest filters both ways, and how alike the layers are.

Both networks were shown the same stimuli, each drawn at the size of a layer's receptive field. What
is compared is thus the figure, not its size in pixels: layers that see little and layers that see
much stand beside each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from generator.atlas.measures import MeasuresKind
from generator.atlas.store import Atlas
from generator.errors import AtlasError
from generator.studies.likeness import Floats, centred, cka_of, correlations_of, self_product

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Nearest:
    """For each filter of a layer the one of the other network that responds most alike. f: filters.

    Where a filter is silent there is none: −1, −1, NaN and False.
    """

    name: str  # of the layer
    layer: Integers  # [f] number of the other network's layer, from 0
    filter: Integers  # [f] number of the filter there
    correlation: Floats  # [f] −1…1, Pearson's, of the two over all stimuli
    mutual: npt.NDArray[np.bool_]  # [f] whether each is the other's nearest


@dataclass(frozen=True)
class Comparison:
    """Two networks, A and B, by their responses to the same stimuli."""

    stimuli: int
    a: tuple[Nearest, ...]  # of each layer of A, in B
    b: tuple[Nearest, ...]  # of each layer of B, in A
    cka: Floats  # [layers of A, layers of B] linear, 0…1; NaN where a layer is silent
    # The same with B's shapes and random weights: what is alike without any learning.
    cka_untrained: Floats

    def nearest(
        self, network: Literal["a", "b"], layer: str, number: int
    ) -> tuple[str, int, float] | None:
        """Return layer, number and correlation of the filter nearest to one of A, or of B.

        None where that is silent. Raises KeyError for a layer that the network lacks, and
        IndexError for a filter.
        """
        own, other = (self.a, self.b) if network == "a" else (self.b, self.a)
        found = {each.name: each for each in own}[layer]
        if not 0 <= number < len(found.filter):
            raise IndexError(f"{layer} has filters 0 to {len(found.filter) - 1}, not {number}")
        if found.filter[number] < 0:
            return None
        name = other[found.layer[number]].name
        return name, int(found.filter[number]), float(found.correlation[number])


def compare(a: Atlas | Path | str, b: Atlas | Path | str) -> Comparison:
    """Compare two atlases, or the atlases in two folders.

    Raises AtlasError, naming the atlas, where one holds no responses to stimuli or responses to
    others, and where both show the same network.
    """
    a, b = (each if isinstance(each, Atlas) else Atlas.open(each) for each in (a, b))
    stimuli = _require_comparable(a, b)
    one, other, random = _layers(a, "measures"), _layers(b, "measures"), _layers(b, "untrained")
    products = [[mine.responses.T @ theirs.responses for theirs in other] for mine in one]
    between = [
        [
            correlations_of(product, mine.norms, theirs.norms)
            for product, theirs in zip(line, other, strict=True)
        ]
        for line, mine in zip(products, one, strict=True)
    ]
    to_b = [np.concatenate(line, axis=1) for line in between]  # [f, filters of B]
    to_a = [np.concatenate([line[at].T for line in between], axis=1) for at in range(len(other))]
    best_b, best_a = list(map(_best, to_b)), list(map(_best, to_a))
    return Comparison(
        stimuli=stimuli,
        a=_nearest(a, best_b, best_a, [len(each.norms) for each in other]),
        b=_nearest(b, best_a, best_b, [len(each.norms) for each in one]),
        cka=_alignments(products, one, other),
        cka_untrained=_alignments(
            [[mine.responses.T @ theirs.responses for theirs in random] for mine in one],
            one,
            random,
        ),
    )


@dataclass(frozen=True)
class _Layer:
    """The centred responses of a layer, and what each comparison with them needs."""

    responses: Floats  # [n, f]
    norms: Floats  # [f]
    self_product: float


def _layers(atlas: Atlas, kind: MeasuresKind) -> list[_Layer]:
    found = (centred(atlas.responses(layer.name, kind)) for layer in atlas.manifest.layers)
    return [_Layer(each, np.linalg.norm(each, axis=0), self_product(each)) for each in found]


def _alignments(products: list[list[Floats]], one: list[_Layer], other: list[_Layer]) -> Floats:
    return np.array(
        [
            [
                cka_of(product, mine.self_product, theirs.self_product)
                for product, theirs in zip(line, other, strict=True)
            ]
            for line, mine in zip(products, one, strict=True)
        ]
    )


Best = tuple[Integers, Floats]  # [f] which of all filters of the other, −1: none; correlation


def _best(found: Floats) -> Best:
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
