"""Views and pages of an atlas, and layers whose filters are given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from generator.atlas.store import Atlas
from generator.render.facts import (
    FilterFacts,
    FilterMeasures,
    Gallery,
    LayerFacts,
    read_gallery,
    read_measures,
)
from generator.render.site.build import compose, site_assets
from generator.render.site.pages import Pages
from generator.render.text.content import Subject, read_content
from generator.render.text.texts import Texts
from generator.render.views.filter.page import FilterView, filter_view
from generator.render.views.frame import Frames
from generator.render.views.layer.page import LayerView, layer_view
from tests import ROOT
from tests.support.tiny_atlas import IMAGES
from tests.support.tiny_measures import RECORD, tiny_measures


def rooms(
    folder: Path, base_url: str | None = None, content: Path = ROOT / "content"
) -> tuple[Frames, Texts]:
    """Return what views are made from."""
    atlas = Atlas.open(folder)
    gallery = read_gallery(atlas)
    texts = read_content(content, Subject.of(atlas.manifest), lambda _: None)
    assets = site_assets(ROOT / "site_templates", gallery)
    frames = Frames(gallery, texts, assets, base_url, "1")
    return frames, Texts(gallery, texts, Pages(ROOT / "site_templates").figure)


def layer_of(made: Path, name: str) -> LayerView:
    """Return a layer's view."""
    frames, texts = rooms(made)
    return layer_view(frames, texts, frames.gallery.layer(name))


def filter_of(made: Path, name: str, number: int) -> FilterView:
    """Return a filter's view."""
    frames, texts = rooms(made)
    return filter_view(frames, texts, frames.gallery.layer(name), number)


def pages_of(folder: Path) -> dict[str, str]:
    """Return the HTML of every page of an atlas, by path."""
    site = compose(
        Atlas.open(folder),
        Pages(ROOT / "site_templates"),
        ROOT / "content",
        None,
        lambda *_: None,
        lambda _: None,
    )
    return {path: data.decode() for path, data in site.texts.items() if path.endswith(".html")}


@cache
def some_measures() -> FilterMeasures:
    """Return any filter's facts, to be changed."""
    silent, lively = read_measures(tiny_measures(2, 0, np.random.default_rng(0)), RECORD)
    assert not silent.responds
    return lively


def layer_with(
    gallery: Gallery, changes: list[dict[str, object]], images: int = IMAGES
) -> LayerFacts:
    """Return a layer whose filters are one living filter of the tiny atlas, changed.

    It was computed from so many `images`.
    """
    layer = gallery.layers[0]
    filters = tuple(
        replace(layer.filters[0], number=number, **change)  # type: ignore[arg-type]
        for number, change in enumerate(changes)
    )
    count = layer.manifest.images.model_copy(update={"count": images})
    manifest = layer.manifest.model_copy(update={"images": count})
    return replace(layer, filters=filters, related=((),) * len(filters), manifest=manifest)


def with_texts(gallery: Gallery, texts: Sequence[tuple[str, str]]) -> Gallery:
    """Return the gallery with these labels and captions given to its images in turn."""

    def of_filter(facts: FilterFacts) -> FilterFacts:
        places = []
        for place in facts.places:
            label, caption = texts[place.image.row % len(texts)]
            image = place.image.model_copy(update={"label": label, "caption": caption})
            places.append(replace(place, image=image))
        labels = Counter(place.image.label for place in places if place.image.label)
        return replace(facts, places=tuple(places), labels=tuple(labels.most_common()))

    layers = (
        replace(layer, filters=tuple(map(of_filter, layer.filters))) for layer in gallery.layers
    )
    return replace(gallery, layers=tuple(layers))
