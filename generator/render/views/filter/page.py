"""The page of a filter: its nine places large, and what was measured."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from generator.atlas.bins import LOWEST, PER_OCTAVE
from generator.atlas.schema import PLACES, ImageSetRecord, PictureKind
from generator.render import urls
from generator.render.charts.histogram import Histogram, histogram
from generator.render.facts import FilterFacts, LayerFacts, Place
from generator.render.text.content import Text
from generator.render.text.texts import Texts
from generator.render.views.filter.measured import Measured, decimal, measured
from generator.render.views.filter.measured_json import (
    UNITS_OF_IMAGE_FACTS,
    image_facts_json,
    measured_json,
)
from generator.render.views.frame import (
    Fact,
    Frame,
    Frames,
    Link,
    Neighbours,
    empty_places,
)
from generator.render.views.layer.card_pages import pages_above
from generator.render.views.pictures import Crop, Whole, clipped_sides, crop, field_words, whole
from generator.render.words.captions import caption, own_words
from generator.render.words.words import (
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
    "From left to right: the {one} of the activation, the patch of the image that caused it, and "
    "the whole image as the network saw it, with the receptive field outlined. The large number is "
    "the activation."
)
READING_WHOLE = (
    "From left to right: the {one} of the activation, and the image that caused it, as the network "
    "saw it. The large number is the activation."
)
NEAREST = 8  # similar filters named at most


@dataclass(frozen=True)
class PlaceView:
    """One of the nine places."""

    rank: str
    activation: str
    reconstruction: Crop
    patch: Crop
    whole: Whole | None  # None where the patch is the whole image
    caption: str
    label: str
    file: str
    where: str  # "" where the patch is the whole image
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
    layout: str  # a class: how many pictures a place has
    histogram: Histogram | None  # None for a dead filter
    measured: Measured | None  # None where nothing was
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
    title = f"{record.title}, filter {number}"
    note: Text | None = frames.content.notes.get((record.name, number))
    lead = _lead(layer, facts)
    licences = [_licence(frames, place) for place in facts.places]
    common = licences[0] if len(set(licences)) == 1 else ""
    own_card = urls.card(record.name, number)
    return FilterView(
        frame=frames.frame(
            page,
            title,
            lead,
            crumbs=[
                (urls.HOME, "Home"),
                *pages_above(record, number),
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
        reading=_reading(layer, common),
        places=tuple(
            _place(page, layer, facts, place, "" if common else licence)
            for place, licence in zip(facts.places, licences, strict=True)
        ),
        layout="places two" if layer.sees_all else "places",
        histogram=histogram(facts.histogram, manifest.images.count, facts.strongest, facts.weakest)
        if facts.active
        else None,
        measured=measured(facts, record.stimuli),
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
            for kind, words in _sheets(layer)
        )
        if facts.places
        else (),
        note=texts.html(note, page) if note else "",
        card=frames.link(page, own_card, f"Among all filters of {record.title}"),
        json=frames.link(page, urls.facts(record.name), "Facts as JSON"),
    )


def _reading(layer: LayerFacts, licence: str) -> str:
    """Say what the pictures of a place are, and the licence that all images share, if one."""
    reading = READING_WHOLE if layer.sees_all else READING
    parts = [
        reading.format(one=layer.projection.one),
        layer.projection.honest,
        field_words(layer),
        f"Licence of all images here: {licence}." if licence else "",
    ]
    return " ".join(filter(None, parts))


def _sheets(layer: LayerFacts) -> tuple[tuple[PictureKind, str], ...]:
    """Return which sheets can be taken along, with their words."""
    both: tuple[tuple[PictureKind, str], ...] = (
        ("reconstructions", f"The nine {layer.projection.many}"),
        ("patches", "The nine patches"),
    )
    return both if layer.sees_all else (*both, ("images", "The nine images"))


def _lead(layer: LayerFacts, facts: FilterFacts) -> str:
    """Say what stimuli told of the filter, then what rests on photographs."""
    words = first_capital(own_words(facts, layer.record.stimuli))
    photographs = _photographs(facts, layer.manifest.images)
    return f"{words}. {photographs}" if words else photographs


def _active(facts: FilterFacts, images: int) -> str:
    """Say how many of the images activate a filter."""
    if images == 1:
        return f"The only image {'activates' if facts.active else 'does not activate'} this filter."
    if not facts.active:
        return f"None of the {count(images)} images activates this filter."
    part = first_capital(share(facts.active, images))
    return f"{part} of {count(images)} images activate this filter."


def _photographs(facts: FilterFacts, images: ImageSetRecord) -> str:
    """Say in one or two sentences what the nine places have in common, as far as measured."""
    share_text = _active(facts, images.count)
    if not facts.labels or images.one_per_label:
        return share_text
    total = len(facts.places)
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
    page: str, layer: LayerFacts, facts: FilterFacts, place: Place, licence: str
) -> PlaceView:
    top, left, bottom, right = place.box
    sides = clipped_sides(place, layer.input_size)
    return PlaceView(
        rank=str(place.rank),
        activation=activation(place.activation),
        reconstruction=crop(page, layer, facts, place, patch=False),
        patch=crop(page, layer, facts, place, patch=True),
        whole=whole(page, layer, facts, place),
        caption=shortened(place.image.caption or place.image.path),
        label=shortened(place.image.label),
        file=shortened(place.image.path, 200),
        where=""
        if layer.sees_all
        else f"rows {signed(top)} to {signed(bottom - 1)}, "
        f"columns {signed(left)} to {signed(right - 1)}",
        clipped=f"Clipped: the receptive field leaves the image at the {sides}; what lies outside "
        "is shown in the mean colour."
        if sides
        else "",
        licence=licence,
    )


def _twin(page: str, layer: LayerFacts, facts: FilterFacts) -> Twin | None:
    measures, record = facts.measures, layer.record.stimuli
    if measures is None or record is None:
        return None
    number, correlation = measures.twin, measures.twin_correlation
    if number is None or correlation is None:
        return None
    stimuli = count(record.stimuli)
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

    return Neighbours(beside(number - 1), beside(number + 1), pages_above(layer.record, number)[-1])


def facts_json(layer: LayerFacts, input_size: int, images: int) -> bytes:
    """Return `<layer>/filters.json`: the facts of all filters of a layer, in order of number."""
    record = layer.record
    filters = [
        {
            "filter": facts.number,
            "caption": caption(facts, record.stimuli),
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
        "meaning": f"output of the network's module {record.module}",
        "units": {
            "unit": "row, column in the feature map",
            "box": "top, left, bottom, right in input pixels, half-open; the whole input where the "
            "receptive field is larger",
            "reconstruction_scale": "value shown as full white or black",
            "histogram": "images by their strongest activation, where it is positive; counts[i] "
            f"lie from 2**({LOWEST} + (first + i) / {PER_OCTAVE}) up to the next edge",
            **UNITS_OF_IMAGE_FACTS,
        },
        "input_size": input_size,
        "images_searched": images,
        "places_per_filter": PLACES,
        "rule": layer.manifest.rule,
        "receptive_field": record.receptive_field,
        "stride": record.stride,
        "offset": record.offset,
        "grid": list(record.grid),
        "filters": filters,
    }
    if told := measured_json(layer):
        document["measured"] = told
    return (json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _histogram_json(counts: Sequence[int]) -> dict[str, object]:
    """Return the counts without the empty bins at both ends."""
    occupied = [number for number, images in enumerate(counts) if images]
    if not occupied:
        return {"first": 0, "counts": []}
    return {"first": occupied[0], "counts": list(counts[occupied[0] : occupied[-1] + 1])}
