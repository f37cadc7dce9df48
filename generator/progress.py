"""How far a run is: bars for a terminal, lines for a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

Progress = Callable[[str, int, int], None]  # name of the stage, how many are done, of how many

EVERY = 60.0  # seconds between two lines of a stage


@contextmanager
def bars() -> Iterator[Progress]:
    """Draw a bar for each stage on stderr until the block ends."""
    from rich import progress as rich  # noqa: PLC0415  `--help` answers without it
    from rich.console import Console  # noqa: PLC0415

    columns = (rich.TextColumn("{task.description:>12}"), rich.BarColumn())
    counts = (rich.MofNCompleteColumn(), rich.TimeRemainingColumn())
    drawn = rich.Progress(*columns, *counts, console=Console(stderr=True))
    tasks: dict[str, Any] = {}

    def progress(stage: str, done: int, of: int) -> None:
        if not tasks:  # an error before the first step stays one line
            drawn.start()
        if stage not in tasks:
            tasks[stage] = drawn.add_task(stage, total=of)
        drawn.update(tasks[stage], completed=done, total=of)

    try:
        yield progress
    finally:
        if tasks:
            drawn.stop()


@dataclass
class _Stage:
    began: float  # seconds, on some clock
    before: int  # how many were done then
    said: float  # seconds, when the last line was said
    ended: bool = False


class Lines:
    """Says a line when a stage starts, when it ends, and at most once a minute between."""

    def __init__(
        self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._say, self._clock = say, clock
        self._stages: dict[str, _Stage] = {}

    def __call__(self, name: str, done: int, of: int) -> None:
        now, line = self._clock(), f"{name}: {done} of {of}"
        if name not in self._stages:
            self._stages[name] = _Stage(now, done, now)
            self._say(line)
        stage = self._stages[name]
        took = now - stage.began
        if done >= of and not stage.ended:
            stage.ended = True
            self._say(f"{line}, in {duration(took)}")
        elif stage.before < done < of and now - stage.said >= EVERY:
            stage.said = now
            rate = (done - stage.before) / took
            self._say(f"{line}, {rate:.3g} per second, {duration((of - done) / rate)} left")


def duration(seconds: float) -> str:
    """Return a time for people: "4.2 s", "3 min 20 s"."""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
