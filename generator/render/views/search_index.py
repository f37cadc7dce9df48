"""What the finder searches: tables of labels and captions, as a script that sets one global.

A page opened from a folder may load a script but no data, hence a script. It holds each text once:

    labels     every label of a patch, "" for patches without one
    captions   every caption that adds words to its label
    of         for each caption, the index of its label
    layers     for each layer, how to show its filters, and for each filter the texts of its
               patches, strongest first: an index into `labels`, or that into `captions` plus the
               number of labels; `words` are the filters' own words, `alt` says what the pictures
               beside the patches are

`finder.js` brings texts and questions to the same form (case, accents); `words_of` is its twin, and
serves here only to find the captions that say something.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

from generator.atlas.schema import ImageRecord
from generator.render import urls
from generator.render.facts import Gallery, LayerFacts
from generator.render.views.pictures import pair
from generator.render.words.captions import own_words
from generator.render.words.words import shortened

GLOBAL = "filterGallerySearch"
NUMBER = "*"  # stands for the number of the filter in an address; `quote` never leaves one
SAYS_NOTHING = {"IMAGE"}  # with a number, what a file without a name of its own is called

Text = tuple[str, str]  # label and caption of a patch; "" for a caption that adds nothing


def search_script(gallery: Gallery) -> bytes:
    """Return the index as a script in ASCII, which no text of an image set can break out of."""
    tables = json.dumps(search_tables(gallery), ensure_ascii=True, separators=(",", ":"))
    return f"window.{GLOBAL}={tables};\n".encode("ascii")


def search_tables(gallery: Gallery) -> dict[str, Any]:
    """Return the index, ready for JSON."""
    texts = {
        text_of(place.image)
        for layer in gallery.layers
        for facts in layer.filters
        for place in facts.places
    }
    labels = sorted({label for label, _ in texts})
    added = sorted((caption, label) for label, caption in texts if caption)
    at = {(label, ""): index for index, label in enumerate(labels)}
    at.update({(label, caption): len(labels) + i for i, (caption, label) in enumerate(added)})
    return {
        "labels": labels,
        "captions": [caption for caption, _ in added],
        "of": [at[label, ""] for _, label in added],
        "layers": [_layer(layer, at) for layer in gallery.layers],
    }


def text_of(image: ImageRecord) -> Text:
    """Return what a patch is found by: the label of its image, and the caption if it adds words."""
    label, caption = shortened(image.label), shortened(image.caption)
    added = words_of(caption) - words_of(label) - SAYS_NOTHING
    return label, caption if any(not word.isdecimal() for word in added) else ""


def words_of(text: str) -> set[str]:
    """Return the words of a text, and directions as "−45°", in capitals without accents."""
    kept = (c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c)[0] != "M")
    plain = re.sub(r"(^|\s)-(?=[0-9])", r"\1−", "".join(kept).upper())
    return set(re.findall(r"−?[0-9]+°|−[0-9]+|[^\W_]+", plain))


def _layer(layer: LayerFacts, at: dict[Text, int]) -> dict[str, Any]:
    first = layer.filters[0]
    shown = pair(urls.FINDER, layer, first, small=True)
    return {
        "name": layer.record.name,
        "title": layer.record.title,
        "page": any_filter(shown.href, first.number),
        "reconstructions": any_filter(shown.reconstructions.src, first.number),
        "patches": any_filter(shown.patches.src, first.number),
        "alt": layer.projection.title,
        "side": shown.patches.width,
        "pixelated": shown.patches.pixelated,
        "filters": [[at[text_of(place.image)] for place in f.places] for f in layer.filters],
        "words": [own_words(facts, layer.record.stimuli) for facts in layer.filters],
    }


def any_filter(address: str, number: int) -> str:
    """Return the address with the number of the filter, which starts its file's name, left open."""
    folder, _, name = address.rpartition("/")
    return f"{folder}/{NUMBER}{name.removeprefix(str(number))}"
