"""The scores of a layer's filters as bars, those of untrained filters as a line over them.

There are fewer untrained filters, so shares of filters are drawn. Drawn like the summary of a
layer, in whose units coordinates are.
"""

from __future__ import annotations

from collections.abc import Sequence

from generator.render.charts.svg import Tick
from generator.render.views.layer.summary import BASE, TALL, WIDTH, Histogram

BINS = 20  # of scores 0…1


def bins(scores: Sequence[float]) -> tuple[float, ...]:
    """Return the share of scores in each bin; the last holds 1 as well."""
    counts = [0] * BINS
    for score in scores:
        counts[min(int(score * BINS + 1e-9), BINS - 1)] += 1
    return tuple(count / len(scores) for count in counts) if scores else (0.0,) * BINS


def score_chart(
    kind: str, title: str, scores: Sequence[float], untrained: Sequence[float], sentence: str
) -> Histogram:
    """Draw scores, at least one, and those of untrained filters where there are any."""
    mine, others = bins(scores), bins(untrained)
    tallest, step = max(*mine, *others), WIDTH / BINS
    heights, lines = ([round(TALL * part / tallest) for part in each] for each in (mine, others))
    bars = (f"v-{height}h{step - 2:g}v{height}z" if height else "" for height in heights)
    tops = "".join(f"V{BASE - height}h{step:g}" for height in lines)
    return Histogram(
        kind=kind,
        title=title,
        bars=f"M1 {BASE}" + "".join(f"{bar}m{step:g} 0" for bar in bars),
        line=f"M0 {BASE}{tops}V{BASE}" if untrained else "",
        ticks=(Tick("0", "0"), Tick(f"{WIDTH / 2:g}", "half"), Tick(f"{WIDTH}", "all")),
        sentence=sentence,
    )
