"""What the atlas says of each filter, gathered place by place. Numbers only; words come later."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from generator.atlas.schema import PLACES, ImageRecord, LayerRecord, Manifest
from generator.atlas.store import Atlas
from generator.errors import AtlasError


@dataclass(frozen=True)
class Place:
    """One of the nine places of a filter: an image and the unit that answered to it."""

    rank: int  # 1 is the strongest
    activation: float
    image: ImageRecord
    unit: tuple[int, int]  # row, column
    box: tuple[int, int, int, int]  # top, left, bottom, right in input pixels, half-open
    scale: float


@dataclass(frozen=True)
class FilterFacts:
    """One filter: its places, strongest first; fewer than nine where the rest are empty."""

    layer: str
    number: int
    places: tuple[Place, ...]
    active: int  # images that activate it at all
    labels: tuple[tuple[str, int], ...]  # labels of the places, most frequent first

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
    kin: tuple[tuple[tuple[int, int], ...], ...]  # [filter] → (other filter, shared images)

    @property
    def dead(self) -> int:
        """Return how many filters no image activates."""
        return sum(not facts.places for facts in self.filters)

    def steadiest(self, number: int) -> list[FilterFacts]:
        """Return the filters whose ninth activation is highest; ties by number."""
        ordered = sorted(self.filters, key=lambda f: (-f.weakest, -f.strongest, f.number))
        return ordered[:number]

    def ranks(self, values: list[tuple[float, ...]]) -> list[int]:
        """Return each filter's place when values are ordered from high to low; ties by number."""
        order = sorted(range(len(values)), key=lambda i: (*(-v for v in values[i]), i))
        ranks = [0] * len(values)
        for rank, index in enumerate(order):
            ranks[index] = rank
        return ranks


@dataclass(frozen=True)
class Gallery:
    """Everything measured that the site shows."""

    manifest: Manifest
    layers: tuple[LayerFacts, ...]

    def layer(self, name: str) -> LayerFacts:
        """Return the layer of that name; LookupError with the known names where there is none."""
        for layer in self.layers:
            if layer.record.name == name:
                return layer
        known = ", ".join(layer.record.name for layer in self.layers)
        raise LookupError(f"there is no layer {name}, only {known}")

    def filter(self, reference: str) -> FilterFacts:
        """Return the filter "layer3/217"; LookupError says what there is instead."""
        name, _, number = reference.partition("/")
        layer = self.layer(name)
        if not (number.isascii() and number.isdigit()) or int(number) >= len(layer.filters):
            raise LookupError(f"{name} has filters 0 to {len(layer.filters) - 1}")
        return layer.filters[int(number)]


def read_gallery(atlas: Atlas) -> Gallery:
    """Gather the facts; AtlasError where an array names an image that the atlas does not list."""
    images = atlas.images()
    layers = tuple(_layer(atlas, record, images) for record in atlas.manifest.layers)
    return Gallery(atlas.manifest, layers)


def _layer(atlas: Atlas, record: LayerRecord, images: dict[int, ImageRecord]) -> LayerFacts:
    arrays = atlas.arrays(record.name)
    filters = []
    for number in range(record.filters):
        places = []
        for place in range(PLACES):
            row = int(arrays.image[number, place])
            if row < 0:
                continue
            if row not in images:
                raise AtlasError(
                    f"{atlas.folder}: {record.name}, filter {number} shows image {row}, which "
                    "images.jsonl does not list; compute the atlas again"
                )
            unit = arrays.unit[number, place].tolist()
            top, left, bottom, right = arrays.box[number, place].tolist()
            places.append(
                Place(
                    rank=place + 1,
                    activation=float(arrays.activation[number, place]),
                    image=images[row],
                    unit=(unit[0], unit[1]),
                    box=(top, left, bottom, right),
                    scale=float(arrays.scale[number, place]),
                )
            )
        labels = Counter(place.image.label for place in places if place.image.label)
        common = tuple(sorted(labels.items(), key=lambda item: (-item[1], item[0])))
        active = int(arrays.active[number])
        filters.append(FilterFacts(record.name, number, tuple(places), active, common))
    return LayerFacts(record, tuple(filters), _kin(filters))


def _kin(filters: list[FilterFacts]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """For each filter, the others that show at least two of its images, most shared first."""
    shown: dict[int, list[int]] = {}
    for facts in filters:
        for row in {place.image.row for place in facts.places}:
            shown.setdefault(row, []).append(facts.number)
    found = []
    for facts in filters:
        shared = Counter(
            other
            for row in {place.image.row for place in facts.places}
            for other in shown[row]
            if other != facts.number
        )
        near = [(other, images) for other, images in shared.items() if images >= 2]
        found.append(tuple(sorted(near, key=lambda item: (-item[1], item[0]))))
    return tuple(found)
