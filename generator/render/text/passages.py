"""Passages of a text that are true of some galleries only.

    :::photographs
    Paragraphs, lists and figures.
    :::

The first mark names one or several of `CONDITIONS`, with blanks between them. The passage is shown
where all of them are true of the gallery. Otherwise it is left out, and every other line keeps its
number. One on photographs rests on the image set that its text names, and says so; one on a network
rests on the weights that its text names.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from generator.atlas.schema import Manifest
from generator.names import Rule, StudyName
from generator.render.facts import shows_middle
from generator.render.text.prose import Source

MARK = ":::"
PHOTOGRAPHS = "photographs"
NETWORK = "network"
CONDITIONS = (
    PHOTOGRAPHS,
    NETWORK,
    *get_args(StudyName),  # the gallery has the study
    *get_args(Rule),  # that made the pictures beside the patches
    "stimuli",  # filters were shown stimuli
    "trained",
    "random",  # the weights are random numbers
    "effective",  # patches of some layer show the effective field alone
    "one-per-label",  # the nine images of a filter have different labels
)
SAYING = '<p class="small">On the photographs of this gallery</p>'


@dataclass(frozen=True)
class Passage:
    """Lines of a file, and what must be true of a gallery that shows them."""

    first: int  # line of the file with the first mark
    last: int  # … and with the last
    needs: tuple[str, ...]  # of CONDITIONS


def conditions(manifest: Manifest) -> frozenset[str]:
    """Return which conditions are true of a gallery, whatever the text."""
    found = {
        manifest.rule: True,
        "random" if manifest.network.is_random else "trained": True,
        "stimuli": any(layer.stimuli for layer in manifest.layers),
        "effective": any(
            shows_middle(layer, manifest.network.input_size) for layer in manifest.layers
        ),
        "one-per-label": manifest.images.one_per_label,
    }
    return frozenset(name for name, is_true in found.items() if is_true)


def find_passages(source: Source) -> tuple[Passage, ...]:
    """Return the passages of a text in order; a mark in code is none.

    Raises ContentError with the line of a mark that has no partner, or that is unknown.
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
            found.append(Passage(opened, line, needs))
        opened, needs = (line if names else 0), names
    if opened:
        raise source.error_on(
            opened, f"{MARK}{' '.join(needs)} is not closed; end the passage with a line {MARK}"
        )
    return tuple(found)


def with_passages(source: Source, passages: Sequence[Passage], true: Collection[str]) -> Source:
    """Return a text with those of its passages that need nothing but what is `true`."""
    lines = source.body.split("\n")
    for passage in passages:
        first, last = passage.first - source.first_line, passage.last - source.first_line
        if not set(passage.needs) <= set(true):
            lines[first : last + 1] = [""] * (last + 1 - first)
            continue
        lines[first] = SAYING if PHOTOGRAPHS in passage.needs else ""
        lines[last] = ""
        if lines[first] and lines[first + 1].startswith("#"):
            # A heading comes before what it rests on.
            lines[first : first + 2] = lines[first + 1], SAYING
    return replace(source, body="\n".join(lines))
