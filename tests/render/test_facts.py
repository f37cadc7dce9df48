"""Facts: every place of every filter is read, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from generator.atlas.schema import PLACES, ImageRecord
from generator.atlas.store import Atlas
from generator.errors import AtlasError
from generator.render.facts import FilterFacts, Gallery, Place, read_gallery, read_measures
from tests.support.tiny_atlas import PARTLY_FILLED
from tests.support.tiny_measures import RECORD, tiny_measures


def test_facts_are_read_place_by_place(gallery: Gallery) -> None:
    """Empty places are left out; a dead filter has none."""
    layer = gallery.layer("layer3")
    assert [len(f.places) for f in layer.filters[:3]] == [PLACES, 0, PARTLY_FILLED]
    assert layer.dead == 1
    strengths = [place.activation for place in layer.filters[0].places]
    assert strengths == sorted(strengths, reverse=True)


def test_an_image_that_is_not_listed_is_an_error(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place that names an unknown image means a damaged atlas."""
    monkeypatch.setattr(Atlas, "images", lambda _self: {})
    with pytest.raises(AtlasError, match=r"layer1, filter 0 shows image \d+"):
        read_gallery(Atlas.open(made))


def _facts(number: int, strengths: list[float], labels: dict[str, int]) -> FilterFacts:
    image = ImageRecord(row=number, path="p", label="", caption="", width=1, height=1, licence="")
    places = tuple(
        Place(rank, value, image, (0, 0), (0, 0, 1, 1), (0, 0, 1, 1), 1)
        for rank, value in enumerate(strengths, 1)
    )
    (measures,) = read_measures(tiny_measures(1, 0, np.random.default_rng(number)), RECORD)
    return FilterFacts(
        layer="l",
        number=number,
        places=places,
        histogram=(9,),
        labels=tuple(labels.items()),
        clipped=0,
        common_label=None,
        label_purity=None,
        label_entropy=None,
        measures=measures,
    )


def test_the_steadiest_filter_is_chosen_by_its_ninth(gallery: Gallery) -> None:
    """The ninth activation decides, then the first, then the number; eight places do not count."""
    filters = (
        _facts(0, [9.0] * 8, {}),
        _facts(1, [9.0] + [2.0] * 8, {}),
        _facts(2, [5.0] + [3.0] * 8, {}),
        _facts(3, [6.0] + [3.0] * 8, {}),
        _facts(4, [6.0] + [3.0] * 8, {}),
    )
    layer = replace(gallery.layers[0], filters=filters, related=((),) * 5)
    assert [f.number for f in layer.steadiest(5)] == [3, 4, 2, 1, 0]


def test_related_filters_share_images(gallery: Gallery) -> None:
    """Filters that share two images or more know each other, and count alike."""
    layer = gallery.layer("layer3")
    for number, related in enumerate(layer.related):
        mine = {place.image.row for place in layer.filters[number].places}
        for other, shared in related:
            theirs = {place.image.row for place in layer.filters[other].places}
            assert len(mine & theirs) == shared >= 2
