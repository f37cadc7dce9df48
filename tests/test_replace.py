"""A folder is swapped in so that a kill at any moment leaves one whole folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from generator import replace
from generator.errors import OutputError
from generator.replace import aside, recover, replace_folder


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


@pytest.fixture(params=["exchange", "rename"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test with the one-step exchange, and without it."""
    if request.param == "rename":
        monkeypatch.setattr(replace, "_exchange", lambda _one, _other: False)
    return str(request.param)


@pytest.mark.usefixtures("way")
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


@pytest.mark.usefixtures("way")
def test_an_empty_target(tmp_path: Path) -> None:
    """An empty folder is replaced like any other."""
    (tmp_path / "site").mkdir()
    replace_folder(_folder(tmp_path / "new", "new"), tmp_path / "site")
    assert _word(tmp_path / "site") == {"new"}


@pytest.mark.parametrize("step", range(4))
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.usefixtures("way")
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
            if mine == step and not after:
                raise Killed
            result = real(*args, **kwargs)
            if mine == step:
                raise Killed
            return result

        return call

    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", dying(os.rename))
        patched.setattr(shutil, "rmtree", dying(shutil.rmtree))
        patched.setattr(replace, "_exchange", dying(replace._exchange))
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
    monkeypatch.setattr(replace, "_exchange", lambda _one, _other: False)
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
