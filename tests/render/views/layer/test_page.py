"""A layer's page."""

from __future__ import annotations

from pathlib import Path

from tests.support.tiny_atlas import LAYERS, make_atlas
from tests.support.views import pages_of


def test_a_gallery_of_one_layer_is_a_gallery(tmp_path: Path) -> None:
    """Home and layer page are made without the chart from layer to layer."""
    pages = pages_of(make_atlas(tmp_path / "atlas", layers=LAYERS[:1]))
    both = pages["index.html"] + pages["layer1/index.html"]
    assert 'class="trends"' not in both
    assert 'class="summary"' in both
