"""Filter Gallery: what every filter of a convolutional network responds to, as a static site.

From Python: `gallery` makes a gallery of a network in memory, `Atlas.open` reads what it found,
`compare` finds for each filter of one atlas the nearest of another.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from generator.api import gallery
    from generator.atlas.store import Atlas
    from generator.studies.comparison.comparison import compare

__version__ = "0.1.0"
__all__ = ["Atlas", "compare", "gallery"]

_HOMES = {
    "Atlas": "generator.atlas.store",
    "compare": "generator.studies.comparison.comparison",
    "gallery": "generator.api",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, and neither torch nor numpy before."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
