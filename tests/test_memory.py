"""Memory that is free goes back to the system."""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np
import pytest

from generator.compute.memory import give_back

BLOCKS, BLOCK = 2_000, 65_536  # on the heap, as larger ones might not be


def resident() -> int:
    """Return the bytes that this process holds."""
    (line,) = (
        line
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmRSS:")
    )
    return 1024 * int(line.split()[1])


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is asked to give back")
def test_what_lies_free_between_things_in_use_goes_back() -> None:
    """Of blocks side by side each second one is let go, which leaves holes and no end to cut."""
    blocks = [np.ones(BLOCK, np.uint8) for _ in range(BLOCKS)]
    kept = blocks[::2]
    del blocks
    before = resident()
    give_back()
    assert resident() < before - BLOCKS // 2 * BLOCK * 0.7
    assert all(int(block.sum()) == BLOCK for block in kept)
