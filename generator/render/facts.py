"""What the atlas says of each filter, gathered place by place. Numbers only; words come later."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from generator.atlas.measures import MEASURES, MeasureArrays, Measures, MeasuresKind, StimuliRecord
from generator.atlas.schema import PLACES, ImageRecord, LayerRecord, Manifest
from generator.atlas.store import Atlas
from generator.errors import AtlasError
from generator.names import Size
from generator.render.words.rules import PROJECTIONS, Projection

PLACES_FOR_PAGE = 3  # places, from which on an image has a page of its own
NEARLY_ALL = 0.1  # share of a layer's units: where fewer see only the image, patches reach past it

Curve = tuple[float, ...]
Box = tuple[int, int, int, int]  # top, left, bottom, right in input pixels, half-open


@dataclass(frozen=True)
class FilterMeasures(Measures[float, float | None, Curve, str | None, int | None]):
    """What stimuli showed of one filter, in the units of `generator.atlas.measures`.

    A measure is None where the filter gives no ground for it.
    """

    @property
    def responds(self) -> bool:
        """Say whether the filter responds to any stimulus."""
        return self.best > 0


@dataclass(frozen=True)
class Place:
    """One of the nine places of a filter: an image and the unit that responded to it."""

    rank: int  # 1 is the strongest
    activation: float
    image: ImageRecord
    unit: tuple[int, int]  # row, column
    box: Box  # the receptive field; around the input where that is larger
    patch: Box  # what the patch shows: the field or the middle of it
    scale: float


def overhang(box: Box, frame: Box) -> int:
    """Return how many pixels a box reaches past a frame, on the side where it reaches farthest."""
    top, left, bottom, right = np.subtract(box, frame).tolist()
    return int(max(0, -top, -left, bottom, right))


@dataclass(frozen=True)
class FilterFacts:
    """One filter: its places, strongest first; fewer than nine where the rest are empty."""

    layer: str
    number: int
    places: tuple[Place, ...]
    histogram: tuple[int, ...]  # images by their strongest activation, in the bins of `atlas.bins`
    labels: tuple[tuple[str, int], ...]  # labels of the places, most frequent first
    clipped: int | None  # places whose patch leaves the image; None where it is all of the image
    # Of the hundredth part of all images that activates it most; None without labels.
    common_label: str | None
    label_purity: float | None  # share of that label, 0…1
    label_entropy: float | None  # bits
    measures: FilterMeasures | None  # None in a layer that was shown no stimuli

    @property
    def active(self) -> int:
        """Return how many images activate it at all."""
        return sum(self.histogram)

    @property
    def strongest(self) -> float:
        """Return the first activation; 0 for a dead filter."""
        return self.places[0].activation if self.places else 0.0

    @property
    def weakest(self) -> float:
        """Return the ninth activation; 0 where the ninth place is empty."""
        return self.places[-1].activation if len(self.places) == PLACES else 0.0

    @property
    def agreement(self) -> int:
        """Return how many places share the most frequent label."""
        return self.labels[0][1] if self.labels else 0


@dataclass(frozen=True)
class LayerFacts:
    """One layer and its filters in order of number."""

    record: LayerRecord
    filters: tuple[FilterFacts, ...]
    related: tuple[tuple[tuple[int, int], ...], ...]  # [filter] → (other filter, shared images)
    # The same stimuli of the same shapes with random weights; none without stimuli, and none where
    # the weights are random themselves.
    untrained: tuple[FilterMeasures, ...]
    manifest: Manifest

    @property
    def projection(self) -> Projection:
        """Return how to speak of the pictures beside the patches."""
        return PROJECTIONS[self.manifest.rule]

    @property
    def input_size(self) -> Size:
        """Return height and width of the images, pixels."""
        return self.manifest.network.input_size

    @property
    def measures(self) -> tuple[FilterMeasures, ...]:
        """Return what stimuli showed of each filter, in order of number; () without stimuli."""
        return tuple(facts.measures for facts in self.filters if facts.measures is not None)

    @property
    def sees_all(self) -> bool:
        """Say whether the receptive field is larger than the input."""
        return self.record.receptive_field > max(self.input_size)

    @property
    def sees_nearly_all(self) -> bool:
        """Say whether hardly a unit has a field that lies inside the image."""
        return not self.sees_all and self._inside(self.record.receptive_field) < NEARLY_ALL

    @property
    def shows_all(self) -> bool:
        """Say whether every patch is the input."""
        return self.sees_all and not self.shows_middle

    @property
    def shows_nearly_all(self) -> bool:
        """Say whether hardly a unit has a patch that lies inside the image."""
        return not self.shows_all and self._inside(self.record.patch) < NEARLY_ALL

    @property
    def shows_middle(self) -> bool:
        """Say whether patches show only the middle of the receptive field."""
        return shows_middle(self.record, self.input_size)

    def _inside(self, side: int) -> float:
        """Return the share of units whose square of this side, in their field, is in the image."""
        share = 1.0
        for units, length in zip(self.record.grid, self.input_size, strict=True):
            starts = (start_of(self.record, unit, side) for unit in range(units))
            share *= sum(0 <= start <= length - side for start in starts) / units
        return share

    @property
    def dead(self) -> int:
        """Return how many filters no image activates."""
        return sum(not facts.places for facts in self.filters)

    def steadiest(self, number: int) -> list[FilterFacts]:
        """Return the filters whose ninth activation is highest; ties by number."""
        ordered = sorted(self.filters, key=lambda f: (-f.weakest, -f.strongest, f.number))
        return ordered[:number]


class Won(NamedTuple):
    """A place among the nine of a filter, as the image sees it."""

    layer: LayerFacts
    facts: FilterFacts
    place: Place


@dataclass(frozen=True)
class Gallery:
    """Everything measured that the site shows."""

    manifest: Manifest
    layers: tuple[LayerFacts, ...]

    def layer(self, name: str) -> LayerFacts:
        """Return the layer of that name; LookupError with the known names where there is none."""
        layers = {layer.record.name: layer for layer in self.layers}
        if name not in layers:
            raise LookupError(f"there is no layer {name}, only {', '.join(layers)}")
        return layers[name]

    @cached_property
    def won(self) -> dict[int, tuple[Won, ...]]:
        """Return the places that each image has, by its row: layer by layer, filter by filter."""
        found: dict[int, list[Won]] = {}
        for layer in self.layers:
            for facts in layer.filters:
                for place in facts.places:
                    found.setdefault(place.image.row, []).append(Won(layer, facts, place))
        return {row: tuple(places) for row, places in sorted(found.items())}

    @cached_property
    def image_pages(self) -> frozenset[int]:
        """Return the rows of the images with a page: those with so many places, or more."""
        return frozenset(row for row, places in self.won.items() if len(places) >= PLACES_FOR_PAGE)

    def filter(self, reference: str) -> FilterFacts:
        """Return the filter "layer3/217"; LookupError says what there is instead."""
        name, _, number = reference.partition("/")
        layer = self.layer(name)
        if not (number.isascii() and number.isdigit()) or int(number) >= len(layer.filters):
            raise LookupError(f"{name} has filters 0 to {len(layer.filters) - 1}")
        return layer.filters[int(number)]


def shows_middle(record: LayerRecord, input_size: Size) -> bool:
    """Say whether a layer's patches show only the middle of what its units see of the input."""
    return record.patch < min(record.receptive_field, max(input_size))


