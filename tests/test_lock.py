"""One computation at a time on one atlas, whatever becomes of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from generator.errors import AtlasError, OutputError
from generator.lock import holder, locked
from tests import ROOT

HOLD = """
import os, sys
from pathlib import Path
from generator.lock import locked
with locked(Path(sys.argv[1]), "atlas"):
    if sys.argv[2] == "forking":
        ready, begun = os.pipe()
        if os.fork() == 0:
            os.write(begun, b"!")
            sys.stdin.read()  # a child that outlives its parent
            os._exit(0)
        os.read(ready, 1)
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def held(file: Path, how: str = "alone") -> Iterator[subprocess.Popen[str]]:
    """Have another process hold a lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, file, how],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_one_is_refused_with_the_process_that_holds_it(tmp_path: Path) -> None:
    """And may have the lock once that has ended."""
    file = tmp_path / "atlas.work" / "lock"
    with held(file) as process:
        told = rf"build/atlas: process {process.pid} on .*computing"
        with pytest.raises(AtlasError, match=told), locked(file, "build/atlas"):
            pytest.fail("held by two")
    with locked(file, "build/atlas"):
        assert holder(file).startswith(f"process {os.getpid()} ")
    assert holder(tmp_path / "none") == ""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_a_kill_frees_it_though_children_live_on(tmp_path: Path) -> None:
    """Processes that decode images end seconds after their parent was killed."""
    file = tmp_path / "lock"
    with held(file, "forking") as process:
        process.kill()
        process.wait()
        with locked(file, "atlas"):
            assert str(os.getpid()) in file.read_text()


WAIT = """
import sys
from pathlib import Path
from generator.lock import locked
log = Path(sys.argv[2])
print("asks", flush=True)
with locked(Path(sys.argv[1]), "atlas", wait=600):
    with log.open("a") as file:
        print(sys.argv[3], "in", file=file)
    print("held", flush=True)
    sys.stdin.readline()
    with log.open("a") as file:
        print(sys.argv[3], "out", file=file)
"""


def test_one_that_has_patience_has_its_turn(tmp_path: Path) -> None:
    """The second waits until the first is done."""
    log = tmp_path / "log"

    def start(name: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", WAIT, tmp_path / "lock", log, name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    with start("one") as first:
        assert first.stdout is not None
        assert [first.stdout.readline() for _ in range(2)] == ["asks\n", "held\n"]
        with start("two") as second:
            assert second.stdout is not None
            assert second.stdout.readline() == "asks\n"
            first.communicate("go\n")
            assert second.stdout.readline() == "held\n"
            second.communicate("go\n")
    assert log.read_text().splitlines() == ["one in", "one out", "two in", "two out"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """With the system's reason."""
    (tmp_path / "atlas.work").write_text("a file")
    file = tmp_path / "atlas.work" / "lock"
    with pytest.raises(OutputError, match=r"atlas\.work.*exists"), locked(file, "atlas"):
        pytest.fail("locked")
