"""The control on the site: a section of a filter's page, a switch above its places, and a chart."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from generator.atlas.schema import sheet_side
from generator.render import urls
from generator.render.facts import Gallery, LayerFacts
from generator.render.text.study_claims import Numbers
from generator.render.views.frame import Frames, Picture
from generator.render.views.layer.trends import Course, Spread, Trends, chart_of, spread
from generator.render.views.pictures import pixelated
from generator.render.views.study import Section, StudySite
from generator.render.words.words import NO_BREAK, decimal, in_words, listing, share
from generator.studies.control import record, words
from generator.studies.control.record import Compared

NAME = "control"
AS_MUCH = 0.5  # correlation above which the control shows as much


@dataclass(frozen=True)
class FilterControl:
    """The section of a filter's page, and the switch above its places."""

    what: str  # "Reconstructions"
    short: str  # the correlation in a few words
    sentence: str
    trained: Picture
    random: Picture
    how: str


@dataclass(frozen=True)
class LayerControl:
    """The section of a layer's page."""

    what: str
    sentence: str
    chart: Trends | None  # None with one layer


@dataclass(frozen=True)
class Control(StudySite):
    """What the study says of all layers."""

    name = NAME
    folder: Path
    gallery: Gallery
    layers: Mapping[str, Compared]
    filters: Mapping[str, list[float | None]]  # median correlation of each filter's places
    own_random: Mapping[str, list[float | None]]  # … with trained weights up to the layer before

    @classmethod
    def read(cls, folder: Path, gallery: Gallery) -> Control:
        """Read the study's files. Raises AtlasError."""
        layers = {
            layer.record.name: record.read(folder, layer.record.name, len(layer.filters))
            for layer in gallery.layers
        }
        filters = {name: layer.of_filters() for name, layer in layers.items()}
        own_random = {name: layer.of_filters_own_random() for name, layer in layers.items()}
        return cls(folder, gallery, layers, filters, own_random)

    @property
    def pictures(self) -> dict[str, Path]:
        """Return a contact sheet for each filter with a place."""
        return {
            urls.study_picture(NAME, layer.record.name, str(number)): record.picture(
                self.folder, layer.record.name, number
            )
            for layer in self.gallery.layers
            for number, facts in enumerate(layer.filters)
            if facts.places
        }

    @property
    def numbers(self) -> Numbers:
        """Return for each layer the medians over its filters, and the share above one half."""
        values = {}
        for name, filters in self.filters.items():
            known = _known(filters)
            if known:
                values["median correlation", name] = statistics.median(known)
                values["share above one half", name] = _above(known) / len(known)
            if own := _known(self.own_random[name]):
                values["median correlation, trained below", name] = statistics.median(own)
        return Numbers(values, photographs=True)

    def remark(self, layer: LayerFacts, number: int) -> str:
        """Say that the control shows as much, where it does."""
        value = self.filters[layer.record.name][number]
        if value is None or value <= AS_MUCH:
            return ""
        return words.AS_MUCH.format(many=layer.projection.many, value=decimal(value))

    def on_filter(self, frames: Frames, layer: LayerFacts, number: int) -> Section | None:
        """Show both sheets of a filter; nothing of a filter without a place."""
        layer_record, projection = layer.record, layer.projection
        if not layer.filters[number].places:
            return None
        page = urls.filter_page(layer_record.name, number)
        value = self.filters[layer_record.name][number]
        side = sheet_side(layer_record.tile, layer_record.gutter)

        def sheet(path: str, alt: str) -> Picture:
            return Picture(frames.address(page, path), side, side, alt, pixelated(layer_record))

        return Section(
            "studies/control.filter.html",
            FilterControl(
                what=projection.title,
                short="not to be compared" if value is None else f"correlation {decimal(value)}",
                sentence=self._sentence(layer, number),
                trained=sheet(
                    urls.picture(layer_record.name, number, "reconstructions"),
                    f"{projection.title} with trained weights",
                ),
                random=sheet(
                    urls.study_picture(NAME, layer_record.name, str(number)),
                    f"{projection.title} of the same places with random weights",
                ),
                how=words.how(layer.manifest.rule, projection),
            ),
            above="studies/control.above.html",
        )

    def on_layer(self, frames: Frames, layer: LayerFacts) -> Section | None:
        """Show how the correlation goes from the first layer to the last."""
        names = [each.record.name for each in self.gallery.layers]
        spreads = tuple(spread(self.filters[name]) for name in names)
        titles = [each.record.title for each in self.gallery.layers]
        at = names.index(layer.record.name)
        sentence = self._layer_sentence(layer, spreads, titles, at)
        own = tuple(spread(self.own_random[name]) for name in names)
        course = Course("correlation with random weights", "", spreads, own)
        return Section(
            "studies/control.layer.html",
            LayerControl(
                what=words.WHAT.format(one=layer.projection.one, many=layer.projection.many),
                sentence=sentence,
                chart=_chart(course, titles, at, sentence)
                if len(names) > 1 and any(spreads)
                else None,
            ),
        )

    def _sentence(self, layer: LayerFacts, number: int) -> str:
        name, projection = layer.record.name, layer.projection
        known = self.layers[name].correlation[number]
        values = known[np.isfinite(known)].tolist()
        value, of_layer = self.filters[name][number], _known(self.filters[name])
        if value is None:
            return words.NOT_KNOWN.format(many=projection.many)
        middle, low, high = decimal(value), decimal(min(values)), decimal(max(values))
        places = in_words(len(values))
        own = self.own_random[name][number]
        below, more = self._below(layer), ""
        if below and own is not None:
            more = words.FILTER_OWN.format(below=below, own=decimal(own))
        sentence = words.FILTER.format(
            many=projection.many,
            value=middle
            if low == high
            else words.PLACES.format(middle=middle, places=places, low=low, high=high),
            layer=decimal(statistics.median(of_layer)),
        )
        return f"{sentence} {more}".strip()

    def _below(self, layer: LayerFacts) -> str:
        """Return the title of the layer before; "" of the first one."""
        at = self.gallery.layers.index(layer)
        return self.gallery.layers[at - 1].record.title if at else ""

    def _layer_sentence(
        self, layer: LayerFacts, spreads: Sequence[Spread | None], titles: Sequence[str], at: int
    ) -> str:
        known, here = _known(self.filters[layer.record.name]), spreads[at]
        if here is None:
            return words.NO_FILTER.format(many=layer.projection.many)
        above = _above(known)
        sentence = words.LAYER.format(
            middle=decimal(here.middle),
            low=decimal(here.low),
            high=decimal(here.high),
            above=f"in {above} of {len(known)} filters ({share(above, len(known))})"
            if above
            else "in none of them",
        )
        own = spread(self.own_random[layer.record.name])
        if at and own is not None:
            facts = {"middle": own.middle, "low": own.low, "high": own.high}
            shown = {name: decimal(value) for name, value in facts.items()}
            sentence += f" {words.LAYER_OWN.format(below=titles[at - 1], **shown)}"
        others = [
            f"{decimal(found.middle)} at {title}"
            for title, found in zip(titles, spreads, strict=True)
            if found is not None
        ]
        if len(others) < 2:
            return sentence
        if len(others) > words.MOST_NAMED:
            others = [others[0], others[-1]]
        return f"{sentence} From layer to layer the median is {listing(others)}."


def _chart(course: Course, titles: Sequence[str], at: int, sentence: str) -> Trends:
    """Draw one course as high as so many lines of text beside it."""
    chart = chart_of([course], titles, at, key=(words.KEY,), sentence=sentence)
    lines = [*words.ROWS.split("\n"), *[NO_BREAK] * words.HEIGHT]
    return replace(chart, names="\n".join(lines[: words.HEIGHT]))


def _known(values: list[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _above(values: list[float]) -> int:
    return sum(value > AS_MUCH for value in values)