def start_of(record: LayerRecord, unit: int, side: int) -> int:
    """Return the first row or column of the square of this side in the middle of a unit's field."""
    stride = Fraction(record.stride).limit_denominator(1000)  # 1/3 as a number is a little less
    return math.floor(record.offset + unit * stride) + (record.receptive_field - side) // 2


def read_gallery(atlas: Atlas) -> Gallery:
    """Gather the facts; AtlasError where an array names an image that the atlas does not list."""
    images = atlas.images()
    layers = tuple(_layer(atlas, record, images) for record in atlas.manifest.layers)
    return Gallery(atlas.manifest, layers)


def _layer(atlas: Atlas, record: LayerRecord, images: dict[int, ImageRecord]) -> LayerFacts:
    arrays = atlas.arrays(record.name)
    manifest = atlas.manifest
    size = manifest.network.input_size
    sees_all, middle = record.receptive_field > max(size), shows_middle(record, size)
    measures = _measures(atlas, record, "measures")
    filters = []
    for number in range(record.filters):
        places = []
        for at, index in enumerate(arrays.image[number].tolist()):
            if index < 0:
                continue
            if index not in images:
                raise AtlasError(
                    f"{atlas.folder}: {record.name}, filter {number} shows image {index}, which "
                    "images.jsonl does not list; compute the atlas again"
                )
            row, column = arrays.unit[number, at].tolist()
            top, left, bottom, right = arrays.box[number, at].tolist()
            box = size.around if sees_all else (top, left, bottom, right)
            first, start = (start_of(record, unit, record.patch) for unit in (row, column))
            places.append(
                Place(
                    rank=at + 1,
                    activation=float(arrays.activation[number, at]),
                    image=images[index],
                    unit=(row, column),
                    box=box,
                    patch=(first, start, first + record.patch, start + record.patch)
                    if middle
                    else box,
                    scale=float(arrays.scale[number, at]),
                )
            )
        labels = Counter(place.image.label for place in places if place.image.label)
        clipped = sum(overhang(place.patch, (0, 0, *size)) > 0 for place in places)
        filters.append(
            FilterFacts(
                layer=record.name,
                number=number,
                places=tuple(places),
                histogram=tuple(arrays.histogram[number].tolist()),
                labels=tuple(sorted(labels.items(), key=lambda item: (-item[1], item[0]))),
                clipped=None if sees_all and not middle else clipped,
                common_label=_known(arrays.label[number].item(), manifest.images.labels),
                label_purity=_known(arrays.label_purity[number].item()),
                label_entropy=_known(arrays.label_entropy[number].item()),
                measures=measures[number] if measures else None,
            )
        )
    return LayerFacts(
        record=record,
        filters=tuple(filters),
        related=_related(filters),
        untrained=() if manifest.network.is_random else _measures(atlas, record, "untrained"),
        manifest=manifest,
    )


