"""The tiny network on every name, and pictures."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from generator.network.zoo import load as zoo
from tests import ROOT
from tests.support.tiny_network import draw_pictures, tiny_network


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name loads the tiny network."""
    monkeypatch.setattr(zoo, "load", lambda *_: tiny_network())


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Seven pictures, so that every filter has empty places."""
    return draw_pictures(tmp_path / "pictures", 7)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the shipped texts."""
    return Path(shutil.copytree(ROOT / "content", tmp_path / "content"))
