"""A tiny network on every name, and pictures that may be shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.network.watched import WatchedNetwork
from generator.network.zoo import load as zoo
from tests.support.tiny_network import draw_pictures, tiny_network

CREDITS = """title = "Drawn"
authors = "The tests"
licence = "CC0 1.0"
source = "drawn"
how_to_credit = "Drawn by the tests, CC0 1.0."
"""


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> WatchedNetwork:
    """Give every name the tiny network."""
    network = tiny_network()
    monkeypatch.setattr(zoo, "load", lambda *_: network)
    return network


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Twenty pictures of two labels with a licence."""
    folder = draw_pictures(tmp_path / "pictures", 20)
    (folder / "CREDITS.toml").write_text(CREDITS)
    return folder
