"""A tiny classifier on every name, and pictures that may be shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from generator.network.watched import WatchedNetwork
from generator.network.zoo import load as zoo
from tests.support.tiny_classifier import CLASSES, tiny_classifier
from tests.support.tiny_network import draw_pictures

CREDITS = """title = "Drawn"
authors = "The tests"
licence = "CC0 1.0"
source = "drawn"
how_to_credit = "Drawn by the tests, CC0 1.0."
"""


def load(monkeypatch: pytest.MonkeyPatch, network: WatchedNetwork) -> WatchedNetwork:
    """Give every name one network."""
    monkeypatch.setattr(zoo, "load", lambda *_: network)
    return network


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> WatchedNetwork:
    """The tiny classifier, two of whose classes are the labels of the pictures."""
    return load(
        monkeypatch, replace(tiny_classifier("deep"), classes=("Left", "right", CLASSES[2]))
    )


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Twenty pictures with a licence."""
    folder = draw_pictures(tmp_path / "pictures", 20)
    (folder / "CREDITS.toml").write_text(CREDITS)
    return folder
