"""Makes the study classes by hand, with every case that a real one may hold."""

from __future__ import annotations

from pathlib import Path


def write_classes(folder: Path, *, missing: str = "") -> None:
    """Write the study into an atlas; with `missing`, only why there is none."""
    raise NotImplementedError
