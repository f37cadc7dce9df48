"""The command line: exit statuses, one-line errors, what goes to which stream."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from generator import __version__
from tests import ROOT


def run(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a person would."""
    return subprocess.run(
        [sys.executable, "-m", "generator", *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_lists_the_verbs(tmp_path: Path) -> None:
    """On stdout, with status 0."""
    done = run("--help", cwd=tmp_path)
    assert done.returncode == 0
    verbs = ("build", "compute", "merge", "render", "fetch", "train", "serve", "check", "bench")
    for verb in verbs:
        assert f"\n  {verb} " in done.stdout


def test_version(tmp_path: Path) -> None:
    """The version and nothing else."""
    assert run("--version", cwd=tmp_path).stdout == f"{__version__}\n"


def test_an_unknown_verb_is_wrong_usage_and_gets_a_hint(tmp_path: Path) -> None:
    """Status 2, naming it and the nearest right one."""
    done = run("buidl", cwd=tmp_path)
    assert done.returncode == 2
    assert "'buidl'" in done.stderr
    assert "'build'" in done.stderr


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("compute", "--images", "nowhere"), "nowhere"),
        (("compute",), "--images"),
        (("render", "--atlas", "nowhere"), "nowhere"),
        (("check", "nowhere"), "nowhere"),
        (("serve", "nowhere"), "nowhere"),
        (("fetch", "cats"), "cats"),
        (("train", "--data", "nowhere"), "nowhere"),
        (("compute", "--images", ".", "--network", "zfnett"), "zfnett"),
        (("compute", "--images", ".", "--network", "none.py:build"), "none.py"),
        (("compute", "--images", ".", "--weights", "none.safetensors"), "none.safetensors"),
        (("compute", "--images", ".", "--rule", "sideways"), "sideways"),
        (("build", "--config", "none.toml"), "none.toml"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_an_error_is_one_line_on_stderr(tmp_path: Path, words: tuple[str, ...], named: str) -> None:
    """Status 1, no traceback, the thing named, stdout empty, nothing made."""
    (tmp_path / "picture.jpg").touch()
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: ")
    assert named in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["picture.jpg"]


def test_a_traceback_shows_when_asked_for(tmp_path: Path) -> None:
    """-vv is for those who carry the code on."""
    done = run("-vv", "check", "nowhere", cwd=tmp_path)
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_a_gallery_toml_beside_is_read(tmp_path: Path) -> None:
    """Its unknown keys are errors like any other."""
    (tmp_path / "gallery.toml").write_text("netwerk = 1\n")
    done = run("build", cwd=tmp_path)
    assert done.returncode == 1
    assert "'netwerk'" in done.stderr
    assert "'network'" in done.stderr


def test_an_interrupt_says_that_nothing_is_lost() -> None:
    """Ctrl-C ends with status 130 and one line.

    A shell starts its background jobs with interrupts ignored, so the child asks for them anew.
    """
    code = (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from generator import cli; from generator.images.fetch import fetch\n"
        "fetch.fetch = lambda *_, **__: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.argv = ['filter-gallery', 'fetch', 'sample']\n"
        "cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 130
    assert done.stderr == "interrupted; the same command goes on from here\n"
