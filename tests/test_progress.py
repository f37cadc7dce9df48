"""What a long run says of itself: bars on a terminal, a few lines in a log."""

from __future__ import annotations

import sys

import pytest

from generator import cli
from generator.progress import EVERY, Lines, duration


class Log:
    """Lines by a clock that stands where it was put."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.lines: list[str] = []
        self.report = Lines(self.lines.append, lambda: self.now)

    def at(self, seconds: float, stage: str, done: int, of: int) -> list[str]:
        """Report at a time after the beginning; return the lines that this made."""
        self.now, said = 1000.0 + seconds, len(self.lines)
        self.report(stage, done, of)
        return self.lines[said:]


def test_a_log_has_the_start_each_minute_and_the_end() -> None:
    """Rate and time left go by what was done since the start, not by what was there before."""
    log = Log()
    assert log.at(0, "search", 1000, 7000) == ["search: 1000 of 7000"]
    assert log.at(EVERY - 1, "search", 1590, 7000) == []
    assert log.at(EVERY, "search", 1600, 7000) == [
        "search: 1600 of 7000, 10 per second, 9 min 0 s left"
    ]
    assert log.at(2 * EVERY - 1, "search", 2190, 7000) == []
    assert log.at(2 * EVERY + 5, "search", 2250, 7000) == [
        "search: 2250 of 7000, 10 per second, 7 min 55 s left"
    ]
    assert log.at(610, "search", 7000, 7000) == ["search: 7000 of 7000, in 10 min 10 s"]
    assert log.at(900, "search", 7000, 7000) == []


def test_each_stage_has_lines_of_its_own() -> None:
    """Stages that take turns do not silence each other, and a short one has both its ends."""
    log = Log()
    assert log.at(0, "stimuli", 64, 4000) == ["stimuli: 64 of 4000"]
    assert log.at(50, "invariance", 1, 3) == ["invariance: 1 of 3"]
    assert log.at(61, "stimuli", 125, 4000) == [
        "stimuli: 125 of 4000, 1 per second, 64 min 35 s left"
    ]
    assert log.at(100, "invariance", 2, 3) == []
    assert log.at(110, "invariance", 3, 3) == ["invariance: 3 of 3, in 1 min 0 s"]
    assert log.at(111, "pages", 1, 1) == ["pages: 1 of 1", "pages: 1 of 1, in 0.0 s"]


def test_a_stage_that_stands_still_has_no_rate() -> None:
    """Nothing is divided by zero, and the next step says how long the rest will take."""
    log = Log()
    log.at(0, "reconstruct", 0, 10)
    assert log.at(100, "reconstruct", 0, 10) == []
    assert log.at(200, "reconstruct", 1, 10) == [
        "reconstruct: 1 of 10, 0.005 per second, 30 min 0 s left"
    ]


@pytest.mark.parametrize(
    ("terminal", "rank", "said"),
    [(False, "0", ["pages: 1 of 2", "pages: 2 of 2"]), (True, "0", ["━"]), (False, "1", [])],
    ids=["log", "terminal", "another process"],
)
def test_bars_are_for_terminals_and_lines_for_the_rest(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    terminal: bool,
    rank: str,
    said: list[str],
) -> None:
    """The first process alone speaks, and in a log as soon as a stage has begun."""
    monkeypatch.setenv("RANK", rank)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    with cli._progress() as progress:
        progress("pages", 1, 2)
        early = capsys.readouterr().err
        progress("pages", 2, 2)
    late = capsys.readouterr().err
    assert ("pages: 1 of 2" in early) == (not terminal and rank == "0")
    assert ("━" in early + late) == terminal
    assert all(part in early + late for part in said)
    assert bool(early + late) == bool(said)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (4.21, "4.2 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (60, "1 min 0 s"),
        (179.6, "3 min 0 s"),
        (200.2, "3 min 20 s"),
    ],
)
def test_a_minute_has_sixty_seconds(seconds: float, words: str) -> None:
    """Whatever is rounded."""
    assert duration(seconds) == words
