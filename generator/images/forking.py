"""Processes that work for this one: forked where that is safe, so that they start at once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from threading import Thread

ORPHAN_CHECK = 5.0  # seconds between two looks whether the parent still lives


def process_context() -> BaseContext:
    """Return the way to start processes: by forking on Linux, elsewhere the system's own."""
    return multiprocessing.get_context("fork" if sys.platform.startswith("linux") else None)


@contextmanager
def forking() -> Iterator[None]:
    """Start processes in this block.

    Python warns of forking beside threads: a child could wait for a lock that one of them held.
    These children only read and decode.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def end_with_parent() -> None:
    """Let this process of `multiprocessing` end soon after its parent does, however that was.

    Ctrl-C, which reaches all processes, is answered by the parent, which ends this one.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = multiprocessing.parent_process()  # `os.getppid` may already name another one
    assert parent is not None
    Thread(target=_watch, args=(parent.pid,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(ORPHAN_CHECK)
    os._exit(1)
