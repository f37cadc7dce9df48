"""The layer as a whole, ready to print: what its filters prefer, and which of them need care.

Bars count this network's filters, a line those of the untrained network. Both have the same number
of filters, so the counts compare as they are. Coordinates are units of the chart, y downwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

from generator.render.charts.svg import Tick, short
from generator.render.facts import LayerFacts
from generator.render.stimuli_facts import FilterMeasures
from generator.render.views.layer import portrait
from generator.render.views.layer.health import Care, care_view
from generator.render.views.layer.portrait import Tally
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

WIDTH, BASE, TALL = 264, 92, 76  # of a histogram; where its bars stand; the tallest of them
MARGIN = 14  # beside it, for what is written at its ends
LENGTH, ROW = 100, 10  # of the longest bar of a family; from one to the next

TITLE = "The layer as a whole"
LEGEND = (
    "Bars count this network’s filters; the line counts those of the same shapes with random "
    "weights, which have learned nothing."
)
LEGEND_ALONE = "Bars count this network’s filters."


@dataclass(frozen=True)
class Tallied:
    """A histogram of filters; `line` is "" without an untrained network."""

    kind: str  # a class: "tally-turns", "tally-periods", "tally-hues"
    title: str
    view_box: str
    bars: str
    line: str
    base: str
    tick_y: str
    ticks: tuple[Tick, ...]
    sentence: str


@dataclass(frozen=True)
class FamilyBars:
    """A lying bar for each family, beside lines of names and of counts; empty without a form."""

    title: str
    view_box: str
    bars: str
    line: str
    names: str
    counts: str
    sentence: str


@dataclass(frozen=True)
class Portrait:
    """The section of a layer's page."""

    title: str
    legend: str
    charts: tuple[Tallied, ...]  # none without stimuli
    families: FamilyBars | None  # likewise
    care: tuple[Care, ...]


def portrait_view(layer: LayerFacts, images: int, prose: int) -> Portrait:
    """Return what the filters of a layer are like together.

    `images` were searched; `prose` is the number of elements in the page's text.
    """
    record = layer.record.stimuli
    care = care_view(layer, images, prose)
    if record is None:
        return Portrait(TITLE, legend="", charts=(), families=None, care=care)
    trained = layer.measures

    def both(tally: Callable[[Sequence[FilterMeasures]], Tally]) -> tuple[Tally, Tally]:
        return tally(trained), tally(layer.untrained)

    return Portrait(
        title=TITLE,
        legend=_legend(layer),
        charts=(
            _turns(*both(portrait.orientations)),
            _periods(
                *both(lambda filters: portrait.frequencies(filters, record.frequencies)),
                record.frequencies,
            ),
            _hues(*both(portrait.hues)),
        ),
        families=_families(
            *both(lambda filters: portrait.families(filters, record.families)), record.families
        ),
        care=care,
    )


def _legend(layer: LayerFacts) -> str:
    """Say what is drawn, and how many filters cannot be."""
    legend = LEGEND if layer.untrained else LEGEND_ALONE
    silent = sum(not measures.answered for measures in layer.measures)
    if not silent:
        return legend
    stand = "stands" if silent == 1 else "stand"
    filters = first_capital(several(silent, "filter", "filters"))
    return f"{legend} {filters} of this layer answered to no stimulus and {stand} in no bar."


# --- Histograms -----------------------------------------------------------------------------------


def _turns(trained: Tally, untrained: Tally) -> Tallied:
    step = 180 / portrait.SECTORS
    first = portrait.SECTORS // 2 + 1  # the bin after the vertical, so that 0° lies in the middle
    names = [direction((first + place) * step) for place in range(portrait.SECTORS)]
    ticks = {place: names[place] for place in range(2, portrait.SECTORS, 3)}
    return _tallied(
        ("tally-turns", "Preferred orientations"),
        _turned(trained, first),
        _turned(untrained, first),
        ticks,
        f"an orientation selectivity of at least {ORIENTED}",
        [f"{name} ± {step / 2:.1f}°" for name in names],
    )


