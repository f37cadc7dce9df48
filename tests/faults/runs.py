"""The test's end of the driver: starts runs of the command line and says how they ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any

from tests import ROOT
from tests.faults.fault import Order, Outcome


@dataclass(frozen=True)
class Running:
    """A run that has been started."""

    driver: Driver
    process: int

    def pauses(self) -> bool:
        """Wait until the run comes to its pause; False where it ends before."""
        return bool(self.driver.ask("paused", self.process)["paused"])

    def resume(self) -> None:
        """Let a paused run go on."""
        self.driver.ask("resume", self.process)

    def signal(self, number: signal.Signals) -> None:
        """Send the run a signal."""
        os.kill(self.process, number)

    def outcome(self) -> Outcome:
        """Wait for the end."""
        answer = self.driver.ask("wait", self.process)
        return Outcome(**{**answer, "moments": tuple(answer["moments"])})


class Driver:
    """One warm process that forks the runs of the tests."""

    def __init__(self, wrapper: Sequence[str] = ()) -> None:
        self._asking = Lock()
        self.process = subprocess.Popen(
            [*wrapper, sys.executable, "-m", "tests.faults.driver"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, order: Order) -> Running:
        """Start a run and come back at once."""
        return Running(self, self.ask("start", asdict(order))["process"])

    def run(self, order: Order) -> Outcome:
        """Run to the end."""
        return self.start(order).outcome()

    def ask(self, verb: str, what: object) -> dict[str, Any]:
        """Send an order and wait for the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with self._asking:
            self.process.stdin.write(json.dumps({verb: what}) + "\n")
            self.process.stdin.flush()
            answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def close(self) -> None:
        """Let the driver end."""
        self.process.communicate()
