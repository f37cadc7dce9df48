"""Where the templates and texts that come along are found."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def bundled(name: str) -> Path:
    """Return the folder "site_templates" or "content": beside the package in a checkout, else
    the copy inside the installed package."""
    beside = _HERE.parent / name
    return beside if beside.is_dir() else _HERE / f"_{name}"
