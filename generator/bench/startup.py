"""How long a person waits before anything happens."""

from __future__ import annotations

import subprocess
import sys
import time

from generator.bench.figures import Figure

TIMES = 7
WITHOUT_TORCH = "; import sys; sys.exit('torch' in sys.modules)"


def measure_startup() -> list[Figure]:
    """Start Python for `--help` and for the renderer's import, without torch."""
    starts = {
        "help": ("filter-gallery --help answers", ["-m", "generator", "--help"]),
        "import": (
            "the renderer is imported, without torch",
            ["-c", f"import generator.render.site.build{WITHOUT_TORCH}"],
        ),
    }
    return [
        Figure(f"start-up {name}", meaning, _quickest(arguments), 0.5, "at most", " s")
        for name, (meaning, arguments) in starts.items()
    ]


def _quickest(arguments: list[str]) -> float:
    seconds = []
    for _ in range(TIMES):
        started = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        seconds.append(time.perf_counter() - started)
    return min(seconds)
