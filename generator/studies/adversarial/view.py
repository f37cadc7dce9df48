"""The record as views: the page with its curves and pictures, and what a layer's page says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from generator.render import urls
from generator.render.charts.lines import Line, LineChart, line_chart
from generator.render.facts import Gallery, LayerFacts
from generator.render.text.study_claims import Numbers
from generator.render.text.texts import Texts
from generator.render.views.frame import Fact, Frame, Frames, Link, Picture, Table, filter_link
from generator.render.views.study import (
    Section,
    StudySite,
    read_record,
    require_layers,
    trained_on,
)
from generator.render.words.words import (
    activation,
    count,
    decimal,
    first_capital,
    in_words,
    per_cent,
)
from generator.studies.adversarial import words
from generator.studies.adversarial.record import (
    PARTS,
    RECORD,
    Adversarial,
    Answer,
    Layer,
    Shown,
    picture_name,
)

NAME = "adversarial"
PAGE = urls.study_page(NAME)
MOST_MOVED = 5  # filters of a layer


@dataclass(frozen=True)
class ShownImage:
    """One image: as it is, the change, changed; what stands under it."""

    caption: str
    pictures: tuple[Picture, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class MovedFilter:
    """A filter, and how far it moved."""

    link: Link
    moved: str


@dataclass(frozen=True)
class MovedLayer:
    """A layer, how far it moved, and which filters did most."""

    link: Link
    moved: str
    filters: tuple[MovedFilter, ...]


@dataclass(frozen=True)
class LayerAdversarial:
    """What stands on the page of a layer."""

    sentence: str
    filters: tuple[MovedFilter, ...]
    about: Link


@dataclass(frozen=True)
class AdversarialView:
    """`adversarial.html`."""

    frame: Frame
    html: str
    measured: tuple[str, ...]
    chart: LineChart
    table: Table
    how: str
    pictures: str  # what is said of the images that are shown, or why none is
    images: tuple[ShownImage, ...]
    layers_how: str
    layers: tuple[MovedLayer, ...]


@dataclass(frozen=True)
class AdversarialSite(StudySite):
    """The study as the site sees it."""

    folder: Path  # of the study in the atlas
    record: Adversarial
    gallery: Gallery

    name = NAME
    about = words.ABOUT
    has_page = True

    @classmethod
    def read(cls, folder: Path, gallery: Gallery) -> AdversarialSite:
        """Read what the study left; AtlasError where it does not fit this version or the atlas."""
        record = read_record(folder / RECORD, Adversarial.model_validate_json)
        layers = ((each.name, len(each.attack.filters)) for each in record.layers)
        require_layers(folder, gallery, layers)
        return cls(folder, record, gallery)

    @property
    def numbers(self) -> Numbers:
        """Return shares that withstand, "noise at 0.5", and how far each layer moves.

        "projected at 1" and "targeted at 8" are of several steps, "whole at 2" of whole levels;
        "half at" is the smallest budget at which the answer of half of the images has changed.
        """
        record = self.record
        values = {
            (f"{name} at {budget:g}", ""): kept / record.images
            for name, curve in self._curves.items()
            for budget, kept in zip(record.budgets, curve, strict=True)
        }
        values[f"whole at {record.whole_at:g}", ""] = record.whole / record.images
        values["images", ""] = record.images
        if self._half is not None:
            values["half at", ""] = record.budgets[self._half]
        for layer in record.layers:
            if layer.attack.whole is not None and layer.noise.whole is not None:
                values["moves", layer.name] = layer.attack.whole
                values["moves with noise", layer.name] = layer.noise.whole
        return Numbers(values, photographs=True)

    @property
    def pictures(self) -> dict[str, Path]:
        """Return three for each image that is shown."""
        return {
            urls.study_picture(NAME, str(shown.row), part): self.folder
            / picture_name(shown.row, part)
            for shown in self.record.shown
            for part in PARTS
        }

    def on_layer(self, frames: Frames, layer: LayerFacts) -> Section | None:
        """Say how far the changes move a layer; nothing of one that is silent."""
        page = urls.layer(layer.record.name)
        found = self._of(layer)
        if found.attack.whole is None or found.noise.whole is None:
            return None
        view = LayerAdversarial(
            sentence=words.LAYER.format(
                images=count(self.record.images),
                budget=_levels(self.record.budgets[-1]),
                attack=per_cent(found.attack.whole),
                noise=per_cent(found.noise.whole),
            ),
            filters=self._filters(page, found),
            about=frames.link(page, PAGE, words.ABOUT),
        )
        return Section(f"studies/{NAME}.layer.html", view)

    def view(self, frames: Frames, texts: Texts) -> AdversarialView:
        """Return the view of the page."""
        text, record = frames.content.studies[NAME], self.record
        return AdversarialView(
            frame=self.frame(frames, card_of=self.gallery.layers[-1].record.name),
            html=texts.html(text, PAGE),
            measured=self._measured(),
            chart=self._chart(),
            table=self._table(),
            how=words.HOW.format(Steps=first_capital(self._steps), part=decimal(record.stride)),
            pictures=words.PICTURES.format(
                Shown=first_capital(in_words(len(record.shown))), steps=self._steps
            )
            if record.shown
            else words.NOT_SHOWN,
            images=tuple(map(self._shown, record.shown)),
            layers_how=words.LAYERS,
            layers=tuple(self._layer(each) for each in self.gallery.layers),
        )

    @property
    def _steps(self) -> str:
        return in_words(self.record.steps)

    @property
    def _curves(self) -> Mapping[str, tuple[int, ...]]:
        return {name: getattr(self.record, name) for name in words.CURVES}

    @property
    def _half(self) -> int | None:
        """Return the first budget, by its place, at which half of the answers have changed."""
        halves = (n for n, kept in enumerate(self.record.projected) if self._is_half(kept))
        return next(halves, None)

    def _is_half(self, kept: int) -> bool:
        return 2 * kept <= self.record.images

    def _measured(self) -> tuple[str, ...]:
        record = self.record
        half = self._half
        at = len(record.budgets) - 1 if half is None else half
        said = [
            words.AGAINST[record.against].format(
                looked=count(record.looked_at),
                labelled=count(record.labelled),
                right=count(record.right),
                images=count(record.images),
            ),
            " ".join(
                (
                    (words.NOT_HALF if half is None else words.HALF).format(
                        budget=_levels(record.budgets[at]), steps=self._steps
                    ),
                    words.NOISE.format(
                        noise=_some(record.images - record.noise[at]),
                        images=count(record.images),
                    ),
                )
            ),
            words.WHOLE.format(
                whole=_some(record.whole),
                images=count(record.images),
                steps=self._steps,
                budget=_levels(record.whole_at),
                exact=_some(record.projected[record.budgets.index(record.whole_at)]),
            ),
        ]
        return (*said, *filter(None, [trained_on(self.gallery.manifest.network)]))

    def _chart(self) -> LineChart:
        record, images = self.record, self.record.images
        lines = {
            name: Line(
                words.CURVES[name][0].format(steps=self._steps),
                [1.0, *(kept / images for kept in curve)],
            )
            for name, curve in self._curves.items()
        }
        strong = lines.pop("projected")
        budgets = [words.UNCHANGED, *map(_levels, record.budgets)]
        return line_chart(
            range(len(budgets)),
            [*lines.values()],
            title=words.CHART_TITLE,
            caption=words.CAPTION.format(steps=first_capital(self._steps)),
            alt=words.CHART_ALT.format(images=count(images)),
            x_ticks=[*enumerate(budgets)],
            y_ticks=[(0, "0 %"), (0.5, "50 %"), (1, "100 %")],
            strong=strong,
        )

    def _table(self) -> Table:
        record = self.record
        return Table(
            words.TABLE.format(images=count(record.images)),
            (words.MOST_CHANGE, *map(_levels, record.budgets)),
            tuple(
                (
                    first_capital(words.CURVES[name][1].format(steps=self._steps)),
                    *map(count, curve),
                )
                for name, curve in self._curves.items()
            ),
        )

    def _shown(self, shown: Shown) -> ShownImage:
        size = self.gallery.manifest.network.input_size
        budget, times = _levels(shown.budget), f"{127.5 / shown.budget:.0f}"
        alts = (
            words.IMAGE_ALT.format(caption=shown.caption),
            words.CHANGE_ALT.format(times=times),
            words.CHANGED_ALT.format(caption=shown.caption, budget=budget),
        )
        after = words.AFTER if shown.changed else words.KEPT
        return ShownImage(
            caption=shown.caption,
            pictures=tuple(
                Picture(
                    src=urls.link(PAGE, urls.study_picture(NAME, str(shown.row), part)),
                    width=size.width,
                    height=size.height,
                    alt=alt,
                    pixelated=False,
                )
                for part, alt in zip(PARTS, alts, strict=True)
            ),
            facts=(
                Fact("Before", words.BEFORE.format(**_answer(shown.before))),
                Fact("After", after.format(**_answer(shown.after), budget=budget, times=times)),
            ),
        )

    def _layer(self, layer: LayerFacts) -> MovedLayer:
        found, record = self._of(layer), layer.record
        attack, noise = found.attack.whole, found.noise.whole
        known = attack is not None and noise is not None
        return MovedLayer(
            link=Link(urls.link(PAGE, urls.layer(record.name)), record.title),
            moved=words.MOVED.format(attack=per_cent(attack or 0), noise=per_cent(noise or 0))
            if known
            else words.SILENT,
            filters=self._filters(PAGE, found) if known else (),
        )

    def _of(self, layer: LayerFacts) -> Layer:
        return next(each for each in self.record.layers if each.name == layer.record.name)

    def _filters(self, page: str, layer: Layer) -> tuple[MovedFilter, ...]:
        """Return those that moved most, but none that did not."""
        attack, noise = layer.attack.filters, layer.noise.filters
        most = sorted(range(len(attack)), key=lambda number: (-attack[number], number))
        return tuple(
            MovedFilter(
                filter_link(page, layer.name, number, words.FILTER.format(number=number)),
                words.FILTER_MOVED.format(
                    attack=activation(attack[number]), noise=activation(noise[number])
                ),
            )
            for number in most[:MOST_MOVED]
            if attack[number] > 0
        )


def _answer(answer: Answer) -> dict[str, str]:
    name = answer.name or "a class without a name"
    return {"name": name, "probability": per_cent(answer.probability)}


def _some(images: int) -> str:
    return in_words(images) if images else "none"


def _levels(budget: float) -> str:
    return f"{budget:g}"
