"""What a bench tells: figures with the limit that each must keep, and the machine they are from."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from typing import Literal

from generator import __version__


@dataclass(frozen=True)
class Figure:
    """One figure. Ratios compare two ways side by side in one run, so that machines matter less."""

    name: str
    meaning: str
    value: float
    limit: float | None  # None: told for what it is worth
    kind: Literal["at least", "at most"] = "at least"
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Say whether the figure keeps its limit."""
        if self.limit is None:
            return True
        return self.value >= self.limit if self.kind == "at least" else self.value <= self.limit

    @property
    def line(self) -> str:
        """Return it in words, on one line."""
        limit = "" if self.limit is None else f" ({self.kind} {self.limit:g}{self.unit})"
        missed = "" if self.holds else "  MISSED"
        return f"{self.name}: {self.value:.3g}{self.unit}{limit}{missed}: {self.meaning}"

    def record(self) -> dict[str, object]:
        """Return it for JSON."""
        return {**asdict(self), "holds": self.holds}


def machine() -> dict[str, str]:
    """Describe what the figures were measured on."""
    import torch  # noqa: PLC0415 - start-up is measured without it

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
