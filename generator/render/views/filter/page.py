"""The page of a filter: its nine places large, and what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generator.atlas.schema import PLACES, ImageSetRecord, PictureKind
from generator.render import urls
from generator.render.charts.histogram import Histogram, histogram
from generator.render.facts import Box, FilterFacts, LayerFacts, Won
from generator.render.text.texts import Texts
from generator.render.views.filter.measured import Measured, measured
from generator.render.views.frame import Fact, Frame, Frames, Link, filter_link
from generator.render.views.layer.card_pages import pages_above
from generator.render.views.pictures import Crop, Whole, clipped_sides, crop, field_words, whole
from generator.render.views.study import Section, sections_of
from generator.render.words.captions import own_words
from generator.render.words.words import (
    activation,
    count,
    decimal,
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
READING_MIDDLE = (
    "From left to right: the {one} of the activation, the patch of the image that caused it, and "
    "the whole image as the network saw it, with the patch outlined{field}. The large number is "
    "the activation."
)
READING_WHOLE = (
    "From left to right: the {one} of the activation, and the image that caused it, as the network "
    "saw it. The large number is the activation."
)
NEAREST = 8  # related filters named at most


@dataclass(frozen=True)
class PlaceView:
    """One of the nine places."""

    rank: str
    activation: str
    reconstruction: Crop
    patch: Crop
    whole: Whole | None  # None where the patch is the whole image
    caption: str
    image: str  # address of the page of its image; "" where that has none
    label: str
    file: str
    cropped: str  # where the patch lies; "" where it is the receptive field or the whole image
    where: str  # … and the receptive field; "" where that is larger than the image
    clipped: str  # "" where the patch lies inside the image
    licence: str  # "" where it is that of all places, said once


@dataclass(frozen=True)
class FilterView:
    """`<layer>/<filter>.html`."""

    frame: Frame
    facts: tuple[Fact, ...]
    invitations: tuple[Link, ...]  # to studies
    sections: tuple[Section, ...]  # that studies add
    empty: str  # "" where all nine places are filled
    places_title: str
    reading: str  # what the three pictures of a place are
    places: tuple[PlaceView, ...]
    histogram: Histogram | None  # None for a dead filter
    measured: Measured | None  # None where nothing was
    twin: tuple[Link, str] | None  # that answers to stimuli most alike, and their correlation
    related: tuple[Link, ...]  # filters that share images
    sheets: tuple[Link, ...]
    note: str  # HTML of a person's note; "" where there is none
    card: Link
    json: Link
    embed: Link  # the small page for a frame on another site


def filter_view(frames: Frames, texts: Texts, layer: LayerFacts, number: int) -> FilterView:
    """Return the view of a filter's page."""
    record, facts = layer.record, layer.filters[number]
    page = urls.filter_page(record.name, number)
    images = layer.manifest.images
    note = frames.content.notes.get((record.name, number))
    usual = images.credits.licence if images.credits else ""
    licences = [place.image.licence or usual for place in facts.places]
    common = licences[0] if len(set(licences)) == 1 else ""
    beside = {
        n: (urls.filter_page(record.name, n), f"Filter {n}") for n in (number - 1, number + 1)
    }
    return FilterView(
        frame=frames.frame(
            page,
            f"{record.title}, filter {number}",
            _lead(layer, facts),
            crumbs=[*pages_above(record, number), (page, f"Filter {number}")],
            scripts=["filter.js"],
            card_of=record.name,
            previous=beside[number - 1] if number else None,
            following=beside[number + 1] if number + 1 < len(layer.filters) else None,
        ),
        facts=_facts(facts, images.count),
        invitations=frames.invitations(page, record.name, number),
        sections=sections_of(study.on_filter(frames, layer, number) for study in frames.studies),
        empty=_empty(len(facts.places)),
        places_title=_places_title(len(facts.places)),
        reading=_reading(layer, common, [s.remark(layer, number) for s in frames.studies]),
        places=tuple(
            _place(frames, page, Won(layer, facts, place), "" if common else licence)
            for place, licence in zip(facts.places, licences, strict=True)
        ),
        histogram=histogram(facts.histogram, images.count, facts.strongest, facts.weakest)
        if facts.active
        else None,
        measured=measured(facts, record.stimuli),
        twin=_twin(page, layer, facts),
        related=tuple(
            filter_link(page, record.name, other, f"{other} ({in_words(shared)})")
            for other, shared in layer.related[number][:NEAREST]
        ),
        sheets=_sheets(page, layer, number) if facts.places else (),
        note=texts.html(note, page) if note else "",
        card=frames.link(
            page, urls.card(record.name, number), f"Among all filters of {record.title}"
        ),
        json=frames.link(page, urls.facts(record.name), "Facts as JSON"),
        embed=frames.link(page, urls.embedded(record.name, number), "A small page to embed"),
    )


