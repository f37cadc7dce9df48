"""What the filters of a layer prefer, in numbers: they are counted, drawn and said.

Bars count this network's filters, a line those of the untrained network. Both have the same number
of filters, so the counts compare as they are. Coordinates are units of the chart, y downwards.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from generator.atlas.measures import StimuliRecord
from generator.render.charts.svg import Tick, short
from generator.render.facts import FilterMeasures, LayerFacts
from generator.render.words.captions import CLEAR, HUE, ORIENTED
from generator.render.words.words import (
    HUES,
    activation,
    count,
    direction,
    first_capital,
    hue_name,
    in_words,
    listing,
    several,
    share,
)

SECTORS = 12  # bins of orientations, and of hues; the first lies about 0
WIDTH, BASE, TALL = 264, 92, 76  # of a histogram; where its bars stand; the tallest of them
LENGTH, ROW = 100, 10  # of the longest bar of a family; from one to the next

LEGEND = (
    "Bars count this network’s filters; the line counts those of the same shapes with random "
    "weights, which have learned nothing."
)
LEGEND_ALONE = "Bars count this network’s filters."


@dataclass(frozen=True)
class Histogram:
    """Filters by what they prefer."""

    kind: str  # a class: "tally-turns", "tally-periods", "tally-hues"
    title: str
    bars: str
    line: str  # "" without an untrained network
    ticks: tuple[Tick, ...]
    sentence: str


@dataclass(frozen=True)
class FamilyBars:
    """A lying bar for each family, beside lines of names and of counts; empty without a form."""

    view_box: str
    bars: str
    line: str  # "" without an untrained network
    names: str
    counts: str
    sentence: str


@dataclass(frozen=True)
class Summary:
    """The charts of a layer's page."""

    legend: str
    histograms: tuple[Histogram, ...]
    families: FamilyBars


def summary_view(layer: LayerFacts) -> Summary | None:
    """Return what the filters of a layer prefer; None without stimuli."""
    record = layer.record.stimuli
    if record is None:
        return None

    def both(tally: Callable[[Sequence[FilterMeasures], StimuliRecord], Tally]) -> Tallies:
        return tally(layer.measures, record), tally(layer.untrained, record)

    return Summary(
        legend=_legend(layer),
        histograms=(
            _orientations(both(orientations)),
            _frequencies(both(frequencies), record.frequencies),
            _hues(both(hues)),
        ),
        families=_families(both(families), record.families),
    )


def _legend(layer: LayerFacts) -> str:
    """Say what is drawn, and how many filters cannot be."""
    legend = LEGEND if layer.untrained else LEGEND_ALONE
    silent = sum(not measures.responds for measures in layer.measures)
    if not silent:
        return legend
    stand = "stands" if silent == 1 else "stand"
    filters = first_capital(several(silent, "filter", "filters"))
    return f"{legend} {filters} of this layer answered to no stimulus and {stand} in no bar."


# --- Counting -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tally:
    """Filters by bins; the others are below the threshold or give no ground for the fact."""

    counts: tuple[int, ...]
    below: int
    without: int

    @property
    def shown(self) -> int:
        """Return how many filters the bins have."""
        return sum(self.counts)

    @property
    def total(self) -> int:
        """Return how many filters there are."""
        return self.shown + self.below + self.without


Tallies = tuple[Tally, Tally]  # of the trained network and of the untrained one


def orientations(filters: Sequence[FilterMeasures], _record: StimuliRecord) -> Tally:
    """Count preferred orientations in bins of 15°, the first about 0° and so on upwards."""
    return _sectors([(f.orientation, f.orientation_selectivity) for f in filters], ORIENTED, 180)


def hues(filters: Sequence[FilterMeasures], _record: StimuliRecord) -> Tally:
    """Count preferred hues in bins of 30°, the first about red and so on through green."""
    return _sectors([(f.hue, f.hue_selectivity) for f in filters], HUE, 360)


def _sectors(
    facts: Sequence[tuple[float | None, float | None]], threshold: float, period: float
) -> Tally:
    """Count angles with their selectivities around a circle of `period` degrees."""
    known = [(angle, by) for angle, by in facts if angle is not None and by is not None]
    shown = [angle for angle, by in known if by >= threshold]
    bins = Counter(math.floor(angle / period * SECTORS + 0.5) % SECTORS for angle in shown)
    counts = tuple(bins[number] for number in range(SECTORS))
    return Tally(counts, below=len(known) - len(shown), without=len(facts) - len(known))


def frequencies(filters: Sequence[FilterMeasures], record: StimuliRecord) -> Tally:
    """Count preferred frequencies by the nearest, in octaves, of those of the stimuli."""
    known = [math.log2(f.frequency) for f in filters if f.frequency]
    octaves = [math.log2(point) for point in record.frequencies]
    bins = Counter(min(octaves, key=lambda octave: abs(octave - mine)) for mine in known)
    counts = tuple(bins[octave] for octave in octaves)
    return Tally(counts, below=0, without=len(filters) - len(known))


def families(filters: Sequence[FilterMeasures], record: StimuliRecord) -> Tally:
    """Count the families of the best forms in the order of the record, where they are clear."""
    known = [f for f in filters if f.family is not None and f.family_margin is not None]
    clear = Counter(f.family for f in known if f.family_margin and f.family_margin >= CLEAR)
    counts = tuple(clear[name] for name in record.families)
    return Tally(counts, below=len(known) - clear.total(), without=len(filters) - len(known))


# --- Histograms -----------------------------------------------------------------------------------


