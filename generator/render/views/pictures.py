"""Where a picture lies on a contact sheet, and what is said of it in words."""

from __future__ import annotations

from dataclasses import dataclass, replace

from generator.atlas.schema import (
    EFFECTIVE,
    GUTTER,
    IMAGE_TILE,
    SMALL_TILE,
    LayerRecord,
    PictureKind,
    sheet_side,
)
from generator.names import Size
from generator.render import urls
from generator.render.charts.svg import short
from generator.render.facts import Box, FilterFacts, LayerFacts, Place, overhang
from generator.render.views.frame import Pair, Picture
from generator.render.words.captions import own_words, short_words
from generator.render.words.words import (
    NO_BREAK,
    count,
    first_capital,
    label_list,
    listing,
    pixels,
    shortened,
)

FEW_PIXELS = 48  # patches smaller than this are stored exactly and enlarged pixel by pixel
# Of the image's side: a box below this is ringed, or it would be overlooked; the ring's radius.
SMALL_FIELD, RING = 24 / 224, 20 / 224


@dataclass(frozen=True)
class Crop:
    """One tile of a contact sheet, drawn as SVG: works, prints and has its own text everywhere."""

    src: str
    side: int  # of the sheet, picture pixels
    view_box: str
    alt: str
    pixelated: bool


@dataclass(frozen=True)
class Whole:
    """The whole input image, in input pixels, with the patch drawn over it."""

    src: str
    view_box: str  # a square around the image, wider where a field reaches outside
    size: Size  # of the image, input pixels
    sheet: tuple[str, str, str]  # left, top and side of the sheet, so that the right tile shows
    patch: tuple[int, int, int, int]  # left, top, width, height
    field: tuple[int, int, int, int] | None  # the receptive field, where that is not all; else None
    ring: tuple[str, str, str] | None  # middle, radius; None where the field is seen without
    alt: str


def seen_words(layer: LayerFacts) -> str:
    """Say in a few words how much of an image a unit sees."""
    if layer.record.field_known_by == "nothing":
        return "pixels that are not known"
    field = pixels(layer.record.receptive_field)
    return "the whole image" if layer.sees_all else f"a square of {field}"


def field_words(layer: LayerFacts) -> str:
    """Say that units see all of the image, or nearly, or how else that is known; else "".

    Then say that patches show less, where they do.
    """
    return " ".join(filter(None, (_seen_sentence(layer), _middle_sentence(layer))))


def _middle_sentence(layer: LayerFacts) -> str:
    if not layer.shows_middle:
        return ""
    share, many = f"{EFFECTIVE * 100:.0f}{NO_BREAK}%", layer.projection.many
    return (
        f"Of the squared values of {many}, {share} lie in the middle "
        f"{pixels(layer.record.patch)} of the {pixels(layer.record.receptive_field)} that a unit "
        f"sees (median over places of the layer’s filters). Patches and {many} show this effective "
        "field."
    )


def _seen_sentence(layer: LayerFacts) -> str:
    field, size = layer.record.receptive_field, _size_words(layer.input_size)
    known_by = layer.record.field_known_by
    if known_by == "nothing":
        return (
            "Which pixels a unit sees is not known: the layer rests on parts that are no windows, "
            "and gradients show no one form for all units. Every patch is a whole image."
        )
    if known_by == "gradients":
        seen = "all pixels move a unit" if layer.sees_all else "one field fits all units tried"
        end = ", so that every patch is a whole image." if layer.sees_all else "."
        return f"The layer rests on parts that are no windows. By the gradients, {seen}{end}"
    if layer.sees_all:
        end = "." if layer.shows_middle else ", so that every patch is a whole image."
        return (
            f"Each unit sees the whole picture: its receptive field of {count(field)} pixels is "
            f"larger than the input of {size}{end}"
        )
    if layer.sees_nearly_all:
        return (
            f"The receptive field of {count(field)} pixels is so large in an input of "
            f"{size} that nearly every unit’s field reaches past an edge of the image."
        )
    return ""


def pixelated(layer: LayerRecord) -> bool:
    """Say whether the layer's tiles hold each input pixel exactly."""
    return layer.patch < FEW_PIXELS


def pair(
    page: str, layer: LayerFacts, facts: FilterFacts, *, small: bool, brief: bool = False
) -> Pair:
    """Return both sheets of a filter as shown on `page`; `brief` leaves out what stimuli showed.

    A brief text for the patches names only labels that stand more than once, where any does.
    """
    record = layer.record
    thumbnails = small and record.thumbnails
    side = sheet_side(SMALL_TILE if thumbnails else record.tile, record.gutter)

    def sheet(kind: PictureKind, small_kind: PictureKind, alt: str) -> Picture:
        path = urls.picture(record.name, facts.number, small_kind if thumbnails else kind)
        return Picture(urls.link(page, path), side, side, alt, pixelated(record) and not thumbnails)

    left = layer.projection.title if facts.places else "Empty"
    words = "" if brief else own_words(facts, record.stimuli)
    return Pair(
        href=urls.link(page, urls.filter_page(record.name, facts.number)),
        title=f"{record.title}, filter {facts.number}",
        words=short_words(facts, record.stimuli),
        reconstructions=sheet(
            "reconstructions",
            "reconstructions.small",
            f"{left}; measured: {words}" if words else left,
        ),
        patches=sheet("patches", "patches.small", _patches(facts, brief=brief)),
    )


