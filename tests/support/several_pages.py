"""A tiny site whose layer 3 spans several pages, and whose index of labels does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from generator.render.views import finder as finder_view
from generator.render.views.layer import spans
from tests.support.tiny_atlas import LABELS, LAYERS, LayerPlan, make_atlas

WIDE = "layer3"
FILTERS = 11
PAGES = {"index.html": range(4), "page2.html": range(4, 8), "page3.html": range(8, 11)}


def make_wide_atlas(folder: Path, labels: tuple[str, ...] = LABELS) -> Path:
    """Write an atlas whose layer 3 has more filters than fit on the pages of `small_pages`."""
    return make_atlas(folder, layers=tuple(map(_widened, LAYERS)), labels=labels)


def _widened(plan: LayerPlan) -> LayerPlan:
    name, _, grid, field, stride, offset, tile = plan
    return (name, FILTERS, grid, field, stride, offset, tile) if name == WIDE else plan


@contextmanager
def small_pages() -> Iterator[None]:
    """Let a page hold four cards, and a few entries of the index."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spans, "MOST", 4)
        patch.setattr(finder_view, "MOST", 9)
        yield