def _periods(trained: Tally, untrained: Tally, points: Sequence[float]) -> Tallied:
    names = [_frequency(points, place) for place in range(len(points))]
    ticks = {place: f"{points[place]:.2g}" for place in (0, len(points) // 2, len(points) - 1)}
    return _tallied(
        ("tally-periods", "Preferred frequencies"),
        trained,
        untrained,
        ticks,
        "a preferred frequency, here in cycles per pixel",
        names,
    )


def _frequency(points: Sequence[float], place: int) -> str:
    distance = f"stripes {activation(1 / points[place], 2)} px apart"
    if place in (0, len(points) - 1):
        return distance + (" or more" if place == 0 else " or less")
    return distance


def _hues(trained: Tally, untrained: Tally) -> Tallied:
    step = 360 / portrait.SECTORS
    names = [hue_name(place * step) for place in range(portrait.SECTORS)]
    ticks = {HUES.index(name): name for name in ("red", "green", "blue")}
    rule = f"a hue selectivity of at least {HUE}"
    return _tallied(("tally-hues", "Preferred hues"), trained, untrained, ticks, rule, names)


def _turned(tally: Tally, first: int) -> Tally:
    """Begin with another bin of a circle."""
    counts = tally.counts[first:] + tally.counts[:first]
    return Tally(counts, tally.below, tally.without)


def _tallied(
    kind: tuple[str, str],
    trained: Tally,
    untrained: Tally,
    ticks: dict[int, str],
    rule: str,
    names: Sequence[str],
) -> Tallied:
    bins = len(names)
    tallest = max(*trained.counts, *untrained.counts, 1)
    heights = [round(TALL * number / tallest) for number in trained.counts]
    lines = [round(TALL * number / tallest) for number in untrained.counts]
    step = WIDTH / bins
    return Tallied(
        *kind,
        view_box=f"-{MARGIN} 0 {WIDTH + 2 * MARGIN} {BASE + 22}",
        bars=f"M1 {BASE}" + "".join(_bar(height, step) for height in heights),
        line=f"M0 {BASE}" + "".join(f"V{BASE - height}h{step:g}" for height in lines) + f"V{BASE}"
        if untrained.shown
        else "",
        base=f"M0 {BASE}H{WIDTH}",
        tick_y=str(BASE + 16),
        ticks=tuple(Tick(short((place + 0.5) * step), text) for place, text in ticks.items()),
        sentence=_sentence(trained, untrained, rule, names),
    )


def _bar(height: int, step: float) -> str:
    """Draw a bar from its foot at the left, and move on to the next one's."""
    bar = f"v-{height}h{step - 2:g}v{height}z" if height else ""
    return f"{bar}m{step:g} 0"


def _sentence(trained: Tally, untrained: Tally, rule: str, names: Sequence[str]) -> str:
    """Say how many are shown, where most of them lie, and what became of the rest."""
    have = "has" if trained.shown == 1 else "have"
    beside = f" (untrained: {count(untrained.shown)})" if untrained.total else ""
    parts = [f"{_shown(trained)} {have} {rule}{beside}."]
    if trained.shown:
        parts.append(_most(trained.counts, names))
    if trained.below:
        parts.append(f"{first_capital(several(trained.below, 'is', 'are'))} less selective.")
    return " ".join((*parts, *_unknown(trained)))


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


def _unknown(tally: Tally) -> tuple[str, ...]:
    known = not tally.without
    return () if known else (f"For {in_words(tally.without)} it could not be measured.",)


# --- Families -------------------------------------------------------------------------------------


def _families(trained: Tally, untrained: Tally, names: Sequence[str]) -> FamilyBars:
    """Draw the families that either network has, most frequent first, and the unclear last."""
    order = sorted(range(len(names)), key=lambda i: (-trained.counts[i], -untrained.counts[i], i))
    rows = [
        (names[i], trained.counts[i], untrained.counts[i])
        for i in order
        if trained.counts[i] or untrained.counts[i]
    ]
    longest = max(chain([1], *(row[1:] for row in rows)))
    lengths = [tuple(round(LENGTH * number / longest) for number in row[1:]) for row in rows]
    rows.append(("no clear family", trained.below, untrained.below))  # told, not drawn: too long
    compared = untrained.total > 0
    sentence = (
        f"{_shown(trained)} ({share(trained.shown, trained.total)}) "
        f"{'prefers' if trained.shown == 1 else 'prefer'} one family by at least {CLEAR:g} "
        "standard deviation of all answers."
    )
    brackets = ("In brackets: untrained.",) if compared else ()
    return FamilyBars(
        title="Best family of forms",
        view_box=f"0 0 {LENGTH + 2} {len(rows) * ROW}",
        bars="".join(
            f"M0 {at * ROW + 2}h{long}v6H0z" for at, (long, _) in enumerate(lengths) if long
        ),
        line="".join(f"M{long} {at * ROW + 1}v8" for at, (_, long) in enumerate(lengths))
        if compared
        else "",
        names="\n".join(name for name, _, _ in rows),
        counts="\n".join(
            f"{count(mine)} ({count(other)})" if compared else count(mine)
            for _, mine, other in rows
        ),
        sentence=" ".join((sentence, *_unknown(trained), *brackets)),
    )
