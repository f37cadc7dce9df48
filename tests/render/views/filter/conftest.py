"""A filter that has something to say."""

from __future__ import annotations

import pytest

from generator.render.facts import FilterFacts, Gallery


@pytest.fixture(scope="module")
def facts(gallery: Gallery) -> FilterFacts:
    """Return a filter that answers to stimuli and photographs."""
    return gallery.layer("layer2").filters[0]
