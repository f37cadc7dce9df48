"""The record as views: how both networks learned, what became of their filters, five pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from generator.atlas.schema import sheet_side
from generator.render import urls
from generator.render.charts.lines import Line, LineChart, line_chart, round_ticks
from generator.render.charts.matrix import Matrix, matrix
from generator.render.facts import Gallery, LayerFacts
from generator.render.text.study_claims import Numbers
from generator.render.text.texts import Texts
from generator.render.views.frame import Frame, Frames, Link, Pair, Picture, Table
from generator.render.views.pictures import pair, pixelated
from generator.render.views.study import Section, StudySite, read_record, require_layers
from generator.render.words.words import NO_BREAK, count, decimal, first_capital, per_cent, share
from generator.studies.random_labels import words
from generator.studies.random_labels.record import (
    KERNELS,
    RECORD,
    SHEETS,
    Layer,
    RandomLabels,
    sheet_name,
)

NAME = "random_labels"
PAGE = urls.study_page(NAME)
COMMONEST = 3  # families named of each network
ENLARGED = 4  # screen pixels for each weight of a kernel


@dataclass(frozen=True)
class PairView:
    """A filter of the network beside one of its twin."""

    title: str
    true: Pair
    random: tuple[Picture, ...]
    random_words: str


@dataclass(frozen=True)
class RandomLabelsView:
    """`random_labels.html`."""

    frame: Frame
    html: str
    learned: str
    curves: tuple[LineChart, ...]
    curve_table: Table
    measured: str
    charts: tuple[LineChart, ...]
    tables: tuple[Table, ...]
    cka: str
    matrices: tuple[Matrix, ...]
    kernels_words: str
    kernels: tuple[tuple[Picture, str], ...]
    pairs_words: str
    pairs: tuple[PairView, ...]


@dataclass(frozen=True)
class LayerRandomLabels:
    """What stands on a layer's page."""

    sentence: str
    about: Link


