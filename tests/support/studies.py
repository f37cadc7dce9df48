"""Runs of one study alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from generator.studies import STUDIES


@contextmanager
def only(name: str) -> Iterator[None]:
    """Leave one study there, whatever is on; afterwards all stand as before, in their order."""
    kept = dict(STUDIES)
    try:
        for other in kept.keys() - {name}:
            del STUDIES[other]
        yield
    finally:
        STUDIES.clear()
        STUDIES.update(kept)
