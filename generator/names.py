"""What the settings `network` and `rule` may say; network, atlas and pages need it as well."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Rule = Literal["deconvnet", "guided", "gradient"]  # see `generator.network.rules`
RANDOM = "random"
FORMS = "zfnet, torchvision:NAME, timm:NAME, or FILE.py:FUNCTION"


def file_and_function(network: str) -> tuple[Path, str] | None:
    """Take `path/to/file.py:function` apart; None where it is no such name.

    The last colon counts, so a drive's letter and colons in folders belong to the path.
    """
    path, _, function = network.rpartition(":")
    if path.endswith(".py") and function.isidentifier():
        return Path(path), function
    return None
