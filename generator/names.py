"""What the settings `network`, `rule` and `images` may say, and what a mistyped name may mean."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

Rule = Literal["deconvnet", "guided", "gradient"]  # see `generator.network.rules`
# How the pixels that a unit sees were found: by arithmetic, from gradients, or not at all.
Evidence = Literal["geometry", "gradients", "nothing"]
FieldShown = Literal["effective", "theoretical"]  # in what patches and reconstructions are shown
# Of the rooms in `generator.studies`.
StudyName = Literal[
    "live",
    "control",
    "evolution",
    "random_labels",
    "classes",
    "occlusion",
    "invariance",
    "adversarial",
    "quiz",
    "map",
    "synthetic",
]
RANDOM = "random"
NETWORKS = "zfnet, torchvision:NAME, timm:NAME, or FILE.py:FUNCTION"
PIPE = "pipe:"  # no longer a form of `images`; a command follows, no path
TORCHVISION = "torchvision:"  # then the name of a data set and its folder


class Size(NamedTuple):
    """Height and width of a network's input, in pixels."""

    height: int
    width: int

    def __str__(self) -> str:
        return f"{self.height} × {self.width}"

    @classmethod
    def square(cls, side: int) -> Size:
        """Return the size of a square."""
        return cls(side, side)

    @property
    def plain(self) -> int | list[int]:
        """Return it as files hold it: one number where both sides are alike."""
        return self.height if self.height == self.width else list(self)

    @property
    def around(self) -> tuple[int, int, int, int]:
        """Return top, left, bottom, right of the smallest square around the input.

        The input lies in its middle; that of a square is the input itself.
        """
        side = max(self)
        top, left = -((side - self.height) // 2), -((side - self.width) // 2)
        return top, left, top + side, left + side


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that is most like another; there must be one."""
    return difflib.get_close_matches(name, known, n=1, cutoff=0)[0]


def file_and_function(network: str) -> tuple[Path, str] | None:
    """Take `path/to/file.py:function` apart; None where it is no such name.

    The last colon counts, so a drive's letter and colons in folders belong to the path.
    """
    path, _, function = network.rpartition(":")
    if path.endswith(".py") and function.isidentifier():
        return Path(path), function
    return None


def beside(spec: str, folder: Path) -> str:
    """Return a spec with its path, where it has one, taken as relative to a folder."""
    if spec.startswith(PIPE) or "://" in spec:
        return spec
    if spec.startswith(TORCHVISION):
        name, colon, root = spec.removeprefix(TORCHVISION).partition(":")
        return f"{TORCHVISION}{name}{colon}{folder / root if root else ''}"
    return str(folder / spec)
