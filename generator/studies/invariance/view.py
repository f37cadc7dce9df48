"""The record as views: the page with nine charts, and what stands at the first and last layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from generator.errors import AtlasError
from generator.render import urls
from generator.render.charts.lines import Line, LineChart, line_chart, round_ticks
from generator.render.facts import Gallery, LayerFacts
from generator.render.text.study_claims import Numbers
from generator.render.text.texts import Texts
from generator.render.views.frame import Fact, Frame, Frames, Link, Picture, Table
from generator.render.views.study import AGAIN, Section, StudySite, read_record, trained_on
from generator.render.words.words import (
    activation,
    count,
    first_capital,
    listing,
    several,
    shortened,
)
from generator.studies.invariance import words
from generator.studies.invariance.findings import HALF, Findings, quartiles
from generator.studies.invariance.record import (
    ARRAYS,
    KINDS,
    RECORD,
    Invariance,
    Kind,
    Shown,
    Vector,
    read,
    strip_name,
    strip_size,
    strip_steps,
)

NAME = "invariance"
PAGE = urls.study_page(NAME)
BAND_FROM = 4  # images of which a middle half says something
LONGEST = 60  # characters of a caption
MOST_NAMED = 8  # images in a sentence


@dataclass(frozen=True)
class ShownImage:
    """One of the five."""

    name: str  # its number and its caption
    taken: str  # the class that is followed, and its probability
    picture: Picture
    columns: tuple[Fact, ...]  # under its tiles: what was done, and the probability


@dataclass(frozen=True)
class Part:
    """What one kind of change does."""

    name: str  # of its heading, for links
    title: str
    sentences: str
    charts: tuple[LineChart, ...]


@dataclass(frozen=True)
class LayerInvariance:
    """What stands on the page of the first and of the last layer."""

    sentence: str
    about: Link


@dataclass(frozen=True)
class InvarianceView:
    """`invariance.html`."""

    frame: Frame
    html: str
    rule: str
    images: tuple[ShownImage, ...]
    notes: tuple[str, ...]
    legend: str
    parts: tuple[Part, ...]
    tables: tuple[Table, ...]
    measured: str


@dataclass(frozen=True)
class InvarianceSite(StudySite):
    """The study as the site sees it."""

    folder: Path  # of the study in the atlas
    found: Findings
    gallery: Gallery

    name = NAME
    about = words.ABOUT
    has_page = True

    @classmethod
    def read(cls, folder: Path, gallery: Gallery) -> InvarianceSite:
        """Read what the study left; AtlasError where it does not fit this version or the atlas."""
        record = read_record(folder / RECORD, Invariance.model_validate_json)
        arrays = read(folder / ARRAYS, len(record.rows), len(record.vectors), len(record.steps))
        if arrays is None:
            raise AtlasError(f"{folder / ARRAYS}: not what this version reads; {AGAIN}")
        names = dict.fromkeys((gallery.layers[0].record.name, gallery.layers[-1].record.name))
        if [vector.layer for vector in record.vectors if vector.layer] != [*names]:
            raise AtlasError(f"{folder}: made for other layers than the atlas has; {AGAIN}")
        return cls(folder, Findings(record, arrays), gallery)

    @property
    def record(self) -> Invariance:
        return self.found.record

    @property
    def numbers(self) -> Numbers:
        """Return what `Findings.numbers` names, all of it dependent on the images."""
        return Numbers(dict(self.found.numbers()), photographs=True)

    @property
    def pictures(self) -> dict[str, Path]:
        """Return the strips: path inside the site, and where each lies in the atlas."""
        return {
            urls.study_picture(NAME, str(number)): self.folder / strip_name(number)
            for number in range(1, len(self.record.shown) + 1)
        }

    def on_layer(self, frames: Frames, layer: LayerFacts) -> Section | None:
        """Say how far small changes move the first and the last layer; nothing of the others."""
        name = layer.record.name
        at = next((n for n, each in enumerate(self.record.vectors) if each.layer == name), None)
        if at is None:
            return None
        changes = []
        for kind in KINDS:
            steps = self.found.first(kind)
            part = self.found.relative(at, steps)
            if part is not None:
                first = self._size(steps)
                changes.append(words.CHANGES[kind].format(first=first, part=words.percent(part)))
        if not changes:
            return None
        return Section(
            f"studies/{NAME}.layer.html",
            LayerInvariance(
                sentence=words.LAYER.format(changes=listing(changes), images=self._images),
                about=frames.link(urls.layer(name), PAGE, words.ABOUT),
            ),
        )

    def view(self, frames: Frames, texts: Texts) -> InvarianceView:
        """Return the view of the page."""
        text, record = frames.content.studies[NAME], self.record
        shown = tuple(
            self._shown(number, each) for number, each in enumerate(record.shown, start=1)
        )
        return InvarianceView(
            frame=self.frame(frames, card_of=frames.gallery.layers[0].record.name),
            html=texts.html(text, PAGE),
            rule=self._rule,
            images=shown,
            notes=tuple(self._notes()),
            legend=self._legend,
            parts=tuple(self._part(kind) for kind in KINDS),
            tables=tuple(self._table(kind) for kind in KINDS),
            measured=self._measured,
        )

    @property
    def _images(self) -> str:
        images = several(len(self.record.rows), "image", "images")
        return (words.ALL if self.record.all_images else words.SOME).format(images=images)

    @property
    def _rule(self) -> str:
        record = self.record
        if not record.shown:
            return "" if record.may_show else words.NOT_SHOWN
        if record.no_classes:
            return words.RULE_PLAIN
        answers = {each.answer for each in record.shown if each.right}
        others = words.OTHERS if len(answers) < len(record.shown) else ""
        return (words.RULE_OWN if record.own_answers else words.RULE).format(others=others)

    def _notes(self) -> list[str]:
        record, notes = self.record, []
        if record.no_classes:
            one = len([each for each in record.vectors if each.layer]) == 1
            words_of = words.NO_CLASSES_ONE_LAYER if one else words.NO_CLASSES
            notes.append(words_of.format(reason=record.no_classes))
        if record.own_answers:
            notes.append(words.OWN_MEANING)
        if not record.no_classes and (trained := trained_on(self.gallery.manifest.network)):
            notes.append(trained)
        return notes

    @property
    def _legend(self) -> str:
        if not self.record.shown:
            return words.LEGEND_ALONE.format(images=self._images)
        if len(self.record.rows) < BAND_FROM:
            return words.LEGEND_FEW
        return words.LEGEND.format(images=self._images)

    @property
    def _measured(self) -> str:
        return words.MEASURED.format(
            images=self._images,
            height=self.gallery.manifest.network.input_size.height,
        )

    def _title(self, vector: Vector) -> str:
        if vector.layer:
            return self.gallery.layer(vector.layer).record.title
        return words.SCORES

    def _shown(self, number: int, image: Shown) -> ShownImage:
        found, record = self.found, self.record
        width, height = strip_size(record.tile)
        steps = strip_steps(record.steps)
        titles = [words.NO_CHANGE, *(words.step(step.kind, step.value) for step in steps)]
        places = [found.plain, *(record.steps.index(step) for step in steps)]
        probability = [float(found.arrays.probability[image.place, at]) for at in places]
        caption = shortened(record.captions[image.place], LONGEST)
        taken = ""
        if image.answer:
            taken = (words.TAKEN if image.right else words.TAKEN_WRONGLY).format(
                answer=image.answer, probability=words.percent(probability[0])
            )
        return ShownImage(
            name=f"{number}. {caption}",
            taken=taken,
            picture=Picture(
                src=urls.link(PAGE, urls.study_picture(NAME, str(number))),
                width=width,
                height=height,
                alt=words.STRIP.format(number=number, caption=caption, rest=listing(titles[1:])),
                pixelated=False,
            ),
            columns=tuple(
                Fact(title, words.percent(each) if image.answer else "")
                for title, each in zip(titles, probability, strict=True)
            ),
        )

    def _part(self, kind: Kind) -> Part:
        charts = [self._distance(kind, at) for at in self._drawn]
        if not self.record.no_classes:
            charts.append(self._probability(kind))
        sentences = f"{self._growth(kind)} {self._answers(kind)}".strip()
        return Part(kind, words.TITLES[kind], sentences, tuple(charts))

    @property
    def _drawn(self) -> list[int]:
        """The vectors with a chart: the first layer, and the scores or else the last layer."""
        last = len(self.record.vectors) - 1
        return list(dict.fromkeys((1, last)))

    def _growth(self, kind: Kind) -> str:
        found = self.found
        first, last = found.first(kind), found.last(kind)
        parts = []
        for at in self._drawn:
            part, vector = found.first_of_last(at, kind), self.record.vectors[at]
            if part is not None:
                of = words.OF_SCORES
                if vector.layer:
                    of = words.OF_LAYER.format(layer=self._title(vector))
                parts.append(words.PART.format(part=words.percent(part), of=of))
        if not parts:
            return words.FLAT
        return words.GROWTH[kind].format(
            first=self._size(first),
            last=self._size(last),
            parts=listing(parts),
            even=words.percent(found.size(first[0]) / found.size(last[0])),
        )

    def _size(self, steps: Sequence[int]) -> str:
        """Return how large steps of one size are, in words."""
        step = self.record.steps[steps[0]]
        return words.size(step.kind, step.value)

    def _answers(self, kind: Kind) -> str:
        found, record = self.found, self.record
        first, last = found.first(kind), found.last(kind)
        if record.no_classes or not first:
            return ""
        said = words.ANSWERS.format(
            first=words.percent(found.same_answer(first)),
            first_at=self._size(first),
            last=words.percent(found.same_answer(last)),
            last_at=self._size(last),
        )
        return f"{said} {self._turned()}" if kind == "rotation" else said

    def _turned(self) -> str:
        """Say what half a turn does, and which images stay the same to the network."""
        found = self.found
        half = [number for number in found.steps("rotation") if found.size(number) == HALF]
        said = words.HALF.format(share=words.percent(found.same_answer(half)))
        for images, sentence in (
            (found.kept_always(), words.ALWAYS),
            (found.kept_by_quarters(), words.QUARTERS),
        ):
            said += sentence.format(
                images=several(len(images), "image", "images"), names=self._named(images)
            )
        return said

    def _named(self, images: Sequence[int]) -> str:
        names = [shortened(self.record.captions[each], LONGEST) for each in images[:MOST_NAMED]]
        if more := len(images) - len(names):
            names.append(words.MORE.format(more=count(more)))
        return f" ({'; '.join(names)})" if names else ""

    def _distance(self, kind: Kind, at: int) -> LineChart:
        steps, distance = self.found.steps(kind), self.found.arrays.distance[:, at]
        apart = self.found.apart(at)
        low, middle, high = quartiles(distance[:, steps])
        lines = [distance[each.place, steps].tolist() for each in self.record.shown]
        known = [v for line in (*lines, high) for v in line if v is not None and v < float("inf")]
        return self._chart(
            kind,
            words.DISTANCE.format(what=self._title(self.record.vectors[at])),
            words.APART.format(apart=activation(apart)) if apart else "",
            lines,
            (low, middle, high),
            [(tick, f"{tick:,.6g}") for tick in round_ticks(max(known, default=0.0))],
            [activation(value) if value is not None else "–" for value in middle],
        )

    def _probability(self, kind: Kind) -> LineChart:
        steps, probability = self.found.steps(kind), self.found.arrays.probability
        bands = quartiles(probability[:, steps])
        return self._chart(
            kind,
            words.OWN if self.record.own_answers else words.RIGHT,
            "",
            [probability[each.place, steps].tolist() for each in self.record.shown],
            bands,
            [(part, words.percent(part)) for part in (0.0, 0.5, 1.0)],
            [words.percent(value) for value in bands[1]],
        )

    def _chart(
        self,
        kind: Kind,
        title: str,
        caption: str,
        lines: Sequence[Sequence[float]],
        bands: tuple[Sequence[float | None], Sequence[float | None], Sequence[float | None]],
        y_ticks: Sequence[tuple[float, str]],
        medians: Sequence[str],
    ) -> LineChart:
        values, axis = self.found.values(kind), words.AXES[kind]
        low, middle, high = bands
        said = [
            f"{text} at {words.step(kind, value)}"
            for value, text in zip(values, medians, strict=True)
            if text != "–"
        ]
        alt = words.ALT.format(title=title, axis=axis, values=", ".join(said))
        return line_chart(
            values,
            [Line(str(number), line) for number, line in enumerate(lines, start=1)],
            title=title,
            caption=caption,
            alt=alt if said else words.ALT_NOTHING.format(title=title, axis=axis),
            x_ticks=[(value, words.step(kind, value)) for value in _named(kind, values)],
            y_ticks=y_ticks,
            strong=Line("median", middle),
            band=(low, high) if len(self.record.rows) >= BAND_FROM else None,
        )

    def _table(self, kind: Kind) -> Table:
        found, record = self.found, self.record
        compared = [at for at, vector in enumerate(record.vectors) if vector.kind != "pixels"]
        head = ["", *(self._title(record.vectors[at]) for at in compared)]
        head[0] = first_capital(words.AXES[kind])
        if not record.no_classes:
            head += ["Probability", "Same answer"]
        rows = []
        for number in found.steps(kind):
            distances = (found.distance(at, [number]) for at in compared)
            row = [words.step(kind, record.steps[number].value)]
            row += ["–" if each is None else activation(each) for each in distances]
            if not record.no_classes:
                row.append(words.percent(found.probability([number])))
                row.append(words.percent(found.same_answer([number])))
            rows.append(tuple(row))
        return Table(f"{words.TITLES[kind]}: medians", tuple(head), tuple(rows))


def _named(kind: Kind, values: Sequence[float]) -> list[float]:
    """Return the steps that are named under a chart."""
    if kind == "rotation":
        return [value for value in values if value % 90 == 0]
    middle = values[len(values) // 2]
    return list(dict.fromkeys((values[0], middle, values[-1])))