def _places_title(filled: int) -> str:
    if filled > 1:
        return f"Its {in_words(filled)} strongest images"
    return "Its strongest image" if filled else "No images"


def _empty(filled: int) -> str:
    """Say why places are empty; "" where none is."""
    if filled == 0:
        return "No image activates this filter: it is dead on this image set, its places are empty."
    if filled < PLACES:
        images = "one image activates" if filled == 1 else f"{filled} images activate"
        return f"Only {images} this filter, so the other places are empty."
    return ""


def _reading(layer: LayerFacts, licence: str, remarks: Sequence[str]) -> str:
    """Say what the pictures of a place are, and the licence that all images share, if one.

    `remarks` are those of studies.
    """
    reading = READING_WHOLE if layer.shows_all else READING
    if layer.shows_middle:
        reading = READING_MIDDLE
    dashed = "" if layer.sees_all else " and the receptive field dashed"
    parts = [
        reading.format(one=layer.projection.one, field=dashed),
        layer.projection.honest,
        *remarks,
        field_words(layer),
        f"Licence of all images here: {licence}." if licence else "",
    ]
    return " ".join(filter(None, parts))


def _sheets(page: str, layer: LayerFacts, number: int) -> tuple[Link, ...]:
    """Return links to the contact sheets."""
    sheets: dict[PictureKind, str] = {
        "reconstructions": f"The nine {layer.projection.many}",
        "patches": "The nine patches",
    }
    if not layer.shows_all:
        sheets["images"] = "The nine images"
    return tuple(
        Link(urls.link(page, urls.picture(layer.record.name, number, kind)), words)
        for kind, words in sheets.items()
    )


def _lead(layer: LayerFacts, facts: FilterFacts) -> str:
    """Say what stimuli showed of the filter, then what rests on photographs."""
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
    active = _active(facts, images.count)
    if not facts.labels or images.one_per_label:
        return active
    total = len(facts.places)
    (label, number), patches = facts.labels[0], f"{in_words(total)} strongest patches"
    name = f"“{shortened(label, 40)}”"
    if total == 1:
        common = f"Its only patch is labelled {name}."
    elif number == 1:
        common = f"Its {patches} carry {in_words(len(facts.labels))} different labels."
    elif number == total:
        common = f"All its {patches} are labelled {name}."
    else:
        common = f"{first_capital(in_words(number))} of its {patches} are labelled {name}."
    return f"{common} {active}"


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


def _place(frames: Frames, page: str, won: Won, licence: str) -> PlaceView:
    layer, facts, place = won
    row = place.image.row
    sides = "" if layer.shows_all else clipped_sides(place, layer.input_size)
    shown = "patch" if layer.shows_middle else "receptive field"
    return PlaceView(
        rank=str(place.rank),
        activation=activation(place.activation),
        reconstruction=crop(page, layer, facts, place, patch=False),
        patch=crop(page, layer, facts, place, patch=True),
        whole=whole(page, layer, facts, place),
        caption=shortened(place.image.caption or place.image.path),
        image=urls.link(page, urls.image_page(row)) if row in frames.gallery.image_pages else "",
        label=shortened(place.image.label),
        file=shortened(place.image.path, 200),
        cropped=_where(place.patch) if layer.shows_middle else "",
        where="" if layer.sees_all else _where(place.box),
        clipped=f"Clipped: the {shown} leaves the image at the {sides}; what lies outside "
        "is shown in the mean colour."
        if sides
        else "",
        licence=licence,
    )


def _where(box: Box) -> str:
    top, left, bottom, right = map(signed, (box[0], box[1], box[2] - 1, box[3] - 1))
    return f"rows {top} to {bottom}, columns {left} to {right}"


def _twin(page: str, layer: LayerFacts, facts: FilterFacts) -> tuple[Link, str] | None:
    measures, record = facts.measures, layer.record.stimuli
    if measures is None or record is None:
        return None
    number, correlation = measures.twin, measures.twin_correlation
    if number is None or correlation is None:
        return None
    return (
        filter_link(page, layer.record.name, number, f"filter {number}"),
        f"correlation {decimal(correlation)} over all {count(record.stimuli)} stimuli",
    )