def _patches(facts: FilterFacts, *, brief: bool) -> str:
    if not facts.places:
        return "No patches"
    if not facts.labels:
        return "Patches"
    repeated = tuple((label, times) for label, times in facts.labels if times > 1)
    return f"Patches: {label_list(repeated if brief and repeated else facts.labels)}"


def crop(
    page: str,
    layer: LayerFacts,
    facts: FilterFacts,
    place: Place,
    *,
    patch: bool,
    small: bool = False,
) -> Crop:
    """Return one patch, or the reconstruction of its activation; from the small sheets if asked."""
    kind: PictureKind = "patches" if patch else "reconstructions"
    record = layer.record
    tile, sharp = record.tile, pixelated(record)
    if small and record.thumbnails:
        kind = "patches.small" if patch else "reconstructions.small"
        tile, sharp = SMALL_TILE, False
    x, y = _corner(place, tile + record.gutter)
    of = f"{place.rank} of {len(facts.places)}"
    label = shortened(place.image.label, 40)
    origin = f", from an image labelled {label}" if label else ""
    return Crop(
        src=urls.link(page, urls.picture(record.name, facts.number, kind)),
        side=sheet_side(tile, record.gutter),
        view_box=f"{x} {y} {tile} {tile}",
        alt=f"Patch {of}{origin}" if patch else f"{first_capital(layer.projection.one)} {of}",
        pixelated=sharp,
    )


def image_alone(page: str, layer: LayerFacts, facts: FilterFacts, place: Place) -> Crop:
    """Return the image of a place as the network saw it, whole and with nothing drawn over it.

    Where the patch is the whole image, it is the patch.
    """
    alt = f"The image, {shortened(place.image.caption or place.image.path)}"
    if layer.shows_all:
        return replace(crop(page, layer, facts, place, patch=True), alt=alt)
    x, y = _corner(place, IMAGE_TILE + GUTTER)
    return Crop(
        src=urls.link(page, urls.picture(layer.record.name, facts.number, "images")),
        side=sheet_side(IMAGE_TILE, GUTTER),
        view_box=f"{x} {y} {IMAGE_TILE} {IMAGE_TILE}",
        alt=alt,
        pixelated=False,
    )


def whole(page: str, layer: LayerFacts, facts: FilterFacts, place: Place) -> Whole | None:
    """Return the whole image of a place; None where the patch is the whole image already.

    All wholes of a filter are drawn at one scale.
    """
    if layer.shows_all:
        return None
    size, around = layer.input_size, layer.shows_middle and not layer.sees_all
    drawn = (box for each in facts.places for box in (each.patch, each.box))
    margin = max(overhang(box, size.around) for box in drawn)
    side = max(size) + 2 * margin
    x, y = _corner(place, IMAGE_TILE + GUTTER)
    scale = max(size) / IMAGE_TILE
    above, before, _, _ = size.around
    top, left, bottom, right = place.patch
    middle = short((left + right) / 2, 2), short((top + bottom) / 2, 2)
    outlined = "patch" if layer.shows_middle else "receptive field"
    dashed = f"; receptive field dashed: {_spans(place.box, size)}" if around else ""
    small = bottom - top < SMALL_FIELD * max(size)
    return Whole(
        src=urls.link(page, urls.picture(layer.record.name, facts.number, "images")),
        view_box=f"{before - margin} {above - margin} {side} {side}",
        size=size,
        sheet=(
            short(before - x * scale, 2),
            short(above - y * scale, 2),
            short(sheet_side(IMAGE_TILE, GUTTER) * scale, 2),
        ),
        patch=_rectangle(place.patch),
        field=_rectangle(place.box) if around else None,
        ring=(*middle, short(RING * max(size), 2)) if small else None,
        alt=f"Whole image of patch {place.rank}, {outlined} outlined: "
        f"{_spans(place.patch, size)}{dashed}",
    )


def _rectangle(box: Box) -> tuple[int, int, int, int]:
    """Return left, top, width and height of a box."""
    top, left, bottom, right = box
    return left, top, right - left, bottom - top


def _size_words(size: Size) -> str:
    return count(size.height) if size.height == size.width else str(size)


def clipped_sides(place: Place, size: Size) -> str:
    """Name the sides on which the patch leaves the image: "top and left"; "" where it does not."""
    top, left, bottom, right = place.patch
    sides = {
        "top": top < 0,
        "bottom": bottom > size.height,
        "left": left < 0,
        "right": right > size.width,
    }
    return listing([name for name, outside in sides.items() if outside])


def _corner(place: Place, step: int) -> tuple[int, int]:
    row, column = divmod(place.rank - 1, 3)
    return column * step, row * step


def _spans(box: Box, size: Size) -> str:
    """Name the rows and columns of the image that a box has."""
    top, left, bottom, right = box
    return f"{_span('rows', top, bottom, size.height)}, {_span('columns', left, right, size.width)}"


def _span(name: str, start: int, stop: int, size: int) -> str:
    return f"{name} {max(start, 0)} to {min(stop, size) - 1}"
