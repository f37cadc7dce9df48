"""Memory from the system and back to it, where glibc is the allocator.

Several threads take and free memory for hours. By default glibc gives each thread a heap of its
own, and more and more lies free in all of them. Other allocators need no help.
"""

from __future__ import annotations

import ctypes
import sys

# Of glibc's malloc.h.
M_TRIM_THRESHOLD = -1
M_MMAP_MAX = -4
M_ARENA_MAX = -8


def share_heap() -> None:
    """Let threads that begin from now on share one heap."""
    if _glibc is not None:
        _glibc.mallopt(M_ARENA_MAX, 1)


def keep_heap() -> None:
    """Keep freed blocks, large ones too, for the next use from now on.

    A training step asks for the same blocks again and again. Fresh ones come zeroed, page by page:
    with them a step at 224 pixels takes a third more time.
    """
    if _glibc is not None:
        _glibc.mallopt(M_MMAP_MAX, 0)
        _glibc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def give_back() -> None:
    """Give back free memory, also between blocks that are still in use."""
    if _glibc is not None:
        _glibc.malloc_trim(0)


def _malloc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") else None


_glibc = _malloc()
