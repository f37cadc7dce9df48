"""The page of a filter: its nine places large, and what was measured."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from generator.atlas.bins import LOWEST, PER_OCTAVE
from generator.atlas.measures import ProbeRecord
from generator.atlas.schema import PLACES, PictureKind
from generator.render import urls
from generator.render.captions import caption, probe_words
from generator.render.charts import Histogram, histogram
from generator.render.content import Text
from generator.render.facts import FilterFacts, LayerFacts, Place
from generator.render.frame import (
    Fact,
    Frame,
    Frames,
    Link,
    Neighbours,
    empty_places,
)
from generator.render.measured import Measured, decimal, measured
from generator.render.measured_json import UNITS_OF_IMAGE_FACTS, image_facts_json, measured_json
from generator.render.pictures import Crop, Whole, clipped_sides, crop, whole
from generator.render.texts import Texts
from generator.render.words import (
    activation,
    count,
    first_capital,
    in_words,
    label_list,
    share,
    shortened,
    signed,
)

READING = (
    "From left to right: the reconstruction of the activation, the patch of the image that caused "
    "it, and the whole image as the network saw it, with the receptive field outlined. The large "
    "number is the activation."
)
NEAREST = 8  # similar filters named at most
_SHEETS: tuple[tuple[PictureKind, str], ...] = (
    ("reconstructions", "The nine reconstructions"),
    ("patches", "The nine patches"),
    ("images", "The nine images"),
)


@dataclass(frozen=True)
class PlaceView:
    """One of the nine places."""

    rank: str
    activation: str
    reconstruction: Crop
    patch: Crop
    whole: Whole
    caption: str
    label: str
    file: str
    where: str
    clipped: str  # "" where the receptive field lies inside the image
    licence: str  # "" where it is that of all places, told once


@dataclass(frozen=True)
class Twin:
    """The filter of the layer that answers to stimuli most alike."""

    link: Link
    agreement: str  # their correlation, and over what


@dataclass(frozen=True)
class FilterView:
    """`<layer>/<filter>.html`."""

    frame: Frame
    heading: str
    lead: str
    facts: tuple[Fact, ...]
    empty: str  # "" where all nine places are filled
    places_title: str
    reading: str  # what the three pictures of a place are
    places: tuple[PlaceView, ...]
    histogram: Histogram | None  # None for a dead filter
    measured: Measured
    twin: Twin | None
    kin: tuple[Link, ...]  # filters that share images
    sheets: tuple[Link, ...]
    note: str  # HTML of a person's note; "" where there is none
    card: Link
    json: Link


def filter_view(frames: Frames, texts: Texts, layer: LayerFacts, number: int) -> FilterView:
    """Return the view of a filter's page."""
    record, facts = layer.record, layer.filters[number]
    page = urls.filter_page(record.name, number)
    manifest = frames.gallery.manifest
    size = manifest.network.input_size
    title = f"{record.title}, filter {number}"
    note: Text | None = frames.content.notes.get((record.name, number))
    lead = _lead(facts, record.probes, manifest.images.count)
    licences = [_licence(frames, place) for place in facts.places]
    common = licences[0] if len(set(licences)) == 1 else ""
    own_card = f"{urls.layer(record.name)}#{number}"
    return FilterView(
        frame=frames.frame(
            page,
            title,
            lead,
            crumbs=[
                (urls.HOME, "Home"),
                (urls.layer(record.name), record.title),
                (page, f"Filter {number}"),
            ],
            scripts=["filter.js"],
            card_of=record.name,
            neighbours=_neighbours(layer, number),
        ),
        heading=title,
        lead=lead,
        facts=_facts(facts, manifest.images.count),
        empty=empty_places(len(facts.places)),
        places_title=f"Its {in_words(len(facts.places))} strongest images"
        if len(facts.places) > 1
        else "Its strongest image"
        if facts.places
        else "No images",
        reading=f"{READING} Licence of all images here: {common}." if common else READING,
        places=tuple(
            _place(page, layer, facts, place, size, "" if common else licence)
            for place, licence in zip(facts.places, licences, strict=True)
        ),
        histogram=histogram(facts.histogram, manifest.images.count, facts.strongest, facts.weakest)
        if facts.active
        else None,
        measured=measured(facts, record.probes),
        twin=_twin(page, layer, facts),
        kin=tuple(
            Link(
                urls.link(page, urls.filter_page(record.name, other)),
                f"{other} ({in_words(shared)})",
            )
            for other, shared in layer.kin[number][:NEAREST]
        ),
        sheets=tuple(
            Link(urls.link(page, urls.picture(record.name, number, kind)), words)
            for kind, words in _SHEETS
        )
        if facts.places
        else (),
        note=texts.html(note, page) if note else "",
        card=frames.link(page, own_card, f"Among all filters of {record.title}"),
        json=frames.link(page, urls.facts(record.name), "Facts as JSON"),
    )


def _lead(facts: FilterFacts, record: ProbeRecord, images: int) -> str:
    """Say what stimuli told of the filter, then what rests on photographs."""
    words = first_capital(probe_words(facts.probed, record))
    return f"{words}. {_photographs(facts, images)}"


