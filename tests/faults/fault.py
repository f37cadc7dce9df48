"""What is asked of the driver: one command line, and one fault that will strike it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Deed = Literal["nothing", "kill", "terminate", "interrupt", "fill", "pause"]

# Every moment at which something on the disk changes, and those around a swap or a lock.
WRITES = r"^(create|write|rename|remove|rmdir|mkdir|link|truncate|rmtree|lock)\b"


@dataclass(frozen=True)
class Fault:
    """Do something at the nth moment that fits a pattern; see `moments` for how they read.

    A moment in a process that decodes images begins with "decoder".
    """

    do: Deed = "nothing"
    at: str = WRITES
    nth: int = 1


@dataclass(frozen=True)
class Order:
    """One run of the command line."""

    arguments: tuple[str, ...]
    folders: tuple[str, ...]  # moments are those of files below these only
    fault: Fault = field(default_factory=Fault)
    environment: dict[str, str] = field(default_factory=dict)
    largest_file: int | None = None  # bytes; every write beyond fails, as on a full disk
    privileges: bool = True  # without them, root too is held by the modes of files


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    status: int  # exit status, or the signal that ended it, negative
    out: str
    err: str
    moments: tuple[str, ...]  # those that fitted the pattern, in order, until the end


def chosen(moments: Sequence[str]) -> list[int]:
    """Number the moments, from 1 on: most in CI, elsewhere the first and the last of each kind.

    Files of one folder with the same ending are one kind, and so are layers and shares.
    """
    numbers = range(1, len(moments) + 1)
    if os.environ.get("CI"):  # small pages are written one by one between the others
        pairs = zip(numbers, moments, strict=True)
        return [number for number, moment in pairs if ".embed.html" not in moment]
    kinds = [re.sub(r"[^/ ]+(?=\.)|\d+", "*", moment) for moment in moments]
    first = dict(zip(reversed(kinds), reversed(numbers), strict=True))
    last = dict(zip(kinds, numbers, strict=True))
    return sorted({*first.values(), *last.values()})
