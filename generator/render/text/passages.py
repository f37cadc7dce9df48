"""Passages of a text that are true of some galleries only.

    :::photographs
    Paragraphs, lists and figures.
    :::

A passage is shown where all that its first mark names holds of the gallery: one name of
`CONDITIONS`, or several with blanks between them. Otherwise it is left out, and every other line
keeps its number. One on photographs rests on the image set that its text names, and says so.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from generator.atlas.schema import Manifest
from generator.render.text.prose import Source
from generator.rule import Rule

MARK = ":::"
PHOTOGRAPHS = "photographs"
CONDITIONS = (
    PHOTOGRAPHS,
    *get_args(Rule),  # that made the pictures beside the patches
    "stimuli",  # filters were shown drawn stimuli
    "trained",
    "random",  # the weights are random numbers
    "one-per-label",  # the nine images of a filter have different labels
)
SAYING = '<p class="small">On the photographs of this gallery</p>'


@dataclass(frozen=True)
class Passage:
    """Lines of the file, from the first mark to the last, and what must hold for them."""

    lines: range
    needs: tuple[str, ...]  # of CONDITIONS


def conditions(manifest: Manifest) -> frozenset[str]:
    """Return what holds of a gallery, whichever text speaks of it."""
    holding = {manifest.rule, "random" if manifest.network.is_random else "trained"}
    if any(layer.stimuli for layer in manifest.layers):
        holding.add("stimuli")
    if manifest.images.one_per_label:
        holding.add("one-per-label")
    return frozenset(holding)


def find_passages(source: Source) -> tuple[Passage, ...]:
    """Return the passages of a text in order.

    Marks in code are none. Raises ContentError with the line of a mark that has no partner, or that
    is unknown.
    """
    found: list[Passage] = []
    opened = 0  # line of the open mark; 0 for none
    needs: tuple[str, ...] = ()
    for line, text in enumerate(source.without_code().split("\n"), source.first_line):
        mark = text.strip()
        if not mark.startswith(MARK):
            continue
        names = tuple(mark.removeprefix(MARK).split())
        if mark != MARK + " ".join(names) or not set(names) <= set(CONDITIONS):
            known = ", ".join(MARK + name for name in CONDITIONS)
            raise source.error_on(line, f"unknown mark {mark} (known are {known} and {MARK})")
        if bool(names) == bool(opened):
            said = f"the passage of line {opened} is still open" if opened else "no passage is open"
            raise source.error_on(line, f"{mark} stands here, but {said}")
        if opened:
            found.append(Passage(range(opened, line + 1), needs))
        opened, needs = (line if names else 0), names
    if opened:
        raise source.error_on(
            opened, f"{MARK}{' '.join(needs)} is not closed; end the passage with a line {MARK}"
        )
    return tuple(found)


def with_passages(source: Source, passages: Sequence[Passage], holding: Collection[str]) -> Source:
    """Return a text with those of its passages for which all that they need holds."""
    lines = source.body.split("\n")
    for passage in passages:
        start = passage.lines.start - source.first_line
        stop = passage.lines.stop - source.first_line
        if not set(passage.needs) <= set(holding):
            lines[start:stop] = [""] * len(passage.lines)
            continue
        lines[start] = SAYING if PHOTOGRAPHS in passage.needs else ""
        lines[stop - 1] = ""
        if lines[start] and lines[start + 1].startswith("#"):
            # A heading comes before what it rests on.
            lines[start : start + 2] = lines[start + 1], SAYING
    return replace(source, body="\n".join(lines))
