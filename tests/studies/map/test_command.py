"""From the command line to the page: the study runs by itself, and its map is shown."""

from __future__ import annotations

import json
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
    with only("map"):
        monkeypatch.chdir(tmp_path)
        compute = ["compute", "--images", str(pictures), "--workers", "0", "--no-stimuli"]
        done = CliRunner().invoke(main, compute)
        assert (done.exit_code, done.exception) == (0, None)
        assert "studies: map, " in done.stdout
        folders = ["--content", str(ROOT / "content"), "--templates", str(ROOT / "site_templates")]
        done = CliRunner().invoke(main, ["render", "--site", "site", *folders])
        assert done.exit_code == 0, done.output
        page = (tmp_path / "site/map.html").read_text(encoding="utf-8")
        assert "The map of 20 images" in page
        assert (tmp_path / "site/studies/map/128/0-1.webp").is_file()
        (script,) = (tmp_path / "site/assets").glob("map-images.*.js")
        _, _, table = script.read_text(encoding="ascii").partition("=")
        found = json.loads(table.removesuffix(";\n"))
        assert sorted(found["labels"]) == ["left", "right"]
        assert found["label"].count(-1) == 0
        done = CliRunner().invoke(main, compute)
        assert "studies: map, unchanged" in done.stdout
