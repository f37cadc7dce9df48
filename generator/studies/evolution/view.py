"""The record as views: the strip of a filter, a layer's figure and curve, and the page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from generator.atlas.schema import PLACES
from generator.render import urls
from generator.render.facts import Gallery, LayerFacts
from generator.render.text.study_claims import Numbers
from generator.render.text.texts import Texts
from generator.render.views.frame import Frame, Frames, Link, Picture, Table
from generator.render.views.study import Section, StudySite, read_record, require_layers
from generator.render.words.words import count, decimal, in_words, listing, several
from generator.studies.evolution import words
from generator.studies.evolution.chart import FINAL, Curve, curve, shortened_titles
from generator.studies.evolution.record import (
    RECORD,
    Evolution,
    Layer,
    strip_name,
    strip_size,
)
from generator.studies.evolution.settling import Settling, chosen_filters, half_from, settling

NAME = "evolution"
PAGE = urls.study_page(NAME)
SHOWN = 6  # filters of a layer's figure
WIDE = 8  # moments; more do not stand side by side on a page, and are scrolled to


@dataclass(frozen=True)
class Column:
    """One moment of a filter's strip, in words."""

    title: str
    there: str  # "2 of 9"
    correlation: str


@dataclass(frozen=True)
class Strip:
    """The strip of a filter, with a link to the filter's page where it stands elsewhere."""

    picture: Picture
    title: str
    href: str
    columns: tuple[Column, ...]
    wide: bool  # whether it is scrolled


@dataclass(frozen=True)
class FilterEvolution:
    """What stands on a filter's page."""

    strip: Strip
    reading: str
    about: Link


@dataclass(frozen=True)
class LayerEvolution:
    """A layer as a whole."""

    title: str
    href: str
    strips: tuple[Strip, ...]
    legend: str
    curve: Curve
    sentence: str
    table: Table
    about: Link


@dataclass(frozen=True)
class EvolutionView:
    """`evolution.html`."""

    frame: Frame
    html: str
    legend: str
    layers: tuple[LayerEvolution, ...]
    tables: tuple[Table, ...]
    measured: str


