"""Passages of a text that rest on photographs, and are true of one image set only.

    :::photographs
    Paragraphs, lists and figures.
    :::

They are shown, with a line that says what they rest on, where the atlas was built from the image
set that the text names. Otherwise they are left out, and every other line keeps its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from generator.render.prose import Source

OPENS, CLOSES = ":::photographs", ":::"
SAYING = '<p class="small">On the photographs of this gallery</p>'


def find_passages(source: Source) -> tuple[range, ...]:
    """Return the lines of the file that each passage takes, from its first mark to its last.

    Marks in code are none. Raises ContentError with the line of a mark that has no partner, or that
    is unknown.
    """
    found: list[range] = []
    opened = 0  # line of the open mark; 0 for none
    for line, text in enumerate(source.without_code().split("\n"), source.first_line):
        mark = text.strip()
        if not mark.startswith(CLOSES):
            continue
        if mark not in {OPENS, CLOSES}:
            raise source.error_on(line, f"unknown mark {mark} (known are {OPENS} and {CLOSES})")
        if (mark == OPENS) == bool(opened):
            said = f"the passage of line {opened} is still open" if opened else "no passage is open"
            raise source.error_on(line, f"{mark} stands here, but {said}")
        if opened:
            found.append(range(opened, line + 1))
        opened = line if mark == OPENS else 0
    if opened:
        raise source.error_on(
            opened, f"{OPENS} is not closed; end the passage with a line {CLOSES}"
        )
    return tuple(found)


def with_passages(source: Source, passages: Sequence[range], *, shown: bool) -> Source:
    """Return a text with its passages, as `find_passages` found them, or without."""
    lines = source.body.split("\n")
    for passage in passages:
        start, stop = passage.start - source.first_line, passage.stop - source.first_line
        if shown:
            lines[start], lines[stop - 1] = SAYING, ""
            if lines[start + 1].startswith("#"):  # a heading comes before what it rests on
                lines[start : start + 2] = lines[start + 1], SAYING
        else:
            lines[start:stop] = [""] * len(passage)
    return replace(source, body="\n".join(lines))