def _photographs(facts: FilterFacts, images: int) -> str:
    """Say in one or two sentences what the nine places have in common, as far as measured."""
    if not facts.places:
        return f"None of the {count(images)} images activates this filter."
    total = len(facts.places)
    part = first_capital(share(facts.active, images))
    share_text = f"{part} of {count(images)} images activate this filter."
    if not facts.labels:
        return share_text
    label, number = shortened(facts.labels[0][0], 40), facts.labels[0][1]
    if number == 1:
        common = (
            f"Its {in_words(total)} strongest patches carry {in_words(len(facts.labels))} "
            "different labels."
            if total > 1
            else f"Its only patch is labelled “{label}”."
        )
    elif number == total:
        common = f"All its {in_words(total)} strongest patches are labelled “{label}”."
    else:
        common = (
            f"{first_capital(in_words(number))} of its {in_words(total)} strongest patches are "
            f"labelled “{label}”."
        )
    return f"{common} {share_text}"


def _facts(facts: FilterFacts, images: int) -> tuple[Fact, ...]:
    if not facts.places:
        return ()
    labels = label_list(facts.labels)
    return (
        Fact("Strongest activation", activation(facts.strongest)),
        Fact("Weakest shown", activation(facts.places[-1].activation)),
        Fact(
            "Images that activate it",
            f"{count(facts.active)} of {count(images)} ({share(facts.active, images)})",
        ),
        *((Fact(f"Labels among the {in_words(len(facts.places))}", labels),) if labels else ()),
    )


def _licence(frames: Frames, place: Place) -> str:
    terms = frames.gallery.manifest.images.credits
    return place.image.licence or (terms.licence if terms else "")


def _place(
    page: str, layer: LayerFacts, facts: FilterFacts, place: Place, size: int, licence: str
) -> PlaceView:
    record = layer.record
    top, left, bottom, right = place.box
    sides = clipped_sides(place, size)
    return PlaceView(
        rank=str(place.rank),
        activation=activation(place.activation),
        reconstruction=crop(page, record, facts, place, patch=False),
        patch=crop(page, record, facts, place, patch=True),
        whole=whole(page, record, facts, place, size),
        caption=shortened(place.image.caption or place.image.path),
        label=shortened(place.image.label),
        file=shortened(place.image.path, 200),
        where=f"rows {signed(top)} to {signed(bottom - 1)}, "
        f"columns {signed(left)} to {signed(right - 1)}",
        clipped=f"Clipped: the receptive field leaves the image at the {sides}; what lies outside "
        "is shown in the mean colour."
        if sides
        else "",
        licence=licence,
    )


def _twin(page: str, layer: LayerFacts, facts: FilterFacts) -> Twin | None:
    number, correlation = facts.probed.twin, facts.probed.twin_correlation
    if number is None or correlation is None:
        return None
    stimuli = count(layer.record.probes.stimuli)
    return Twin(
        Link(urls.link(page, urls.filter_page(layer.record.name, number)), f"filter {number}"),
        f"correlation {decimal(correlation)} over all {stimuli} stimuli",
    )


def _neighbours(layer: LayerFacts, number: int) -> Neighbours:
    name = layer.record.name

    def beside(other: int) -> tuple[str, str] | None:
        if not 0 <= other < len(layer.filters):
            return None
        return urls.filter_page(name, other), f"Filter {other}"

    return Neighbours(
        beside(number - 1), beside(number + 1), (urls.layer(name), layer.record.title)
    )


def facts_json(layer: LayerFacts, input_size: int, images: int) -> bytes:
    """Return `<layer>/filters.json`: the facts of all filters of a layer, in order of number."""
    record = layer.record
    filters = [
        {
            "filter": facts.number,
            "caption": caption(facts, record.probes),
            "images_active": facts.active,
            "histogram": _histogram_json(facts.histogram),
            "labels": dict(facts.labels),
            **image_facts_json(facts),
            "places": [
                {
                    "activation": float(f"{place.activation:.6g}"),
                    "image": place.image.path,
                    "label": place.image.label,
                    "caption": place.image.caption,
                    "unit": list(place.unit),
                    "box": list(place.box),
                    "reconstruction_scale": float(f"{place.scale:.6g}"),
                }
                for place in facts.places
            ],
        }
        for facts in layer.filters
    ]
    document: dict[str, object] = {
        "layer": record.name,
        "meaning": "output of the layer's convolution after its ReLU",
        "units": {
            "unit": "row, column in the feature map",
            "box": "top, left, bottom, right in input pixels, half-open",
            "histogram": "images by their strongest activation, where it is positive; counts[i] "
            f"lie from 2**({LOWEST} + (first + i) / {PER_OCTAVE}) up to the next edge",
            **UNITS_OF_IMAGE_FACTS,
        },
        "input_size": input_size,
        "images_searched": images,
        "places_per_filter": PLACES,
        "receptive_field": record.receptive_field,
        "stride": record.stride,
        "offset": record.offset,
        "grid": list(record.grid),
        "filters": filters,
        "measured": measured_json(layer),
    }
    return (json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _histogram_json(counts: Sequence[int]) -> dict[str, object]:
    """Return the counts without the empty bins at both ends."""
    occupied = [number for number, images in enumerate(counts) if images]
    if not occupied:
        return {"first": 0, "counts": []}
    return {"first": occupied[0], "counts": list(counts[occupied[0] : occupied[-1] + 1])}