@dataclass(frozen=True)
class EvolutionSite(StudySite):
    """The study as the site sees it."""

    folder: Path  # of the study in the atlas
    record: Evolution
    settled: dict[str, Settling]  # by layer

    name = NAME
    about = words.HOME
    has_page = True

    @classmethod
    def read(cls, folder: Path, gallery: Gallery) -> EvolutionSite:
        """Read what the study left; AtlasError where it does not fit this version or the atlas."""
        record = read_record(folder / RECORD, Evolution.model_validate_json)
        require_layers(folder, gallery, ((each.name, len(each.final)) for each in record.layers))
        return cls(folder, record, {layer.name: settling(layer) for layer in record.layers})

    @property
    def numbers(self) -> Numbers:
        """Return the medians of each layer at each snapshot, and from which one on half is passed.

        "share at epoch 5", "correlation at epoch 5"; "snapshots to half the share" counts them
        from 1 on, and is one more than there are where the median has not passed half.
        """
        values = {}
        for layer, found in self.settled.items():
            for fact, medians in (("share", found.share), ("correlation", found.correlation)):
                for title, median in zip(self.record.snapshots, medians, strict=True):
                    if median is not None:
                        values[f"{fact} at {title}", layer] = median
                first = half_from(medians)
                passed = len(medians) if first is None else first
                values[f"snapshots to half the {fact}", layer] = passed + 1.0
        return Numbers(values, photographs=True)

    @property
    def pictures(self) -> dict[str, Path]:
        """Return the strips: path inside the site, and where each lies in the atlas."""
        return {
            urls.study_picture(NAME, layer.name, str(number)): self.folder
            / strip_name(layer.name, number)
            for layer in self.record.layers
            for number in range(len(layer.final))
        }

    def on_filter(self, frames: Frames, layer: LayerFacts, number: int) -> Section:
        """Return the strip of a filter."""
        page = urls.filter_page(layer.record.name, number)
        view = FilterEvolution(
            strip=self._strip(page, layer, number),
            reading=words.FILTER.format(
                images=self._images, stimuli=count(self.record.stimuli), nine=in_words(PLACES)
            ),
            about=frames.link(page, PAGE, words.ABOUT),
        )
        return Section(f"studies/{NAME}.filter.html", view)

    def on_layer(self, frames: Frames, layer: LayerFacts) -> Section:
        """Return the figure and the curve of a layer."""
        view = self._layer(frames, urls.layer(layer.record.name), layer, SHOWN)
        return Section(f"studies/{NAME}.layer.html", view)

    def view(self, frames: Frames, texts: Texts) -> EvolutionView:
        """Return the view of the page."""
        text = frames.content.studies[NAME]
        layers = tuple(self._layer(frames, PAGE, each, 1) for each in frames.gallery.layers)
        return EvolutionView(
            frame=self.frame(frames, card_of=frames.gallery.layers[0].record.name),
            html=texts.html(text, PAGE),
            legend=words.ONE_EACH,
            layers=layers,
            tables=(
                self._all_layers(frames, words.SHARES, "share"),
                self._all_layers(frames, words.CORRELATIONS, "correlation"),
            ),
            measured=words.MEASURED.format(
                images=self._images,
                stimuli=count(self.record.stimuli),
                of_stimuli=count(self.record.of_stimuli),
            ),
        )

    @property
    def _images(self) -> str:
        images = count(self.record.images)
        return f"all {images} images" if self.record.all_images else words.SOME.format(n=images)

    @property
    def _titles(self) -> tuple[str, ...]:
        return (*self.record.snapshots, FINAL)

    def _of(self, layer: LayerFacts) -> Layer:
        return next(each for each in self.record.layers if each.name == layer.record.name)

    def _strip(self, page: str, layer: LayerFacts, number: int) -> Strip:
        found, title = self._of(layer), f"filter {number}"
        width, height = strip_size(found.tile, len(self._titles))
        name = layer.record.name
        columns = tuple(
            Column(title, f"{there[number]} of {found.final[number]}", decimal(line[number]))
            for title, there, line in zip(
                self.record.snapshots, found.there, found.correlation, strict=True
            )
        )
        whole = f"{found.final[number]} of {found.final[number]}"
        final = Column(FINAL, whole, "–" if columns[-1].correlation == "–" else "1.00")
        return Strip(
            picture=Picture(
                src=urls.link(page, urls.study_picture(NAME, name, str(number))),
                width=width,
                height=height,
                alt=words.ALT.format(
                    layer=layer.record.title,
                    number=number,
                    projection=layer.projection.one,
                    moments=listing(self._titles),
                ),
                pixelated=False,
            ),
            title=title.capitalize(),
            href=urls.link(page, urls.filter_page(name, number)),
            columns=(*columns, final),
            wide=len(columns) >= WIDE,
        )

    def _layer(self, frames: Frames, page: str, layer: LayerFacts, shown: int) -> LayerEvolution:
        found, record = self.settled[layer.record.name], layer.record
        numbers = chosen_filters(record.filters, shown)
        axis, (first, *others) = shortened_titles(self.record.snapshots)
        rows = (
            ("Share of the final nine", *map(decimal, found.share), "1.00"),
            ("Correlation of answers", *map(decimal, found.correlation), "1.00"),
        )
        return LayerEvolution(
            title=record.title,
            href=urls.link(page, f"{urls.layer(record.name)}#settled"),
            strips=tuple(self._strip(page, layer, number) for number in numbers),
            legend=words.FIGURE.format(
                filters=several(len(numbers), "filter", "filters").capitalize(),
                moments=listing([f"{axis} {first}".strip(), *others, FINAL]),
            ),
            curve=curve(found.share, found.correlation, self.record.snapshots, record.title),
            sentence=self._sentence(found),
            table=Table("The median filter", ("Measure", *self._titles), rows),
            about=frames.link(page, PAGE, words.ABOUT),
        )

    def _sentence(self, found: Settling) -> str:
        return " ".join(
            self._half(medians, words.HALF[fact], words.NOT_HALF[fact])
            for fact, medians in (("share", found.share), ("correlation", found.correlation))
        )

    def _half(self, medians: tuple[float | None, ...], passed: str, not_passed: str) -> str:
        first, titles = half_from(medians), self.record.snapshots
        if first is not None:
            return passed.format(title=titles[first])
        if medians[-1] is None:
            return words.NOTHING
        return not_passed.format(title=titles[-1], value=decimal(medians[-1]))

    def _all_layers(self, frames: Frames, title: str, fact: str) -> Table:
        rows = []
        for layer in frames.gallery.layers:
            medians = getattr(self.settled[layer.record.name], fact)
            first = half_from(medians)
            half = f"after {self.record.snapshots[-1]}"
            if first is not None:
                half = f"by {self.record.snapshots[first]}"
            rows.append((layer.record.title, half, *map(decimal, medians)))
        return Table(title, ("Layer", "One half", *self.record.snapshots), tuple(rows))
