"""The processes of one run: as many as torchrun has started, or this one alone.

They give each other nothing but the time: what one finds lies in files for the others to read.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch.distributed

from generator.compute.run.checkpoints import Share
from generator.errors import ConfigError, ElsewhereError, GalleryError, LostProcessError
from generator.files import this_process

# Processes wait for each other once, after hours of searching that need not take them equally long.
PATIENCE = datetime.timedelta(days=30)

T = TypeVar("T")


@dataclass(frozen=True)
class Processes:
    """One of the processes of a run. All of them wait and agree in the same order."""

    share: Share
    local: int | None = None  # among those on this machine, from 0 on; None: there are no others
    leader: str = ""  # names the first process, for people

    @property
    def first(self) -> bool:
        """Say whether this is the one that writes the atlas and talks to people."""
        return self.share.number == 1

    def wait(self) -> None:
        """Go on when all have come this far.

        Raises LostProcessError where another process has ended before its time.
        """
        with self.agreeing():
            pass

    @contextmanager
    def agreeing(self) -> Iterator[None]:
        """Leave this block in all processes or in none.

        Where it raises GalleryError in some, the first of them raises it, so that it is said
        once; all others raise ElsewhereError. Raises LostProcessError as above.
        """
        problem = None
        try:
            yield
        except GalleryError as raised:
            problem = raised
        failed = _gathered(problem is not None, self.share.of)
        if problem is not None and failed.index(True) == self.share.number - 1:
            raise problem
        if any(failed):
            raise ElsewhereError(f"process {failed.index(True) + 1} has failed")


@contextmanager
def launched() -> Iterator[Processes]:
    """Join the other processes that torchrun has started, if it has; leave them however it ends.

    Several machines meet in torch's usual way (MASTER_ADDR and so on, which torchrun sets). Raises
    ConfigError where they cannot.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1 or "RANK" not in os.environ:
        yield Processes(Share())
        return
    try:
        torch.distributed.init_process_group("gloo", timeout=PATIENCE)
    except (RuntimeError, ValueError) as problem:
        raise ConfigError(
            f"the {size} processes of this run cannot meet ({problem}); start them with torchrun, "
            "or unset WORLD_SIZE and RANK"
        ) from problem
    try:
        share = Share(int(os.environ["RANK"]) + 1, size)
        local = int(os.environ.get("LOCAL_RANK", "0"))
        yield Processes(share, local, _gathered(this_process(), size)[0])
    finally:
        torch.distributed.destroy_process_group()


def _gathered(value: T, size: int) -> list[T]:
    """Return what each process gives, in their order."""
    if size == 1:
        return [value]
    values = [value] * size
    try:
        torch.distributed.all_gather_object(values, value)
    except RuntimeError as problem:  # gloo raises it where a connection closes
        raise LostProcessError(
            "another process of this run has ended before its time; mend what it said or what "
            f"ended it, and the same command goes on from here ({' '.join(str(problem).split())})"
        ) from problem
    return values
