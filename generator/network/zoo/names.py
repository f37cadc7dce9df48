"""What `network` may say, taken apart. Without torch: the settings need it too."""

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


def name_and_weights(rest: str) -> tuple[str, str]:
    """Take `NAME[:WEIGHTS]` apart; the weights are "" where none are named."""
    name, _, weights = rest.partition(":")
    return name, weights
