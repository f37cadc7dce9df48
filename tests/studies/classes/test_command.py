"""From the command line to the pages: the study runs by itself, and its pictures are shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from generator.cli import main
from tests import ROOT
from tests.support.studies import only


def test_it_runs_and_is_shown(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`compute` with nothing said of studies makes it, `render` shows it, a second run keeps it."""
    with only("classes"):
        monkeypatch.chdir(tmp_path)
        compute = ["compute", "--images", str(pictures), "--workers", "0", "--no-stimuli"]
        done = CliRunner().invoke(main, compute)
        assert (done.exit_code, done.exception) == (0, None)
        assert "studies: classes, " in done.stdout
        folders = ["--content", str(ROOT / "content"), "--templates", str(ROOT / "site_templates")]
        done = CliRunner().invoke(main, ["render", "--site", "site", *folders])
        assert done.exit_code == 0, done.output
        index = (tmp_path / "site/classes.html").read_text(encoding="utf-8")
        assert '<a href="classes/0.html">red thing</a>' in index
        assert "exactly the sum of what the filters add" in index
        page = (tmp_path / "site/classes/1.html").read_text(encoding="utf-8")
        assert "../studies/classes/1.webp" in page
        assert (tmp_path / "site/studies/classes/1.webp").is_file()
        done = CliRunner().invoke(main, compute)
        assert "studies: classes, unchanged" in done.stdout
