"""A slow, obvious search over the facts themselves, to hold the finder against."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from generator.atlas.measures import StimuliRecord
from generator.render.facts import FilterFacts, Gallery, Place
from generator.render.words.captions import own_words

DIGITS = tuple("0123456789")
Found = tuple[str, int]  # layer and number


def plain_words(text: str) -> list[str]:
    """Return the words of a text in capitals, without accents; a direction is one word: "−45°"."""
    letters = [c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c)[0] != "M"]
    plain = "".join(letters).upper()
    # A minus may be typed as a hyphen, but only where it begins a word.
    plain = "".join(
        "−"
        if sign == "-" and (at == 0 or plain[at - 1].isspace()) and plain[at + 1 : at + 2] in DIGITS
        else sign
        for at, sign in enumerate(plain)
    )
    return re.findall(r"−?[0-9]+°|−[0-9]+|[^\W_]+", plain)


def told(place: Place) -> list[str]:
    """Return the words by which one patch is found."""
    return plain_words(place.image.label) + plain_words(place.image.caption)


def said(caption: str) -> list[str]:
    """Return the words by which a caption is found: a plain number asks for a filter instead."""
    kept = (part for part in re.split(r"([0-9]+°?)", caption) if not part.isdecimal())
    return plain_words(" ".join(kept).replace("− ", "−"))


def found_in(spoken: Sequence[str], words: Sequence[str]) -> bool:
    """Say whether each word begins some word that is spoken."""
    return all(any(each.startswith(word) for each in spoken) for word in words)


def hits(facts: FilterFacts, record: StimuliRecord | None, words: Sequence[str]) -> int:
    """Count the patches found by each word of the question; the caption holds for all of them."""
    own = said(own_words(facts, record))
    return sum(found_in(own + told(place), words) for place in facts.places)


def search(gallery: Gallery, question: str) -> list[Found]:
    """Return what a question of words alone finds, best first."""
    words = plain_words(question)
    found = []
    for depth, layer in enumerate(gallery.layers):
        for facts in layer.filters:
            labels = Counter(p.image.label for p in facts.places if p.image.label)
            agreement = max(labels.values(), default=0)
            record = layer.record.stimuli
            matching = hits(facts, record, words)
            if matching or found_in(said(own_words(facts, record)), words):
                order = (-matching, -agreement, depth, facts.number)
                found.append((order, (facts.layer, facts.number)))
    return [filter for _, filter in sorted(found)]
