"""What the study says of a layer as a whole: the median filter, snapshot by snapshot."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from generator.studies.evolution.record import Layer

HALF = 0.5
Medians = tuple[float | None, ...]  # of the snapshots; None where no filter is known


@dataclass(frozen=True)
class Settling:
    """Medians over a layer's filters, snapshot by snapshot."""

    share: Medians  # of the final nine images that are among the nine already
    correlation: Medians  # of the answers to stimuli with the final ones


def settling(layer: Layer) -> Settling:
    """Return the medians of a layer. Filters that no image activates in the end do not count."""
    shares = [
        [there / final for there, final in zip(line, layer.final, strict=True) if final]
        for line in layer.there
    ]
    known = [[value for value in line if value is not None] for line in layer.correlation]
    return Settling(tuple(map(_median, shares)), tuple(map(_median, known)))


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def half_from(medians: Medians) -> int | None:
    """Return the first snapshot from which on the median is never below one half.

    None where it is below, or not known, at the last one. Nothing is read in between snapshots.
    """
    first = None
    for number, median in enumerate(medians):
        if median is None or median < HALF:
            first = None
        elif first is None:
            first = number
    return first


def chosen_filters(filters: int, number: int) -> list[int]:
    """Return the numbers of filters at even distances, or of all where there are no more."""
    if filters <= number:
        return list(range(filters))
    return [(2 * place + 1) * filters // (2 * number) for place in range(number)]
