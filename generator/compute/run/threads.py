"""Parts of a computation side by side, each in one thread.

PyTorch gives all threads to one operation after the other. How it splits a sum, and so how it
rounds it, then depends on their number: one process of two threads would make other bytes than two
of one. Here an operation has one thread, and several parts run at once, which is no slower.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch

from generator.memory import share_heap

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class SideBySide:
    """Threads to work in; without them parts are worked on here, one after the other."""

    pool: ThreadPoolExecutor | None
    threads: int

    def map(self, work: Callable[[T], R], parts: Iterable[T]) -> Iterator[R]:
        """Yield what `work` makes of each part, in their order.

        One part more than there are threads is begun before it is asked for, so that none waits.
        """
        if self.pool is None:
            yield from map(work, parts)
            return
        begun: deque[Future[R]] = deque()
        try:
            for part in parts:
                begun.append(self.pool.submit(work, part))
                if len(begun) > self.threads:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            for future in begun:
                future.cancel()


IN_TURN = SideBySide(None, 1)  # for work that cannot share a network with work beside it


@contextmanager
def side_by_side(device: torch.device) -> Iterator[SideBySide]:
    """Give threads, as many as PyTorch would use, for parts on the CPU; none for other devices.

    Work sees no mode that was set outside of it, as such modes belong to a thread.
    """
    if device.type != "cpu":
        yield IN_TURN
        return
    share_heap()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            yield SideBySide(pool, threads)
    finally:
        torch.set_num_threads(threads)
