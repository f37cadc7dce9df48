"""Processes that decode beside this one: a clear end when one dies, and none left behind."""

from __future__ import annotations

import hashlib
import multiprocessing
import re
import signal
import subprocess
import sys
import traceback

import numpy as np
import pytest
import torch

from generator.errors import ImagesError
from generator.images.decoders import content_of
from generator.images.stream import stream
from generator.names import Size
from tests import ROOT
from tests.support.counted_images import Counted


def test_content_is_a_hash_of_the_pixels() -> None:
    """The first eight bytes of sha256 over red, green, blue and opacity; equal for equal pixels."""
    pixels = np.arange(36, dtype=np.uint8).reshape(4, 3, 3)
    digest = hashlib.sha256(bytes(range(36))).digest()
    assert content_of(pixels) == int(np.frombuffer(digest[:8], "<i8")[0])
    assert content_of(pixels[:, ::-1]) != content_of(pixels)
    (batch,) = stream(Counted(3), Size.square(5), 4, 0, [0])
    assert batch.content.dtype == torch.int64
    assert batch.content.tolist() == [
        *(content_of(np.full((4, 5, 5), row, np.uint8)) for row in range(3)),
        0,
    ]


@pytest.mark.parametrize("workers", [1, 3])
def test_a_dead_worker_is_told(workers: int) -> None:
    """A process that is killed is named, with its end and what to do."""
    with pytest.raises(ImagesError) as caught:
        list(stream(Counted(60, end=20), Size.square(8), 4, workers, range(15)))
    text = str(caught.value)
    assert re.match(r"process \d+, which decodes images, has died \(ended by SIGKILL", text)
    assert "the same command goes on from the last record" in text
    assert "--workers 0" in text
    # In the next run, and without processes, everything is as it should be.
    assert len(list(stream(Counted(60), Size.square(8), 4, 2, range(15)))) == 15
    assert len(list(stream(Counted(60, end=20), Size.square(8), 4, 0, range(15)))) == 15


def test_batches_before_a_death_come() -> None:
    """All of them from one process; of several, the batches that others have in work are lost."""
    batches = stream(Counted(60, end=20), Size.square(8), 4, 1, range(15))
    assert [next(batches).first for _ in range(5)] == [0, 4, 8, 12, 16]
    with pytest.raises(ImagesError, match="has died"):
        next(batches)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_mistake_ends_the_stream(workers: int) -> None:
    """What is no fault of a picture is raised as it is, and shows where it happened."""
    with pytest.raises(OverflowError, match="out of bounds") as caught:
        list(stream(Counted(300), Size.square(8), 4, workers, [70]))  # no byte holds 280
    assert "counted_images.py" in "".join(traceback.format_exception(caught.value))
    assert "np.full" in "".join(traceback.format_exception(caught.value))


def test_workers_end_with_the_stream() -> None:
    """Read to the end, left early, or broken: no process stays."""
    before = set(multiprocessing.active_children())
    list(stream(Counted(8), Size.square(4), 4, 2, range(2)))
    left = stream(Counted(40), Size.square(4), 4, 2, range(10))
    next(left)
    assert len(set(multiprocessing.active_children()) - before) == 2
    left.close()  # type: ignore[attr-defined]
    assert set(multiprocessing.active_children()) == before


ORPHANS = """
import os, signal
from generator.images import forking
from generator.images.stream import stream
from generator.names import Size
from tests.support.counted_images import Counted

forking.ORPHAN_CHECK = 0.05
next(stream(Counted(800), Size.square(8), 4, 3, range(200)))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_workers_end_when_their_parent_is_killed() -> None:
    """Nothing is left running: the pipe that all of them hold comes to its end."""
    done = subprocess.run(
        [sys.executable, "-c", ORPHANS],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL
