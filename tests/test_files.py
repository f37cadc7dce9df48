"""Files and folders are whole or not there, and one process at a time holds a lock."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from generator.errors import AtlasError, OutputError
from generator.files import (
    aside,
    hash_file,
    holder,
    locked,
    read_arrays,
    recover,
    replace_folder,
    write_arrays,
)
from tests import ROOT

HOLD = """
import os, sys
from pathlib import Path
from generator.files import locked
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
        named = rf"build/atlas: process {process.pid} on .*computing"
        with pytest.raises(AtlasError, match=named), locked(file, "build/atlas"):
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
from generator.files import locked
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


class Killed(BaseException):
    """Stands for a kill: nothing in the code catches it."""


def _folder(path: Path, word: str) -> Path:
    path.mkdir()
    for name in ("one.txt", "two.txt"):
        (path / name).write_text(word)
    return path


def _word(path: Path) -> set[str]:
    """Return what the files of a folder say; a whole folder says one word, twice."""
    return {file.read_text() for file in sorted(path.iterdir())} if path.exists() else set()


def test_the_new_folder_takes_the_place(tmp_path: Path) -> None:
    """Afterwards the target holds the new files, and nothing else is left."""
    target, new = _folder(tmp_path / "site", "old"), _folder(tmp_path / "new", "new")
    replace_folder(new, target)
    assert _word(target) == {"new"}
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_first_folder(tmp_path: Path) -> None:
    """Where nothing stood, the new folder is moved in."""
    replace_folder(_folder(tmp_path / "new", "new"), tmp_path / "site")
    assert _word(tmp_path / "site") == {"new"}


def test_an_empty_target(tmp_path: Path) -> None:
    """An empty folder is replaced like any other."""
    (tmp_path / "site").mkdir()
    replace_folder(_folder(tmp_path / "new", "new"), tmp_path / "site")
    assert _word(tmp_path / "site") == {"new"}


@pytest.mark.parametrize("step", range(4))
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_kill_at_any_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, after: bool
) -> None:
    """Whatever step dies, before or after it acts, one whole folder is there after `recover`."""
    target, new = _folder(tmp_path / "site", "old"), _folder(tmp_path / "new", "new")
    calls = 0

    def dying(real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            nonlocal calls
            mine, calls = calls, calls + 1
            if mine > step or (mine == step and not after):  # nothing is done by the dead
                raise Killed
            result = real(*args, **kwargs)
            if mine == step:
                raise Killed
            return result

        return call

    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", dying(os.rename))
        patched.setattr(shutil, "rmtree", dying(shutil.rmtree))
        try:
            replace_folder(new, target)
        except Killed:
            died = True
        else:
            died = False
    assert died or step >= calls
    recover(target)
    assert _word(target) in ({"old"}, {"new"})
    assert not aside(target).exists()


def test_the_test_of_kills_can_fail(tmp_path: Path) -> None:
    """Removing the old folder before the new one is in place would be seen."""
    target = _folder(tmp_path / "site", "old")
    shutil.rmtree(target)
    recover(target)
    assert _word(target) not in ({"old"}, {"new"})


def test_a_refusal_leaves_the_previous_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system refuses the second rename, the first is undone and the error says where."""
    target, new = _folder(tmp_path / "site", "old"), _folder(tmp_path / "new", "new")
    real = os.rename

    def refuse(source: Path, destination: Path) -> None:
        if Path(source) == new:
            raise PermissionError(13, "Permission denied")
        real(source, destination)

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(OutputError, match=r"site: .*Permission denied"):
        replace_folder(new, target)
    assert _word(target) == {"old"}


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """A target that is a link to a folder is replaced behind the link."""
    _folder(tmp_path / "real", "old")
    (tmp_path / "site").symlink_to(tmp_path / "real")
    replace_folder(_folder(tmp_path / "new", "new"), tmp_path / "site")
    assert (tmp_path / "site").is_symlink()
    assert _word(tmp_path / "real") == {"new"}


def test_arrays_come_back_or_are_not_there(tmp_path: Path) -> None:
    """With their note, and to the last bit; whatever bit is turned over, nothing comes back."""
    path = tmp_path / "folder" / "arrays.safetensors"
    arrays = {"one": np.arange(5, dtype=np.int32), "none": np.zeros((0, 9), np.bool_)}
    assert read_arrays(path) is None
    write_arrays(path, arrays, "a note")
    read = read_arrays(path)
    assert read is not None
    assert read[1] == "a note"
    assert {name: array.tolist() for name, array in read[0].items()} == {
        name: array.tolist() for name, array in arrays.items()
    }
    whole = path.read_bytes()
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 4
        path.write_bytes(damaged)
        assert read_arrays(path) is None, position


def test_the_digest_of_a_file_is_its_sha256(tmp_path: Path) -> None:
    """As `sha256sum` prints it (FIPS 180-2, appendix B.1)."""
    (tmp_path / "abc").write_bytes(b"abc")
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert hash_file(tmp_path / "abc") == known
