"""Memory that is free, given back to the system."""

from __future__ import annotations

import ctypes
import sys


def give_back() -> None:
    """Give back what lies free between things that are still in use.

    Parts of several threads, which come and go, leave more and more of it on glibc's heap over
    hours. Other allocators see to it themselves: nothing is done there.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
