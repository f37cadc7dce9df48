"""The page of an image: the filters that have it among their nine, and what studies say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generator.render import urls
from generator.render.facts import Gallery, LayerFacts, Won
from generator.render.views.frame import Fact, Frame, Frames, Link, filter_link
from generator.render.views.pictures import Crop, crop, image_alone
from generator.render.views.study import Section, sections_of
from generator.render.words.words import activation, count, listing, several, shortened

SHOWN = 6  # places that are shown with their pictures
LINKED = 500  # filters that a page names at most
READING = (
    "Up to six of its places, the best ranks first: the {one} of the activation, and the patch "
    "that caused it."
)


@dataclass(frozen=True)
class Shown:
    """A place with its pictures."""

    filter: Link
    rank: str  # "1st of its nine, 14.2"
    reconstruction: Crop
    patch: Crop


@dataclass(frozen=True)
class OfLayer:
    """The filters of a layer that have the image."""

    title: str
    filters: tuple[Link, ...]
    more: str  # how many are not named; "" where all are


@dataclass(frozen=True)
class ImageView:
    """`images/<row>.html`."""

    frame: Frame
    picture: Crop
    facts: tuple[Fact, ...]
    reading: str
    shown: tuple[Shown, ...]
    layers: tuple[OfLayer, ...]
    sections: tuple[Section, ...]  # that studies add


def image_view(frames: Frames, row: int) -> ImageView:
    """Return the view of the page of an image, by its row."""
    gallery = frames.gallery
    page, won = urls.image_page(row), gallery.won[row]
    image, rows = won[0].place.image, sorted(gallery.image_pages)
    at = rows.index(row)
    beside = [_target(other) for other in rows[max(at - 1, 0) : at + 2]]
    last = gallery.layers[-1].record.name
    best = sorted(won, key=lambda w: (w.place.rank, -gallery.layers.index(w.layer)))
    whole = next((each for each in reversed(won) if not each.layer.shows_all), won[-1])
    return ImageView(
        frame=frames.frame(
            page,
            shortened(image.caption or image.path, 80),
            _lead(gallery, won),
            crumbs=[_target(row)],
            card_of=last,
            previous=beside[0] if at else None,
            following=beside[-1] if at + 1 < len(rows) else None,
        ),
        picture=image_alone(page, *whole),
        facts=_facts(gallery, won),
        reading=READING.format(one=won[0].layer.projection.one),
        shown=tuple(_shown(page, each) for each in best[:SHOWN]),
        layers=tuple(
            _of_layer(page, gallery, layer, [each for each in won if each.layer is layer])
            for layer in reversed(gallery.layers)
            if any(each.layer is layer for each in won)
        ),
        sections=sections_of(study.on_image(frames, image) for study in frames.studies),
    )


def _target(row: int) -> tuple[str, str]:
    return urls.image_page(row), f"Image {count(row)}"


def _lead(gallery: Gallery, won: Sequence[Won]) -> str:
    """Say how many filters have it among their strongest, layer by layer."""
    parts = []
    for layer in gallery.layers:
        number = sum(each.layer is layer for each in won)
        if number:
            parts.append(f"{count(number)} of {layer.record.title}")
    filters = several(len(won), "filter", "filters")
    return f"Among the nine strongest images of {filters}: {listing(parts)}."


def _facts(gallery: Gallery, won: Sequence[Won]) -> tuple[Fact, ...]:
    image, terms = won[0].place.image, gallery.manifest.images.credits
    licence = image.licence or (terms.licence if terms else "")
    found = (
        Fact("Label", shortened(image.label)),
        Fact("File", shortened(image.path, 200)),
        Fact("Size of the file", f"{count(image.width)} × {count(image.height)} pixels"),
        Fact("Licence", licence),
    )
    return tuple(fact for fact in found if fact.value)


def _shown(page: str, won: Won) -> Shown:
    record, number = won.layer.record, won.facts.number
    return Shown(
        filter=filter_link(page, record.name, number, f"{record.title}, filter {number}"),
        rank=f"{_ordinal(won.place.rank)} of its {len(won.facts.places)}, "
        f"activation {activation(won.place.activation)}",
        reconstruction=crop(page, *won, patch=False, small=True),
        patch=crop(page, *won, patch=True, small=True),
    )


def _of_layer(page: str, gallery: Gallery, layer: LayerFacts, won: Sequence[Won]) -> OfLayer:
    most = LINKED // len(gallery.layers)
    ordered = sorted(won, key=lambda each: (each.place.rank, each.facts.number))
    left = len(ordered) - most
    return OfLayer(
        title=layer.record.title,
        filters=tuple(
            filter_link(
                page,
                layer.record.name,
                each.facts.number,
                f"filter {each.facts.number} ({_ordinal(each.place.rank)})",
            )
            for each in ordered[:most]
        ),
        more=f"and {several(left, 'further filter', 'further filters')}" if left > 0 else "",
    )


def _ordinal(rank: int) -> str:
    return {1: "1st", 2: "2nd", 3: "3rd"}.get(rank, f"{rank}th")
