"""How memory is taken from the system and given back, where glibc sees to it.

Parts of several threads come and go for hours. Left alone, glibc gives each thread a heap of its
own, and more and more lies free in all of them. Other allocators see to it themselves.
"""

from __future__ import annotations

import ctypes
import sys

M_ARENA_MAX = -8  # of glibc's malloc.h


def share_heap() -> None:
    """Let threads that begin from now on share one heap."""
    if _glibc is not None:
        _glibc.mallopt(M_ARENA_MAX, 1)


def give_back() -> None:
    """Give back what lies free between things that are still in use."""
    if _glibc is not None:
        _glibc.malloc_trim(0)


def _malloc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") else None


_glibc = _malloc()
