"""From the command line to the page: the study runs by itself, and its pictures are shown."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from generator.cli import main
from generator.network.watched import WatchedNetwork
from tests import ROOT
from tests.studies.occlusion.conftest import load
from tests.support.studies import only


def test_it_runs_and_is_shown(
    network: WatchedNetwork, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`compute` with nothing said of studies makes it, `render` shows it, a second run keeps it."""
    load(monkeypatch, replace(network, classes=("Left", "<i>right</i>", "</title>")))
    with only("occlusion"):
        monkeypatch.chdir(tmp_path)
        compute = ["compute", "--images", str(pictures), "--workers", "0", "--no-stimuli"]
        done = CliRunner().invoke(main, compute)
        assert (done.exit_code, done.exception) == (0, None)
        assert "studies: occlusion, " in done.stdout
        folders = ["--content", str(ROOT / "content"), "--templates", str(ROOT / "site_templates")]
        done = CliRunner().invoke(main, ["render", "--site", "site", *folders])
        assert done.exit_code == 0, done.output
        page = (tmp_path / "site/occlusion.html").read_text(encoding="utf-8")
        rows = re.findall(r'href="occlusion/(\d+)\.html"', page)
        assert rows
        for row in rows:
            assert f"studies/occlusion/{row}/probability.webp" in page
            assert (tmp_path / f"site/occlusion/{row}.html").is_file()
        assert "<i>" not in page
        done = CliRunner().invoke(main, compute)
        assert "studies: occlusion, unchanged" in done.stdout
