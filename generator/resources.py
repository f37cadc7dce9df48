"""Where the templates and texts that come along are found."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def bundled(name: str) -> Path:
    """Return the folder "site_templates" or "content".

    An installed package carries a copy inside; in a checkout the folder stands beside it.
    """
    inside = _HERE / f"_{name}"
    return inside if inside.is_dir() else _HERE.parent / name
