"""The processes of one run: as many as torchrun has started, or this one alone."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.distributed

from generator.errors import ConfigError, ElsewhereError, GalleryError, LostProcessError

# Processes wait for each other once, after hours of searching that need not take them equally long.
PATIENCE = datetime.timedelta(days=30)

T = TypeVar("T")


@dataclass(frozen=True)
class Processes:
    """One of the processes of a run, and what it says to the others.

    All of them call each method in the same order. Each raises LostProcessError where another
    process has ended before its time.
    """

    rank: int = 0
    size: int = 1
    local: int | None = None  # among those on this machine, from 0 on; None: there are no others

    @property
    def first(self) -> bool:
        """Say whether this is the one that writes the atlas and talks to people."""
        return self.rank == 0

    def share(self, items: Sequence[T]) -> Sequence[T]:
        """Return this process's share of what all of them list in the same order."""
        return items[self.rank :: self.size]

    def wait(self) -> None:
        """Go on when all have come this far."""
        self.every(None)

    def every(self, value: T) -> list[T]:
        """Return what each process gives, in order of rank."""
        if self.size == 1:
            return [value]
        values: list[T | None] = [None] * self.size
        with _together():
            torch.distributed.all_gather_object(values, value)
        return values  # type: ignore[return-value]  # each has been filled

    def gather(self, value: T) -> list[T]:
        """Return what each process gives, in order of rank, to the first; to others nothing."""
        if self.size == 1:
            return [value]
        values: list[T | None] = [None] * self.size
        with _together():
            torch.distributed.gather_object(value, values if self.first else None)
        return values if self.first else []  # type: ignore[return-value]  # as above

    def tell(self, value: T) -> T:
        """Return to all what the first one gives; what the others give counts for nothing."""
        if self.size == 1:
            return value
        values = [value]
        with _together():
            torch.distributed.broadcast_object_list(values)
        return values[0]

    @contextmanager
    def agreeing(self) -> Iterator[None]:
        """Leave this block in all processes or in none.

        Where it raises GalleryError in some, the first of them raises it, so that it is said
        once; all others raise ElsewhereError.
        """
        problem = None
        try:
            yield
        except GalleryError as raised:
            problem = raised
        failed = self.every(problem is not None)
        if problem is not None and failed.index(True) == self.rank:
            raise problem
        if any(failed):
            raise ElsewhereError(f"process {failed.index(True)} has failed")


@contextmanager
def launched() -> Iterator[Processes]:
    """Join the other processes that torchrun has started, if it has; leave them however it ends.

    Several machines meet in torch's usual way (MASTER_ADDR and so on, which torchrun sets). Raises
    ConfigError where they cannot.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1 or "RANK" not in os.environ:
        yield Processes()
        return
    local = int(os.environ.get("LOCAL_RANK", "0"))
    backend = "gloo"
    if torch.cuda.is_available():
        backend = "cpu:gloo,cuda:nccl"
        torch.cuda.set_device(local % torch.cuda.device_count())
    try:
        torch.distributed.init_process_group(backend, timeout=PATIENCE)
    except (RuntimeError, ValueError) as problem:
        raise ConfigError(
            f"the {size} processes of this run cannot meet ({problem}); start them with torchrun, "
            "or unset WORLD_SIZE and RANK"
        ) from problem
    try:
        yield Processes(int(os.environ["RANK"]), size, local)
    finally:
        torch.distributed.destroy_process_group()


@contextmanager
def _together() -> Iterator[None]:
    try:
        yield
    except RuntimeError as problem:  # gloo and nccl raise it where a connection closes
        raise LostProcessError(
            "another process of this run has ended before its time; mend what it said or what "
            f"ended it, and the same command goes on from here ({' '.join(str(problem).split())})"
        ) from problem
