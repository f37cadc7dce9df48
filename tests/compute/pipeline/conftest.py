"""Every run has the tiny network, and pictures of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.compute import shares
from generator.network.zoo import load as zoo
from tests.compute.pipeline.runs import measured_once
from tests.support.studies import only
from tests.support.tiny_network import draw_pictures, tiny_network


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every name loads the tiny network; of the studies only one is there, whatever is on."""
    monkeypatch.setattr(zoo, "load", lambda *_: tiny_network())
    monkeypatch.setattr(shares, "measure_layer", measured_once)
    with only("live"):
        yield


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Twenty-five pictures: a full batch of eight three times, and one over."""
    return draw_pictures(tmp_path / "pictures", 25)
