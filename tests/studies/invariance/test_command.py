"""From the command line to the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from generator.cli import main
from generator.network.zoo import load as zoo
from tests import ROOT
from tests.support.studies import only
from tests.support.tiny_classifier import tiny_classifier
from tests.support.tiny_network import draw_pictures


def test_it_runs_and_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`compute` with nothing said of studies makes it, `render` shows it, a second run keeps it."""
    monkeypatch.setattr(zoo, "load", lambda *_: tiny_classifier())
    monkeypatch.chdir(tmp_path)
    draw_pictures(tmp_path / "pictures", 7)
    compute = ["compute", "--images", "pictures", "--workers", "0", "--no-stimuli"]
    with only("invariance"):
        done = CliRunner().invoke(main, compute)
        assert (done.exit_code, done.exception) == (0, None)
        assert "studies: invariance, " in done.stdout
        folders = ["--content", str(ROOT / "content"), "--templates", str(ROOT / "site_templates")]
        done = CliRunner().invoke(main, ["render", "--site", "site", *folders])
        assert done.exit_code == 0, done.output
        page = (tmp_path / "site/invariance.html").read_text(encoding="utf-8")
        assert "No licence is known for these images" in page
        assert page.count('<figure class="curve lines">') == 9
        done = CliRunner().invoke(main, compute)
        assert "studies: invariance, unchanged" in done.stdout
