"""Memory that is free goes back to the system."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from generator.memory import give_back
from tests import ROOT

glibc_only = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only glibc has heaps of this kind"
)

BLOCKS, BLOCK = 2_000, 65_536  # on the heap, as larger ones might not be


def resident() -> int:
    """Return the bytes that this process has in memory."""
    (line,) = (
        line
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmRSS:")
    )
    return 1024 * int(line.split()[1])


@glibc_only
def test_what_lies_free_between_things_in_use_goes_back() -> None:
    """Of blocks side by side each second one is freed, which leaves holes and no free end."""
    blocks = [np.ones(BLOCK, np.uint8) for _ in range(BLOCKS)]
    kept = blocks[::2]
    del blocks
    before = resident()
    give_back()
    assert resident() < before - BLOCKS // 2 * BLOCK * 0.7
    assert all(int(block.sum()) == BLOCK for block in kept)


HEAPS = """
import ctypes, sys, threading
from pathlib import Path
from generator.memory import share_heap
if sys.argv[2] == "shared":
    share_heap()
together = threading.Barrier(4)
def take():
    together.wait()
    blocks = [bytearray(5000) for _ in range(100)]
    together.wait()
threads = [threading.Thread(target=take) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
print(Path(sys.argv[1]).read_text().count("<heap nr="))
"""


def heaps_of_four_threads(folder: Path, how: str) -> int:
    """Count the heaps of a process whose four threads have taken memory."""
    done = subprocess.run(
        [sys.executable, "-c", HEAPS, folder / "heaps.xml", how],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


@glibc_only
def test_threads_share_one_heap(tmp_path: Path) -> None:
    """Else each has its own."""
    assert heaps_of_four_threads(tmp_path, "apart") > 1
    assert heaps_of_four_threads(tmp_path, "shared") == 1
