"""What the gallery knows of each filter, as the live page gets it beside the network.

bins      edges of the histograms: bin b ends at 2^(lowest + (b + 1) / perOctave)
layers    by name; `histograms` is base64 of uint16 [filters, 1 + bins], little-endian: first the
          share of the gallery's images that do not activate a filter at all, then the shares
          whose strongest activation lies below the end of bin `first`, of the one behind it, and
          so on, 65535 for all; `captions` are the filters' own words; `page` and `patches` are
          addresses with "*" for the number of the filter
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from generator.atlas.bins import LOWEST, PER_OCTAVE
from generator.render.facts import Gallery, LayerFacts
from generator.render.views.pictures import pair
from generator.render.views.search_index import any_filter
from generator.render.words.captions import short_words

ALL = 65535


def gallery_tables(gallery: Gallery, page: str) -> dict[str, Any]:
    """Return the tables, ready for JSON; addresses as written on `page`."""
    return {
        "bins": {"lowest": LOWEST, "perOctave": PER_OCTAVE},
        "images": gallery.manifest.images.count,
        "layers": {layer.record.name: _layer(layer, page) for layer in gallery.layers},
    }


def _layer(layer: LayerFacts, page: str) -> dict[str, Any]:
    shown = pair(page, layer, layer.filters[0], small=True)
    first, shares = shares_below(layer)
    return {
        "first": first,
        "bins": shares.shape[1] - 1,
        "histograms": base64.b64encode(shares.tobytes()).decode("ascii"),
        "captions": [short_words(facts, layer.record.stimuli) for facts in layer.filters],
        "page": any_filter(shown.href, 0),
        "patches": any_filter(shown.patches.src, 0),
        "side": shown.patches.width,
        "pixelated": shown.patches.pixelated,
    }


def shares_below(layer: LayerFacts) -> tuple[int, np.ndarray]:
    """Return the first bin that any filter of a layer uses, and uint16 [filters, 1 + bins used].

    A column is the share of images, of 65535, that lie below the end of its bin, and no other share
    is rounded to that of all; the first is the share that activates a filter nowhere. A layer of
    dead filters uses no bin.
    """
    total = layer.manifest.images.count
    counts = np.array([facts.histogram for facts in layer.filters])  # [f, BINS]
    used = np.flatnonzero(counts.any(0))
    first, end = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 0)
    nowhere = total - counts.sum(1, keepdims=True)
    below = np.cumsum(np.hstack([nowhere, counts[:, first:end]]), axis=1)
    shares = np.rint(below * (ALL / total))
    return first, np.where(below < total, np.minimum(shares, ALL - 1), ALL).astype("<u2")
