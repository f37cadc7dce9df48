"""The facts of a layer as JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest

from generator.atlas.bins import BINS
from generator.atlas.measures import MEASURES
from generator.atlas.schema import PLACES
from generator.render.facts import Gallery
from generator.render.views.filter.facts_json import DIGITS, facts_json
from tests.support.tiny_atlas import DEAD, INPUT_SIZE
from tests.support.tiny_measures import FAMILIES, RECORD


def test_facts_as_json(gallery: Gallery) -> None:
    """The facts of a layer are plain JSON with every filter and place."""
    data = json.loads(facts_json(gallery.layer("layer3")))
    assert [item["filter"] for item in data["filters"]] == list(range(6))
    assert len(data["filters"][0]["places"]) == PLACES
    assert data["filters"][DEAD]["places"] == []
    assert len(data["filters"][0]["places"][0]["box"]) == 4


def test_every_measure_is_in_the_facts(gallery: Gallery) -> None:
    """Filter by filter, with its unit; families and colour axes by name; null where not known."""
    layer = gallery.layer("layer3")
    data = json.loads(facts_json(layer))["measured"]
    assert data["stimuli"]["families"] == list(FAMILIES)
    assert data["stimuli"]["hues"] == list(RECORD.hues)
    assert list(data["measures"]) == list(MEASURES)
    for name, measure in MEASURES.items():
        entry = data["measures"][name]
        assert len(entry["values"]) == len(layer.filters)
        assert entry["unit"].split(",")[0] == measure.unit.split(",")[0]
        assert entry.get("along") == measure.curve
        for facts, value in zip(layer.filters, entry["values"], strict=True):
            known = getattr(facts.measures, name)
            if isinstance(known, tuple):
                assert len(value) == len(data["stimuli"][measure.curve])
                assert value == pytest.approx(known, rel=0.5 * 10 ** (1 - DIGITS))
            elif isinstance(known, float):
                assert value == pytest.approx(known, rel=0.5 * 10 ** (1 - DIGITS))
            else:
                assert value == known
    assert data["measures"]["family"]["values"][DEAD] is None
    assert data["measures"]["axis"]["values"][0] in RECORD.axes


def test_what_images_showed_is_in_the_facts(gallery: Gallery) -> None:
    """Quantiles, clipped places, and labels of the strongest hundredth; null for a dead filter."""
    layer = gallery.layer("layer3")
    document = json.loads(facts_json(layer))
    living, dead = document["filters"][0], document["filters"][DEAD]
    counts = np.zeros(BINS, int)
    first = living["histogram"]["first"]
    counts[first : first + len(living["histogram"]["counts"])] = living["histogram"]["counts"]
    halfway = int(np.searchsorted(np.cumsum(counts), counts.sum() / 2))
    assert 2 ** (halfway / 8 - 16) <= living["median"] <= 2 ** ((halfway + 1) / 8 - 16) * 1.001
    assert living["percentile_99"] >= living["median"]
    assert living["label_purity"] == 0.5
    assert living["label_entropy"] == 1.5
    assert living["clipped"] == sum(
        min(place["box"]) < 0 or max(place["box"]) > INPUT_SIZE for place in living["places"]
    )
    assert [dead[name] for name in ("median", "percentile_99", "common_label", "label_purity")] == [
        None
    ] * 4
    assert {"median", "percentile_99", "label_entropy"} <= set(document["units"])
