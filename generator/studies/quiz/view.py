"""The machine's score on the pages of filters and layers, and an order of the cards."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from generator.atlas.studies import StudyFolder
from generator.render import urls
from generator.render.facts import Gallery, LayerFacts
from generator.render.text.study_claims import Numbers
from generator.render.text.texts import Texts
from generator.render.views.frame import Frames, Link, Table
from generator.render.views.layer.summary import Histogram
from generator.render.views.study import (
    CardOrder,
    Section,
    StudyPage,
    StudySite,
    read_record,
    require_layers,
)
from generator.render.words.words import NO_BREAK, count, several
from generator.studies.quiz import words
from generator.studies.quiz.chart import score_chart
from generator.studies.quiz.page import (
    MADE,
    SCRIPTS,
    TABLE,
    QuizView,
    questions_script,
    quiz_view,
    table_view,
)
from generator.studies.quiz.record import RECORD, Layer, Quiz, picture_name

NAME = "quiz"
STEPS = 50  # of a score, in the order of the cards


class Scores(NamedTuple):
    """The scores of some filters, or one for all of them: by code, by pixels."""

    code: tuple[float, ...]
    pixels: tuple[float, ...]

    @property
    def medians(self) -> tuple[float | None, float | None]:
        """Return the medians; None without a filter."""
        return _median(self.code), _median(self.pixels)


@dataclass(frozen=True)
class FilterQuiz:
    """What stands on a filter's page."""

    title: str
    sentence: str
    table: Table | None  # None where nothing could be asked
    links: tuple[Link, ...]


@dataclass(frozen=True)
class LayerQuiz:
    """What stands on a layer's page."""

    title: str
    sentences: tuple[str, ...]
    legend: str
    charts: tuple[Histogram, ...]  # none where nothing could be asked
    measured: str
    links: tuple[Link, ...]