def _measures(atlas: Atlas, record: LayerRecord, kind: MeasuresKind) -> tuple[FilterMeasures, ...]:
    """Return what stimuli showed of each filter, in order of number; () without stimuli."""
    if record.stimuli is None:
        return ()
    return read_measures(atlas.measures(record.name, kind), record.stimuli)


def read_measures(arrays: MeasureArrays, record: StimuliRecord) -> tuple[FilterMeasures, ...]:
    """Return the measures of every filter of a layer, in order of number."""
    names = record.names
    columns = [
        [_known(value, names.get(name)) for value in np.asarray(getattr(arrays, name)).tolist()]
        for name in MEASURES
    ]
    return tuple(FilterMeasures(*values) for values in zip(*columns, strict=True))


def _known(value: Any, names: Sequence[str] | None = None) -> Any:
    """Return a curve as a tuple, an index by its name, and None for what is not known."""
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if value < 0:
        return None
    return value if names is None else names[value]


def _related(filters: list[FilterFacts]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Return, for each filter, the others that show two of its images or more, most first."""
    shown = [{place.image.row for place in facts.places} for facts in filters]
    showing: dict[int, list[int]] = {}
    for number, images in enumerate(shown):
        for image in images:
            showing.setdefault(image, []).append(number)
    found = []
    for number, images in enumerate(shown):
        shared = Counter(other for image in images for other in showing[image] if other != number)
        near = [(other, times) for other, times in shared.items() if times >= 2]
        found.append(tuple(sorted(near, key=lambda item: (-item[1], item[0]))))
    return tuple(found)
