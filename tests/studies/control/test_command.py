"""From the command line to the page: the study runs by itself, and its pictures are shown."""

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
    with only("control"):
        monkeypatch.chdir(tmp_path)
        compute = ["compute", "--images", str(pictures), "--workers", "0", "--no-stimuli"]
        done = CliRunner().invoke(main, compute)
        assert (done.exit_code, done.exception) == (0, None)
        assert "studies: control, " in done.stdout
        folders = ["--content", str(ROOT / "content"), "--templates", str(ROOT / "site_templates")]
        done = CliRunner().invoke(main, ["render", "--site", "site", *folders])
        assert done.exit_code == 0, done.output
        page = (tmp_path / "site/layer2/0.html").read_text(encoding="utf-8")
        assert "../studies/control/layer2/0.webp" in page
        assert (tmp_path / "site/studies/control/layer2/0.webp").is_file()
        assert not (tmp_path / "site/studies/control/layer2/3.webp").exists()  # it is dead
        done = CliRunner().invoke(main, compute)
        assert "studies: control, unchanged" in done.stdout