@dataclass(frozen=True)
class RandomLabelsSite(StudySite):
    """The study as the site sees it."""

    folder: Path  # of the study in the atlas
    record: RandomLabels
    gallery: Gallery

    name = NAME
    about = words.HOME
    has_page = True

    @classmethod
    def read(cls, folder: Path, gallery: Gallery) -> RandomLabelsSite:
        """Read what the study left; AtlasError where it does not fit this version or the atlas."""
        record = read_record(folder / RECORD, RandomLabels.model_validate_json)
        require_layers(folder, gallery, ((each.name, each.filters) for each in record.layers))
        return cls(folder, record, gallery)

    @property
    def numbers(self) -> Numbers:
        """Return how both networks learned, and the medians and alignments of each layer."""
        learning = self.record.learning
        values = {
            ("epochs with random labels", ""): float(len(learning.random)),
            ("epochs with true labels", ""): float(len(learning.true)),
            ("random labels known", ""): learning.random[-1].training,
            ("held out, random labels", ""): learning.random[-1].held_out,
            ("held out, true labels", ""): learning.true[-1].held_out,
        }
        for at, layer in enumerate(self.record.layers):
            facts = {
                **{
                    f"selectivity, {name}": value
                    for name, value in zip(words.NETWORKS, layer.selectivity, strict=True)
                },
                "nearest, random labels": layer.nearest_random,
                "nearest, untrained": layer.nearest_untrained,
                "cka with random labels": self.record.cka_true_random[at][at],
                "cka with untrained": self.record.cka_true_untrained[at][at],
                "cka of random labels with untrained": self.record.cka_random_untrained[at][at],
                "most alike": layer.pair.correlation if layer.pair else None,
            }
            values |= {(fact, layer.name): v for fact, v in facts.items() if v is not None}
        return Numbers(values)

    @property
    def pictures(self) -> dict[str, Path]:
        """Return the twin's pictures: path inside the site, and where each lies in the atlas."""
        names = [sheet_name(each.name, kind) for each in self._paired for kind in SHEETS]
        names += [KERNELS] if self.record.kernels else []
        return {urls.study_picture(NAME, name): self.folder / f"{name}.webp" for name in names}

    @property
    def _paired(self) -> list[Layer]:
        return [layer for layer in self.record.layers if layer.pair]

    def on_layer(self, frames: Frames, layer: LayerFacts) -> Section | None:
        """Say how selective the layer is in the three networks, and how alike."""
        found = next(each for each in self.record.layers if each.name == layer.record.name)
        true, random, untrained = map(decimal, found.selectivity)
        sentence = words.LAYER.format(
            true=true,
            random=random,
            untrained=untrained,
            nearest_random=decimal(found.nearest_random),
            nearest_untrained=decimal(found.nearest_untrained),
        )
        about = frames.link(urls.layer(found.name), PAGE, words.ABOUT)
        return Section(f"studies/{NAME}.layer.html", LayerRandomLabels(sentence, about))

    def view(self, frames: Frames, texts: Texts) -> RandomLabelsView:
        """Return the view of the page."""
        record = self.record
        images = count(record.images)
        looked = f"all {images} images" if record.all_images else f"{images} of the images"
        return RandomLabelsView(
            frame=self.frame(frames, card_of=frames.gallery.layers[0].record.name),
            html=texts.html(frames.content.studies[NAME], PAGE),
            learned=self._learned(),
            curves=tuple(map(self._curve, words.CURVES)),
            curve_table=self._curve_table(),
            measured=words.MEASURED.format(stimuli=count(record.stimuli)),
            charts=tuple(self._charts()),
            tables=(self._numbers(), self._families()),
            cka=words.CKA,
            matrices=tuple(self._matrices()),
            kernels_words=words.KERNELS.format(layer=frames.gallery.layers[0].record.title),
            kernels=self._kernels(),
            pairs_words=words.PAIRS.format(images=looked),
            pairs=tuple(self._pair(layer) for layer in self._paired),
        )

    def _learned(self) -> str:
        found = self.record.learning
        random, true = found.random[-1], found.true[-1]
        return words.LEARNED.format(
            pictures=count(found.pictures),
            pixels=found.pixels,
            random=len(found.random),
            random_part=per_cent(random.training),
            true=len(found.true),
            true_part=per_cent(true.training),
            held_out=count(found.held_out),
            random_out=per_cent(random.held_out),
            true_out=per_cent(true.held_out),
            chance=per_cent(found.chance),
        )

    def _curve(self, fact: str) -> LineChart:
        found = self.record.learning
        epochs = max(len(found.random), len(found.true))
        lines = [
            Line(name, [*(getattr(each, fact) for each in curve), *[None] * (epochs - len(curve))])
            for name, curve in (("true", found.true), ("random", found.random))
        ]
        if fact == "held_out":
            lines.append(Line("guesses", [found.chance] * epochs))
        title, caption = words.CURVES[fact]
        return line_chart(
            range(1, epochs + 1),
            lines,
            title=title,
            caption=caption,
            alt=words.CHART_ALT.format(title=title),
            x_ticks=[(at, str(at)) for at in range(1, epochs + 1) if at == 1 or at % 5 == 0],
            y_ticks=[(0, "0 %"), (0.5, "50 %"), (1, "100 %")],
        )

    def _curve_table(self) -> Table:
        found = self.record.learning
        rows = []
        for at in range(max(len(found.random), len(found.true))):
            cells = [str(at + 1)]
            for curve in (found.true, found.random):
                known = at < len(curve)
                cells += [
                    per_cent(getattr(curve[at], fact)) if known else "–" for fact in words.CURVES
                ]
            rows.append(tuple(cells))
        head = (
            *("Epoch", "True labels: known", "held out, right"),
            *("Random labels: known", "held out, right"),
        )
        return Table("Shares of pictures, epoch by epoch", head, tuple(rows))

    def _titles(self) -> list[str]:
        titles = (self.gallery.layer(each.name).record.title for each in self.record.layers)
        return [title.replace(" ", NO_BREAK) for title in titles]

    def _charts(self) -> Sequence[LineChart]:
        layers, record = self.record.layers, self.record
        short = ("true", "random", "untrained")
        found = {
            "selectivity": [
                Line(name, [each.selectivity[at] for each in layers])
                for at, name in enumerate(short)
            ],
            "nearest": [
                Line("random", [each.nearest_random for each in layers]),
                Line("untrained", [each.nearest_untrained for each in layers]),
            ],
            "cka": [
                Line("random", [row[at] for at, row in enumerate(record.cka_true_random)]),
                Line("untrained", [row[at] for at, row in enumerate(record.cka_true_untrained)]),
            ],
        }
        charts = []
        for fact, lines in found.items():
            title, caption = words.CHARTS[fact]
            most = max((v for each in lines for v in each.values if v is not None), default=1.0)
            charts.append(
                line_chart(
                    range(len(layers)),
                    lines,
                    title=title,
                    caption=caption,
                    alt=words.CHART_ALT.format(title=title),
                    x_ticks=[(at, str(at + 1)) for at in range(len(layers))],
                    y_ticks=[(tick, f"{tick:.2g}") for tick in round_ticks(most)],
                )
            )
        return charts

    def _numbers(self) -> Table:
        rows = []
        for title, layer in zip(self._titles(), self.record.layers, strict=True):
            rows.append(
                (
                    title,
                    *map(decimal, layer.selectivity),
                    *map(decimal, (layer.nearest_random, layer.nearest_untrained)),
                    *map(count, layer.silent),
                )
            )
        head = (
            "Layer",
            *(f"Selectivity, {name}" for name in words.NETWORKS),
            *(f"Nearest, {name}" for name in words.NETWORKS[1:]),
            *(f"Silent, {name}" for name in words.NETWORKS),
        )
        return Table(
            "Medians of each layer, and filters that respond to nothing", head, tuple(rows)
        )

    def _families(self) -> Table:
        rows = []
        for title, layer in zip(self._titles(), self.record.layers, strict=True):
            cells = []
            for counts in layer.families:
                ranked = sorted(
                    zip(counts, self.record.families, strict=True), key=lambda each: -each[0]
                )
                cells.append(
                    ", ".join(
                        f"{name} {share(n, layer.filters)}" for n, name in ranked[:COMMONEST] if n
                    )
                    or "–"
                )
            rows.append((title, *cells))
        head = ("Layer", *(first_capital(name) for name in words.NETWORKS))
        return Table("Families of forms that most filters prefer", head, tuple(rows))

    def _matrices(self) -> Sequence[Matrix]:
        titles, record = self._titles(), self.record
        true, random, untrained = words.NETWORKS
        return [
            matrix(f"Rows: {one}. Columns: {other}", titles, titles, values, decimal)
            for one, other, values in (
                (true, random, record.cka_true_random),
                (true, untrained, record.cka_true_untrained),
                (random, untrained, record.cka_random_untrained),
            )
        ]

    def _kernels(self) -> tuple[tuple[Picture, str], ...]:
        layer = self.gallery.layers[0].record
        known = {sheet.name: urls.kernels(layer.name, sheet.name) for sheet in layer.kernels}
        if self.record.kernels is None or not {"trained", "untrained"} <= known.keys():
            return ()
        places = (known["trained"], urls.study_picture(NAME, KERNELS), known["untrained"])
        width, height = self.record.kernels
        return tuple(
            (
                Picture(
                    src=urls.link(PAGE, place),
                    width=width * ENLARGED,
                    height=height * ENLARGED,
                    alt=f"The kernels of {layer.title}, {name}",
                    pixelated=True,
                ),
                first_capital(name),
            )
            for place, name in zip(places, words.NETWORKS, strict=True)
        )

    def _pair(self, layer: Layer) -> PairView:
        facts, found = self.gallery.layer(layer.name), layer.pair
        assert found is not None  # else it is not among `_paired`
        record = facts.record
        side = sheet_side(record.tile, record.gutter)
        kinds = dict(zip(SHEETS, (facts.projection.many, "patches"), strict=True))
        return PairView(
            title=f"{record.title}, correlation {decimal(found.correlation)}",
            true=pair(PAGE, facts, facts.filters[found.true], small=False, brief=True),
            random=tuple(
                Picture(
                    src=urls.link(PAGE, urls.study_picture(NAME, sheet_name(layer.name, kind))),
                    width=side,
                    height=side,
                    alt=f"{first_capital(name)} of filter {found.random} of the twin",
                    pixelated=pixelated(record),
                )
                for kind, name in kinds.items()
            ),
            random_words=f"Filter {found.random} of the twin",
        )