@dataclass(frozen=True)
class QuizSite(StudySite):
    """The study as the site sees it."""

    folder: Path  # of the study in the atlas
    record: Quiz
    gallery: Gallery
    made: bool  # whether the gallery has made pictures

    name = NAME
    about = words.ABOUT
    has_page = True

    @classmethod
    def read(cls, folder: Path, gallery: Gallery) -> QuizSite:
        """Read what the study left; AtlasError where it does not fit this version or the atlas."""
        record = read_record(folder / RECORD, Quiz.model_validate_json)
        require_layers(folder, gallery, ((each.name, len(each.scores)) for each in record.layers))
        made = StudyFolder.open(folder.with_name(MADE))
        return cls(folder, record, gallery, made is not None and not made.manifest.missing)

    @property
    def numbers(self) -> Numbers:
        """Return the medians of each layer's filters, also of untrained ones.

        "median score by code", "median score by pixels", "untrained median score by code" and so
        on: shares of pairs, 0…1.
        """
        values = {}
        for layer in self.record.layers:
            for who, scores in (("", _scores(layer)), ("untrained ", _untrained(layer))):
                for by, median in zip(words.BY, scores.medians, strict=True):
                    if median is not None:
                        values[f"{who}median score by {by}", layer.name] = median
        return Numbers(values, photographs=True)

    @property
    def pictures(self) -> dict[str, Path]:
        """Return the pictures of questions: path inside the site, and where each lies."""
        return {
            urls.study_picture(NAME, layer.name, str(number)): self.folder
            / picture_name(layer.name, number)
            for layer in self.record.layers
            for number, question in enumerate(layer.questions)
            if question is not None
        }

    def scripts(self, _static: Path) -> dict[str, bytes]:
        """Return the table of the questions."""
        return {SCRIPTS[0]: questions_script(self.gallery, self.record, made=self.made)}

    def view(self, frames: Frames, texts: Texts) -> QuizView:
        """Return the view of the quiz."""
        frame = self.frame(frames, card_of=self.record.layers[0].name, scripts=SCRIPTS)
        return quiz_view(frames, texts, frame, self.record)

    def pages(self, frames: Frames, _texts: Texts) -> tuple[StudyPage, ...]:
        """Return the page that joins the answers of a class."""
        path = urls.study_item(NAME, TABLE)
        return (StudyPage(path, "studies/quiz.table", table_view(frames)),)

    def order(self, layer: LayerFacts) -> CardOrder | None:
        """Return the filters by their score by code, those of which most is told right first."""
        scores = self._of(layer).scores
        if not any(scores):
            return None
        values = tuple(None if each is None else -round(STEPS * each.by_code) for each in scores)
        return CardOrder("machine", words.ORDER, values)

    def on_filter(self, frames: Frames, layer: LayerFacts, number: int) -> Section:
        """Return the score of a filter beside the medians."""
        page, found = urls.filter_page(layer.record.name, number), self._of(layer)
        score = found.scores[number]
        about = frames.link(page, f"{urls.layer(layer.record.name)}#{NAME}", words.HOW)
        view = FilterQuiz(words.TITLE, words.NO_QUESTION, None, ())
        if score is not None:
            own = (score.by_code, score.by_pixels)
            code, pixels = map(_percent, own)
            columns = (own, _scores(found).medians, _untrained(found).medians)
            rows = tuple(
                (name, *map(_hundredths, values))
                for name, *values in zip(words.BY.values(), *columns, strict=True)
            )
            view = FilterQuiz(
                title=words.TITLE,
                sentence=words.FILTER.format(code=code, pixels=pixels),
                table=Table(words.TABLE, words.HEAD, rows),
                links=(about, *self._try(page, layer)),
            )
        return Section(f"studies/{NAME}.filter.html", view)

    def on_layer(self, _frames: Frames, layer: LayerFacts) -> Section:
        """Return the scores of a layer's filters."""
        found = self._of(layer)
        scores, untrained = _scores(found), _untrained(found)
        if not scores.code:
            view = LayerQuiz(words.TITLE, (words.NOTHING,), "", (), "", ())
            return Section(f"studies/{NAME}.layer.html", view)
        code, pixels = map(_percent, scores.medians)
        sentences, legend = [words.LAYER.format(code=code, pixels=pixels)], [words.LEGEND]
        if untrained.code:
            code, pixels = map(_percent, untrained.medians)
            sentences.append(words.UNTRAINED.format(code=code, pixels=pixels))
            others = several(len(untrained.code), "filter", "filters")
            legend.append(words.LEGEND_UNTRAINED.format(filters=others))
        else:
            sentences.append(words.GUESSING)
        images = (words.ALL if self.record.all_images else words.SOME).format(
            n=count(self.record.images)
        )
        view = LayerQuiz(
            title=words.TITLE,
            sentences=tuple(sentences),
            legend=" ".join(legend),
            charts=tuple(
                score_chart(f"by-{by}", title, mine, others, _sentence(mine, others))
                for (by, title), mine, others in zip(
                    words.BY.items(), scores, untrained, strict=True
                )
            ),
            measured=words.MEASURED.format(images=images),
            links=self._try(urls.layer(layer.record.name), layer),
        )
        return Section(f"studies/{NAME}.layer.html", view)

    def _of(self, layer: LayerFacts) -> Layer:
        return next(each for each in self.record.layers if each.name == layer.record.name)

    def _try(self, page: str, layer: LayerFacts) -> tuple[Link, ...]:
        """Return the way to the quiz itself, where there is one, with questions of this layer."""
        if not self.has_page or not any(self._of(layer).questions):
            return ()
        address = f"{urls.link(page, urls.study_page(NAME))}?layer={quote(layer.record.name)}"
        return (Link(address, words.TRY.format(layer=layer.record.title)),)


def _scores(layer: Layer) -> Scores:
    known = [score for score in layer.scores if score is not None]
    return Scores(
        tuple(score.by_code for score in known), tuple(score.by_pixels for score in known)
    )


def _untrained(layer: Layer) -> Scores:
    return Scores(layer.untrained_code, layer.untrained_pixels)


def _sentence(scores: Sequence[float], untrained: Sequence[float]) -> str:
    beside = words.CHART_UNTRAINED.format(median=_percent(_median(untrained))) if untrained else ""
    filters = several(len(scores), "filter", "filters")
    return words.CHART.format(filters=filters, median=_percent(_median(scores)), untrained=beside)


def _median(scores: Sequence[float]) -> float | None:
    return statistics.median(scores) if scores else None


def _percent(part: float | None) -> str:
    """Return a share of pairs as a whole number of per cent; a dash where it is not known."""
    return "–" if part is None else f"{_hundredths(part)}{NO_BREAK}%"


def _hundredths(part: float | None) -> str:
    return "–" if part is None else f"{100 * part:.0f}"
