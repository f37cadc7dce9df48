"""The facts of a layer as JSON."""

from __future__ import annotations

import json

from generator.atlas.schema import PLACES
from generator.render.facts import Gallery
from generator.render.views.filter.facts_json import facts_json
from tests.support.tiny_atlas import DEAD


def test_facts_as_json(gallery: Gallery) -> None:
    """The facts of a layer are plain JSON with every filter and place."""
    data = json.loads(facts_json(gallery.layer("layer3")))
    assert [item["filter"] for item in data["filters"]] == list(range(6))
    assert len(data["filters"][0]["places"]) == PLACES
    assert data["filters"][DEAD]["places"] == []
    assert len(data["filters"][0]["places"][0]["box"]) == 4
