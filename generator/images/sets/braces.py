"""Braces in the names of archives: many names in one text."""

from __future__ import annotations

import re
from itertools import product

from generator.errors import ImagesError

BRACES = re.compile(r"\{([0-9]+)\.\.([0-9]+)\}|\{([^{},]*(?:,[^{},]*)+)\}")
MOST = 1_000_000  # names of one text


def expand(text: str) -> list[str]:
    """Return every name that a text with braces stands for, the last braces changing fastest.

    `{0000..0146}` is a range, `{left,right}` a list. A range keeps its leading zeros and may fall.
    Braces of any other form stand for themselves. Raises ImagesError for more than a million names.
    """
    parts: list[list[str]] = []
    count, after = 1, 0
    for braces in BRACES.finditer(text):
        first, last, listed = braces.groups()
        count *= listed.count(",") + 1 if first is None else abs(int(last) - int(first)) + 1
        if count > MOST:
            raise ImagesError(f"{text}: stands for more than {MOST:,} names; check its braces")
        choices = listed.split(",") if first is None else _range(first, last)
        parts += [[text[after : braces.start()]], choices]
        after = braces.end()
    parts.append([text[after:]])
    return ["".join(choice) for choice in product(*parts)]


def _range(first: str, last: str) -> list[str]:
    step = 1 if int(first) <= int(last) else -1
    padded = any(end.startswith("0") and len(end) > 1 for end in (first, last))
    width = max(len(first), len(last)) if padded else 0
    return [str(number).zfill(width) for number in range(int(first), int(last) + step, step)]
