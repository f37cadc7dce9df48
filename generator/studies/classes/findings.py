"""What the record says, in the order that pages need: names, pages, strongest filters, numbers."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from generator.errors import AtlasError
from generator.images.captions import readable
from generator.render.facts import Gallery, LayerFacts
from generator.render.text.study_claims import Numbers
from generator.render.views.study import AGAIN, read_record
from generator.studies.classes import record
from generator.studies.classes.record import RECORD, Arrays, Classes, Doubles, OneClass

STRONGEST = 5  # filters whose share of a score is told
Added = tuple[int, float]  # a filter or a class, and what is added


@dataclass(frozen=True)
class Findings:
    """The study of an atlas."""

    folder: Path
    record: Classes
    arrays: Arrays
    layer: LayerFacts  # whose filters are weighed

    @classmethod
    def read(cls, folder: Path, gallery: Gallery) -> Findings:
        """Read the study's files; AtlasError where they fit neither this version nor the atlas."""
        found = read_record(folder / RECORD, Classes.model_validate_json)
        arrays, layer = record.read_arrays(folder), gallery.layers[-1]
        maps = arrays.added.shape[1]
        if layer.record.name != found.layer or len(layer.filters) > maps:
            raise AtlasError(f"{folder}: made for other layers than the atlas has; {AGAIN}")
        return cls(folder, found, arrays, layer)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the names of all classes, for people."""
        return tuple(
            readable(each.name) or f"class {number}"
            for number, each in enumerate(self.record.classes)
        )

    @cached_property
    def paged(self) -> tuple[int, ...]:
        """Return the classes with a page: those with images first, each part by name."""
        classes = self.record.classes
        return tuple(
            sorted(
                record.with_page(classes),
                key=lambda number: (
                    not classes[number].images,
                    _in_order(self.names[number]),
                    number,
                ),
            )
        )

    @cached_property
    def paged_set(self) -> frozenset[int]:
        """Return the same, to look classes up in."""
        return frozenset(self.paged)

    @cached_property
    def with_images(self) -> tuple[int, ...]:
        """Return the classes that labels of images mean."""
        return tuple(n for n, each in enumerate(self.record.classes) if each.images)

    def one(self, number: int) -> OneClass:
        """Return a class."""
        return self.record.classes[number]

    def strongest(self, number: int, most: int) -> tuple[Added, ...]:
        """Return the shown filters that add most to a class's score, those that add anything."""
        return _largest(self._shown[number], most)

    def weakest(self, number: int, most: int) -> tuple[Added, ...]:
        """Return the shown filters that take most from it."""
        return tuple((n, -value) for n, value in _largest(-self._shown[number], most))

    def speaks_for(self, filter_: int, most: int) -> tuple[Added, ...]:
        """Return the classes that a filter adds most to; only those with images, where any has."""
        return self._of_classes(_largest(self._column(filter_), most))

    def speaks_against(self, filter_: int, most: int) -> tuple[Added, ...]:
        """Return the classes that a filter takes most from."""
        least = _largest(-self._column(filter_), most)
        return self._of_classes(tuple((n, -value) for n, value in least))

    @cached_property
    def of_image(self) -> dict[int, int]:
        """Return where in the arrays each image stands, by its row in the set."""
        return {row: at for at, row in enumerate(self.arrays.row.tolist())}

    @cached_property
    def numbers(self) -> Numbers:
        """Return what texts can claim.

        "accuracy" and "accuracy among five" are shares of the images whose label means a class.
        "share of the five strongest" and "filters to half" are of all that filters add to a score,
        without what others take from it, medians over classes with images. A class leads the nine
        where it has more places of its strongest filter than any other.
        """
        classes, layer = self.record.classes, self.record.layer
        values = {("images", ""): float(self.record.images)}
        if self.record.labelled:
            shares = [each.right / each.images for each in classes if each.images]
            values |= {
                ("classes with images", ""): float(len(shares)),
                ("classes always right", ""): float(sum(share == 1 for share in shares)),
                ("lowest accuracy of a class", ""): min(shares),
                ("accuracy", ""): self.record.right / self.record.labelled,
                ("accuracy among five", ""): self.record.among_five / self.record.labelled,
            }
        falling = [-np.sort(-np.clip(self._shown[number], 0, None)) for number in self.with_images]
        speaking = [line / line.sum() for line in falling if line.sum() > 0]
        if speaking:
            first = Counter(int(self._shown[number].argmax()) for number in self.with_images)
            five = [float(line[:STRONGEST].sum()) for line in speaking]
            half = [int((line.cumsum() < 1 / 2).sum()) + 1 for line in speaking]
            values |= {
                ("share of the five strongest", layer): statistics.median(five),
                ("filters to half", layer): float(statistics.median(half)),
                ("filters that are strongest for a class", layer): float(len(first)),
                ("share of classes that lead the nine", layer): self._leading,
            }
        return Numbers(values, photographs=True)

    @property
    def _leading(self) -> float:
        """Return the share of classes with more places of their strongest filter than any other."""
        led = 0
        for number in self.with_images:
            for filter_, _ in self.strongest(number, 1):
                places = self.layer.filters[filter_].places
                rows = [place.image.row for place in places if place.image.row in self.of_image]
                meant = Counter(int(self.arrays.meant[self.of_image[row]]) for row in rows)
                own = meant.pop(number, 0)
                led += own > max((times for each, times in meant.items() if each >= 0), default=0)
        return led / len(self.with_images)

    @cached_property
    def _shown(self) -> Doubles:
        """Return what the shown filters add [k, f]; 0 where it is not known."""
        return np.nan_to_num(self.arrays.added[:, : len(self.layer.filters)]).astype(np.float64)

    @cached_property
    def _judged(self) -> tuple[int, ...]:
        """Return the classes that a filter can speak for on its page."""
        return tuple(n for n in self.with_images if n in self.paged_set) or self.paged

    def _column(self, filter_: int) -> Doubles:
        return self._shown[list(self._judged), filter_]

    def _of_classes(self, found: tuple[Added, ...]) -> tuple[Added, ...]:
        return tuple((self._judged[at], value) for at, value in found)


def _in_order(name: str) -> list[str | int]:
    """Return what sorts a name: class 2 stands before class 10."""
    parts = re.split("([0-9]+)", name.casefold())
    return [int(part) if at % 2 else part for at, part in enumerate(parts)]


def _largest(values: Doubles, most: int) -> tuple[Added, ...]:
    """Return the largest values above zero with their places, ties in order."""
    order = np.argsort(-values, kind="stable")[:most].tolist()
    return tuple((at, float(values[at])) for at in order if values[at] > 0)