def _orientations(tallies: Tallies) -> Histogram:
    step = 180 / SECTORS
    first = SECTORS // 2 + 1  # the bin after the vertical, so that 0° lies in the middle
    trained, untrained = (
        replace(tally, counts=tally.counts[first:] + tally.counts[:first]) for tally in tallies
    )
    names = [direction((first + place) * step) for place in range(SECTORS)]
    return _histogram(
        ("tally-turns", "Preferred orientations"),
        (trained, untrained),
        {place: names[place] for place in range(2, SECTORS, 3)},
        f"an orientation selectivity of at least {ORIENTED}",
        [f"{name} ± {step / 2:.1f}°" for name in names],
    )


def _frequencies(tallies: Tallies, points: Sequence[float]) -> Histogram:
    names = [f"stripes {activation(1 / point, 2)} px apart" for point in points]
    names[0] += " or more"
    names[-1] += " or less"
    return _histogram(
        ("tally-periods", "Preferred frequencies"),
        tallies,
        {place: f"{points[place]:.2g}" for place in (0, len(points) // 2, len(points) - 1)},
        "a preferred frequency, here in cycles per pixel",
        names,
    )


def _hues(tallies: Tallies) -> Histogram:
    return _histogram(
        ("tally-hues", "Preferred hues"),
        tallies,
        {HUES.index(name): name for name in ("red", "green", "blue")},
        f"a hue selectivity of at least {HUE}",
        [hue_name(place * 360 / SECTORS) for place in range(SECTORS)],
    )


def _histogram(
    kind: tuple[str, str],
    tallies: Tallies,
    ticks: dict[int, str],
    rule: str,
    names: Sequence[str],
) -> Histogram:
    trained, untrained = tallies
    tallest = max(*trained.counts, *untrained.counts, 1)
    heights, lines = (
        [round(TALL * number / tallest) for number in tally.counts] for tally in tallies
    )
    step = WIDTH / len(names)
    bars = (f"v-{height}h{step - 2:g}v{height}z" if height else "" for height in heights)
    tops = "".join(f"V{BASE - height}h{step:g}" for height in lines)
    return Histogram(
        *kind,
        bars=f"M1 {BASE}" + "".join(f"{bar}m{step:g} 0" for bar in bars),
        line=f"M0 {BASE}{tops}V{BASE}" if untrained.shown else "",
        ticks=tuple(Tick(short((place + 0.5) * step), text) for place, text in ticks.items()),
        sentence=_sentence(trained, untrained, rule, names),
    )


def _sentence(trained: Tally, untrained: Tally, rule: str, names: Sequence[str]) -> str:
    """Say how many are shown, where most of them lie, and what became of the rest."""
    have = "has" if trained.shown == 1 else "have"
    beside = f" (untrained: {count(untrained.shown)})" if untrained.total else ""
    parts = [f"{_shown(trained)} {have} {rule}{beside}."]
    if trained.shown:
        parts.append(_most(trained.counts, names))
    if trained.below:
        parts.append(f"{first_capital(several(trained.below, 'is', 'are'))} less selective.")
    return " ".join(parts) + _unknown(trained)


def _most(counts: Sequence[int], names: Sequence[str]) -> str:
    """Name the fullest bin, or the two that are equally full."""
    most = max(counts)
    fullest = [name for name, number in zip(names, counts, strict=True) if number == most]
    if len(fullest) > 2:
        return f"No bin holds more than {in_words(most)}, and {in_words(len(fullest))} as many."
    each = " each" if len(fullest) == 2 else ""
    return f"Most often: {listing(fullest)} ({count(most)}{each})."


def _shown(tally: Tally) -> str:
    return f"{count(tally.shown)} of {several(tally.total, 'filter', 'filters')}"


def _unknown(tally: Tally) -> str:
    return f" For {in_words(tally.without)} it could not be measured." if tally.without else ""


# --- Families -------------------------------------------------------------------------------------


def _families(tallies: Tallies, names: Sequence[str]) -> FamilyBars:
    """Draw the families that either network has, most frequent first, and the unclear last."""
    trained, untrained = tallies
    counted = zip(names, trained.counts, untrained.counts, strict=True)
    rows = [(name, mine, other) for name, mine, other in counted if mine or other]
    rows.sort(key=lambda row: (-row[1], -row[2]))
    longest = max((max(mine, other) for _, mine, other in rows), default=1)
    lengths = [[round(LENGTH * number / longest) for number in row[1:]] for row in rows]
    rows.append(("no clear family", trained.below, untrained.below))  # not drawn: too long
    compared = untrained.total > 0
    line = "".join(f"M{long} {at * ROW + 1}v8" for at, (_, long) in enumerate(lengths))
    prefer = "prefers" if trained.shown == 1 else "prefer"
    sentence = (
        f"{_shown(trained)} ({share(trained.shown, trained.total)}) {prefer} one family by at "
        f"least {CLEAR:g} standard deviation of all answers."
    )
    brackets = " In brackets: untrained." if compared else ""
    return FamilyBars(
        view_box=f"0 0 {LENGTH + 2} {len(rows) * ROW}",
        bars="".join(
            f"M0 {at * ROW + 2}h{long}v6H0z" for at, (long, _) in enumerate(lengths) if long
        ),
        line=line if compared else "",
        names="\n".join(name for name, _, _ in rows),
        counts="\n".join(
            f"{count(mine)} ({count(other)})" if compared else count(mine)
            for _, mine, other in rows
        ),
        sentence=sentence + _unknown(trained) + brackets,
    )
