"""A slow, obvious search over the facts themselves, to hold the finder against."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from generator.atlas.measures import ProbeRecord
from generator.render.captions import probe_words
from generator.render.facts import FilterFacts, Gallery, Place

Found = tuple[str, int]  # layer and number


def plain_words(text: str) -> list[str]:
    """Return the words of a text in capitals, without accents."""
    letters = [c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c)[0] != "M"]
    return re.findall(r"[^\W_]+", "".join(letters).upper())


def told(place: Place) -> list[str]:
    """Return the words by which one patch is found."""
    return plain_words(place.image.label) + plain_words(place.image.caption)


def said(caption: str) -> list[str]:
    """Return the words by which a caption is found: a number asks for a filter instead."""
    return plain_words(re.sub("[0-9]", " ", caption))


def found_in(spoken: Sequence[str], words: Sequence[str]) -> bool:
    """Say whether each word begins some word that is spoken."""
    return all(any(each.startswith(word) for each in spoken) for word in words)


def hits(facts: FilterFacts, record: ProbeRecord, words: Sequence[str]) -> int:
    """Count the patches found by each word of the question; the caption holds for all of them."""
    own = said(probe_words(facts.probed, record))
    return sum(found_in(own + told(place), words) for place in facts.places)


def search(gallery: Gallery, question: str) -> list[Found]:
    """Return what a question of words alone finds, best first."""
    words = plain_words(question)
    found = []
    for depth, layer in enumerate(gallery.layers):
        for facts in layer.filters:
            labels = Counter(p.image.label for p in facts.places if p.image.label)
            agreement = max(labels.values(), default=0)
            record = layer.record.probes
            matching = hits(facts, record, words)
            if matching or found_in(said(probe_words(facts.probed, record)), words):
                order = (-matching, -agreement, depth, facts.number)
                found.append((order, (facts.layer, facts.number)))
    return [filter for _, filter in sorted(found)]
