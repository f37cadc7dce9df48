"""What the filters of a layer are like together, and how that changes from layer to layer.

Numbers only. What a reader is told of them stands in `portrait_view`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from generator.atlas.schema import PLACES
from generator.render.facts import FilterFacts, LayerFacts
from generator.render.stimuli_facts import FilterMeasures
from generator.render.words.captions import CLEAR, HUE, ORIENTED

NEARLY_DEAD = 0.01  # of all images
ALIKE = 0.95  # correlation of near-duplicates
BORDER = 7  # places of nine whose receptive field leaves the image
SECTORS = 12  # bins of orientations, and of hues; the first lies about 0
NOTABLE = 0.05  # a smaller difference of medians is no rise or fall

Trend = Literal["rise", "fall", "neither"]


@dataclass(frozen=True)
class Tally:
    """Filters by bins; the others are below the threshold or give no ground for the fact."""

    counts: tuple[int, ...]
    below: int
    without: int

    @property
    def shown(self) -> int:
        """Return how many filters the bins hold."""
        return sum(self.counts)

    @property
    def total(self) -> int:
        """Return how many filters there are."""
        return self.shown + self.below + self.without


def orientations(filters: Sequence[FilterMeasures]) -> Tally:
    """Count preferred orientations in bins of 15°, the first about 0° and so on upwards."""
    return _sectors([(f.orientation, f.orientation_selectivity) for f in filters], ORIENTED, 180)


def hues(filters: Sequence[FilterMeasures]) -> Tally:
    """Count preferred hues in bins of 30°, the first about red and so on through green."""
    return _sectors([(f.hue, f.hue_selectivity) for f in filters], HUE, 360)


def _sectors(
    facts: Sequence[tuple[float | None, float | None]], threshold: float, period: float
) -> Tally:
    """Count angles with their selectivities around a circle of `period` degrees."""
    known = [(angle, by) for angle, by in facts if angle is not None and by is not None]
    shown = [angle for angle, by in known if by >= threshold]
    bins = Counter(math.floor(angle / period * SECTORS + 0.5) % SECTORS for angle in shown)
    return Tally(
        tuple(bins[number] for number in range(SECTORS)),
        len(known) - len(shown),
        len(facts) - len(known),
    )


def frequencies(filters: Sequence[FilterMeasures], points: Sequence[float]) -> Tally:
    """Count preferred frequencies by the nearest, in octaves, of `points` in cycles per pixel."""
    known = [f.frequency for f in filters if f.frequency]
    octaves = [math.log2(point) for point in points]
    bins = Counter(
        min(range(len(points)), key=lambda i: abs(octaves[i] - math.log2(frequency)))
        for frequency in known
    )
    return Tally(tuple(bins[number] for number in range(len(points))), 0, len(filters) - len(known))


def families(filters: Sequence[FilterMeasures], names: Sequence[str]) -> Tally:
    """Count the families of the best forms in the order of `names`, where they are clear."""
    known = [f for f in filters if f.family is not None and f.family_margin is not None]
    clear = Counter(f.family for f in known if f.family_margin and f.family_margin >= CLEAR)
    return Tally(
        tuple(clear[name] for name in names),
        len(known) - clear.total(),
        len(filters) - len(known),
    )


# --- Health ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Health:
    """Numbers of the filters that a reader should know about, each list in rising order."""

    dead: tuple[int, ...]
    nearly_dead: tuple[int, ...]
    twins: tuple[tuple[int, int], ...]  # near-duplicates, the smaller number first
    border: tuple[int, ...]


def health(layer: LayerFacts, images: int) -> Health:
    """Find the filters of a layer that are dead, nearly so, twice there or driven by borders."""
    pairs = {
        (min(facts.number, twin), max(facts.number, twin))
        for facts in layer.filters
        if facts.measures is not None
        and (twin := facts.measures.twin) is not None
        and (facts.measures.twin_correlation or 0) >= ALIKE
        and twin != facts.number
    }

    def those(rule: Callable[[FilterFacts], bool]) -> tuple[int, ...]:
        return tuple(facts.number for facts in layer.filters if rule(facts))

    return Health(
        dead=those(lambda facts: facts.active == 0),
        nearly_dead=those(lambda facts: 0 < facts.active < NEARLY_DEAD * images),
        twins=tuple(sorted(pairs)),
        border=those(lambda facts: (facts.clipped or 0) >= BORDER),
    )


# --- From layer to layer --------------------------------------------------------------------------


@dataclass(frozen=True)
class Spread:
    """The median of a measure over a layer's filters, and the bounds of the middle half."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Course:
    """One measure through the layers; None where no filter gives ground for it."""

    name: str
    unit: str  # "" for a measure of 0…1
    trained: tuple[Spread | None, ...]
    untrained: tuple[Spread | None, ...]


def spread(values: Iterable[float | None]) -> Spread | None:
    """Return the quartiles, interpolated between neighbours, of what is known and finite."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return None
    low, middle, high = np.percentile(known, [25, 50, 75]).tolist()
    return Spread(low, middle, high)


def courses(layers: Sequence[LayerFacts]) -> tuple[Course, ...]:
    """Return every measure that at least one layer knows, stimuli before labels."""
    measures = [
        Course(
            name,
            unit,
            tuple(spread(map(read, layer.measures)) for layer in layers),
            tuple(spread(map(read, layer.untrained)) for layer in layers),
        )
        for name, unit, read in _PROBED
    ]
    nothing = (None,) * len(layers)  # random weights were shown no images
    labels = [
        Course(name, "", tuple(spread(map(read, layer.filters)) for layer in layers), nothing)
        for name, read in _LABELS
        if read is not _purity_of_nine or not _one_per_label(layers)
    ]
    return tuple(course for course in (*measures, *labels) if any(course.trained))


def _one_per_label(layers: Sequence[LayerFacts]) -> bool:
    """Say whether nine places have nine labels by rule, so that their purity tells nothing."""
    return any(layer.manifest.images.one_per_label for layer in layers)


def _purity_of_nine(facts: FilterFacts) -> float | None:
    """Return the share of the most frequent label; None without nine places or any label."""
    full = len(facts.places) == PLACES and facts.labels
    return facts.agreement / PLACES if full else None


_PROBED: tuple[tuple[str, str, Callable[[FilterMeasures], float | None]], ...] = (
    ("orientation selectivity", "", lambda measures: measures.orientation_selectivity),
    ("hue selectivity", "", lambda measures: measures.hue_selectivity),
    ("colour selectivity", "", lambda measures: measures.colour_selectivity),
    ("shift invariance", "", lambda measures: measures.shift_invariance),
    ("family margin", "σ", lambda measures: measures.family_margin),
)
_LABELS: tuple[tuple[str, Callable[[FilterFacts], float | None]], ...] = (
    ("label purity of the nine", _purity_of_nine),
    ("label purity of the strongest hundredth", lambda facts: facts.label_purity),
)


def trend(spreads: Sequence[Spread | None]) -> Trend | None:
    """Say whether a measure rises or falls from the first layer to the last.

    It does where the last median lies outside the first layer's middle half, and at least `NOTABLE`
    from its median. None where either layer has no value.
    """
    first, last = spreads[0], spreads[-1]
    if first is None or last is None:
        return None
    # A hair less, so that 0.35 and 0.40 differ by 0.05 as they do on paper.
    if abs(last.middle - first.middle) < NOTABLE - 1e-9:
        return "neither"
    if last.middle > first.high:
        return "rise"
    return "fall" if last.middle < first.low else "neither"
