"""How a set of images is named on the command line and in gallery.toml."""

from __future__ import annotations

from pathlib import Path

PIPE = "pipe:"  # no longer a form; what follows is no path
TORCHVISION = "torchvision:"  # then the name of a data set and its folder


def beside(spec: str, folder: Path) -> str:
    """Return a spec with its path, where it has one, taken as relative to a folder."""
    if spec.startswith(PIPE) or "://" in spec:
        return spec
    if spec.startswith(TORCHVISION):
        name, colon, root = spec.removeprefix(TORCHVISION).partition(":")
        return f"{TORCHVISION}{name}{colon}{folder / root if root else ''}"
    return str(folder / spec)
