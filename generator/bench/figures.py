"""The figures of a bench, each with the limit that it must keep, and the machine they are from."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from generator import __version__

WIDE = 0.25  # of a figure: turns that are further apart, from quartile to quartile, say nothing


@dataclass(frozen=True)
class Figure:
    """One figure. Ratios compare two ways side by side in one run, so that machines matter less."""

    name: str
    meaning: str
    value: float
    limit: float | None  # None: only for information
    kind: Literal["at least", "at most"] = "at least"
    unit: str = ""
    spread: tuple[float, float] | None = None  # quartiles, where it was measured in turns

    @classmethod
    def of_turns(
        cls,
        name: str,
        meaning: str,
        turns: npt.NDArray[np.float64] | list[float],
        limit: float | None,
        kind: Literal["at least", "at most"] = "at least",
        unit: str = "",
    ) -> Figure:
        """Make a figure of the values of several turns: their median, with its quartiles."""
        low, median, high = (float(part) for part in np.quantile(turns, (0.25, 0.5, 0.75)))
        return cls(name, meaning, median, limit, kind, unit, (low, high))

    @property
    def measurable(self) -> bool:
        """Say whether the turns agree; they do not where other work takes the machine's time."""
        return self.spread is None or self.spread[1] - self.spread[0] <= WIDE * self.value

    @property
    def holds(self) -> bool | None:
        """Say whether the figure keeps its limit; None where it cannot be measured now."""
        if self.limit is None:
            return True
        if not self.measurable:
            return None
        return self.value >= self.limit if self.kind == "at least" else self.value <= self.limit

    @property
    def line(self) -> str:
        """Return it in words, on one line."""
        facts = []
        if self.spread is not None:
            facts.append(f"{self.spread[0]:.3g} to {self.spread[1]:.3g}")
        if self.limit is not None:
            facts.append(f"{self.kind} {self.limit:g}{self.unit}")
        behind = f" ({'; '.join(facts)})" if facts else ""
        remark = {None: "  NOT MEASURABLE NOW", False: "  MISSED", True: ""}[self.holds]
        return f"{self.name}: {self.value:.3g}{self.unit}{behind}{remark}: {self.meaning}"

    def record(self) -> dict[str, object]:
        """Return it for JSON."""
        return {**asdict(self), "holds": self.holds}


def seconds(work: Callable[[], object]) -> float:
    """Return how long work takes, with all that it leaves to a GPU."""
    import torch  # noqa: PLC0415 - start-up is measured without it

    def wait() -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()

    wait()
    started = time.perf_counter()
    work()
    wait()
    return time.perf_counter() - started


def in_turns(
    ways: Sequence[Callable[[], object]], turns: int, warm_up: bool = False
) -> npt.NDArray[np.float64]:
    """Run ways one after the other, again and again: seconds [turns, ways].

    Other work on the machine then meets all of them alike. A first turn to `warm_up` is not timed.
    """
    if warm_up:
        for way in ways:
            way()
    return np.array([[seconds(way) for way in ways] for _ in range(turns)])


def machine() -> dict[str, str]:
    """Describe what the figures were measured on."""
    import torch  # noqa: PLC0415 - as above

    device = "none"
    if torch.cuda.is_available():
        device = torch.cuda.get_device_name()
    return {
        "filter-gallery": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count()),
        "threads": str(torch.get_num_threads()),
        "cuda": device,
    }
