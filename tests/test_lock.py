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
from generator.lock import locked

HOLD = """
import os, sys
from pathlib import Path
from generator.lock import locked
with locked(Path(sys.argv[1]), "atlas", shared=sys.argv[2] == "shared"):
    if sys.argv[2] == "forking" and os.fork() == 0:
        sys.stdin.read()  # a child that outlives its parent
        os._exit(0)
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def held(file: Path, how: str = "alone") -> Iterator[subprocess.Popen[str]]:
    """Have another process hold a lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, file, how],
        cwd=Path(__file__).parent.parent,
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
        with pytest.raises(AtlasError), locked(file, "build/atlas", shared=True):
            pytest.fail("shared with one that holds it alone")
    with locked(file, "build/atlas"):
        assert file.read_text().startswith(f"process {os.getpid()} ")


def test_several_share_what_none_holds_alone(tmp_path: Path) -> None:
    """Shards run side by side, and keep a whole run out."""
    file = tmp_path / "lock"
    with held(file, "shared"):
        with locked(file, "atlas", shared=True):
            pass
        with pytest.raises(AtlasError, match="the search of a shard is"), locked(file, "atlas"):
            pytest.fail("held beside one that shares")


def test_a_kill_frees_it_though_children_live_on(tmp_path: Path) -> None:
    """Processes that decode images end seconds after their parent was killed."""
    file = tmp_path / "lock"
    with held(file, "forking") as process:
        process.kill()
        process.wait()
        with locked(file, "atlas"):
            assert str(os.getpid()) in file.read_text()


ALONE = """
import sys
from pathlib import Path
from generator.lock import locked
log = Path(sys.argv[2])
with locked(Path(sys.argv[1]), "atlas", shared=True) as held:
    print("shared", flush=True)
    with held.alone():
        with log.open("a") as file:
            print(sys.argv[3], "in", file=file)
        print("alone", flush=True)
        sys.stdin.readline()
        with log.open("a") as file:
            print(sys.argv[3], "out", file=file)
"""


def test_those_who_share_can_be_alone_for_a_while(tmp_path: Path) -> None:
    """The second waits until the first is done, and then has its turn."""
    log = tmp_path / "log"

    def start(name: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", ALONE, tmp_path / "lock", log, name],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    with start("one") as first:
        assert first.stdout is not None
        assert [first.stdout.readline() for _ in range(2)] == ["shared\n", "alone\n"]
        with start("two") as second:
            assert second.stdout is not None
            assert second.stdout.readline() == "shared\n"
            first.communicate("go\n")
            assert second.stdout.readline() == "alone\n"
            second.communicate("go\n")
    assert log.read_text().splitlines() == ["one in", "one out", "two in", "two out"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """With the system's reason."""
    (tmp_path / "atlas.work").write_text("a file")
    file = tmp_path / "atlas.work" / "lock"
    with pytest.raises(OutputError, match=r"atlas\.work.*exists"), locked(file, "atlas"):
        pytest.fail("locked")
