"""The forms of the setting `network`. Without torch: the settings need them too."""

from __future__ import annotations

from pathlib import Path

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
