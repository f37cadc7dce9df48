"""Every run has the tiny network, and pictures of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.compute import shares
from generator.network.zoo import load as zoo
from generator.studies import STUDIES
from tests.compute.pipeline.runs import measured_once
from tests.support.tiny_network import draw_pictures, tiny_network


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name loads the tiny network; of the studies only one is there, whatever is on."""
    for other in STUDIES.keys() - {"live"}:
        monkeypatch.delitem(STUDIES, other)
    monkeypatch.setattr(zoo, "load", lambda *_: tiny_network())
    monkeypatch.setattr(shares, "measure_layer", measured_once)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Twenty-five pictures: a full batch of eight three times, and one over."""
    return draw_pictures(tmp_path / "pictures", 25)
