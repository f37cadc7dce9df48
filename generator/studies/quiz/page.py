"""The page on which people take the quiz, the page that joins their files, and what scripts read.

The script of the questions sets one global:

    gallery     which network and images, so that a saved file can say where it is from
    conditions  name and words of each
    layers      of each layer with questions: `name`, `title`, the addresses of pictures with `*`
                for the filter's number (`page`, `query`, and one for each condition; "" for
                nothing), `pixelated`, `side` of a sheet; and of each filter with a question its
                number, 1 where the left tile is the high one, and both activations
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from generator.atlas.schema import GUTTER, Manifest, sheet_side
from generator.render import urls
from generator.render.facts import Gallery, LayerFacts
from generator.render.text.texts import Texts
from generator.render.views.frame import Frame, Frames, Link, Picture, filter_link
from generator.render.views.pictures import pixelated
from generator.render.words.words import activation, listing
from generator.studies.quiz import words
from generator.studies.quiz.record import Layer, Question, Quiz

GLOBAL = "filterGalleryQuiz"
NAME, TABLE = "quiz", "table"
SCRIPTS = ("quiz-questions.js", "quiz.js")
MADE = "synthetic"  # the study whose pictures are a condition, where the gallery has it
EXAMPLES = 3
NUMBER = "*"


@dataclass(frozen=True)
class Choice:
    """A layer to be asked about, or all of them."""

    value: str
    words: str


@dataclass(frozen=True)
class Tile:
    """One of the two images of a question, cut out of the picture of both."""

    alt: str
    view_box: str


@dataclass(frozen=True)
class Example:
    """A question that can be read without scripts."""

    title: str
    sheet: Picture
    queries: Picture  # both in one
    tiles: tuple[Tile, Tile]
    answer: str
    link: Link


@dataclass(frozen=True)
class QuizView:
    """`quiz.html`."""

    frame: Frame
    html: str
    nothing: str  # why there is no question; "" where there are some
    tile: int
    choices: tuple[Choice, ...]
    conditions: str
    examples: tuple[Example, ...]
    table: Link


@dataclass(frozen=True)
class TableView:
    """`quiz/table.html`."""

    frame: Frame


def asked(quiz: Quiz) -> list[Layer]:
    """Return the layers with a question."""
    return [layer for layer in quiz.layers if any(layer.questions)]


def conditions(frames: Frames) -> tuple[str, ...]:
    """Return the names of what is shown of a filter, one in each condition."""
    return shown(made=any(study.name == MADE for study in frames.studies))


def shown(*, made: bool) -> tuple[str, ...]:
    """Return the same for a gallery with or without made pictures; nothing is the control."""
    return ("patches", "reconstructions", *(("made",) if made else ()), "nothing")


def quiz_view(frames: Frames, texts: Texts, frame: Frame, quiz: Quiz) -> QuizView:
    """Return the view of the quiz."""
    page, layers = urls.study_page(NAME), asked(quiz)
    titles = {layer.record.name: layer.record.title for layer in frames.gallery.layers}
    examples = [layers[at * len(layers) // EXAMPLES] for at in range(EXAMPLES)] if layers else []
    return QuizView(
        frame=frame,
        html=texts.html(frames.content.studies[NAME], page),
        nothing="" if layers else words.NO_QUESTIONS,
        tile=quiz.tile,
        choices=(
            Choice("", words.MIXED),
            *(Choice(layer.name, titles[layer.name]) for layer in layers),
        ),
        conditions=listing([words.CONDITIONS[name] for name in conditions(frames)], last="or"),
        examples=tuple(
            _example(page, frames.gallery.layer(layer.name), layer, quiz.tile)
            for layer in dict.fromkeys(examples)
        ),
        table=frames.link(page, urls.study_item(NAME, TABLE), words.TO_TABLE),
    )


def table_view(frames: Frames) -> TableView:
    """Return the view of the page that joins saved files."""
    page = urls.study_item(NAME, TABLE)
    above = (urls.study_page(NAME), frames.content.studies[NAME].title)
    crumbs = [above, (page, words.TABLE_TITLE)]
    frame = frames.frame(page, words.TABLE_TITLE, words.TABLE_LEAD, crumbs=crumbs, scripts=SCRIPTS)
    return TableView(frame)


def questions_script(gallery: Gallery, quiz: Quiz, *, made: bool) -> bytes:
    """Return the script of the questions in ASCII; `made` says whether there are made pictures."""
    tables = {
        "gallery": gallery_id(gallery.manifest),
        "conditions": [[name, words.CONDITIONS[name]] for name in shown(made=made)],
        "layers": [_layer(gallery.layer(layer.name), layer, made=made) for layer in asked(quiz)],
    }
    text = json.dumps(tables, ensure_ascii=True, separators=(",", ":"))
    return f"window.{GLOBAL}={text};\n".encode("ascii")


def gallery_id(manifest: Manifest) -> str:
    """Return what a saved file says of where it is from."""
    return f"{manifest.network.weights_sha256[:12]}-{manifest.images.fingerprint[:12]}"


def _layer(facts: LayerFacts, layer: Layer, *, made: bool) -> dict[str, Any]:
    record = facts.record
    return {
        "name": record.name,
        "title": record.title,
        "page": f"{record.name}/{NUMBER}.html",
        "query": urls.study_picture(NAME, record.name, NUMBER),
        "patches": f"{record.name}/{NUMBER}.patches.webp",
        "reconstructions": f"{record.name}/{NUMBER}.reconstructions.webp",
        "made": urls.study_picture(MADE, record.name, NUMBER) if made else "",
        "pixelated": pixelated(record),
        "side": sheet_side(record.tile, record.gutter),
        "filters": [
            [
                number,
                int(question.high_first),
                activation(question.high.activation),
                activation(question.low.activation),
            ]
            for number, question in enumerate(layer.questions)
            if question is not None
        ],
    }


def _example(page: str, facts: LayerFacts, layer: Layer, tile: int) -> Example:
    number, question = _middle(layer.questions)
    record = facts.record
    side = sheet_side(record.tile, record.gutter)
    picture = urls.link(page, urls.study_picture(NAME, record.name, str(number)))
    first, second = (
        # Half a pixel inside, so that nothing of the other tile is seen.
        Tile(f"Image {letter}", f"{at * (tile + GUTTER) + 0.5:g} 0.5 {tile - 1} {tile - 1}")
        for at, letter in enumerate("AB")
    )
    high, low = (activation(each.activation) for each in (question.high, question.low))
    return Example(
        title=f"{record.title}, filter {number}",
        sheet=Picture(
            src=urls.link(page, urls.picture(record.name, number, "patches")),
            width=side,
            height=side,
            alt="The nine patches that activate the filter most",
            pixelated=pixelated(record),
        ),
        queries=Picture(picture, 2 * tile + GUTTER, tile, "", pixelated(record)),
        tiles=(first, second),
        answer=words.ANSWER.format(which="A" if question.high_first else "B", high=high, low=low),
        link=filter_link(page, record.name, number, words.FILTER_PAGE),
    )


def _middle(questions: Sequence[Question | None]) -> tuple[int, Question]:
    """Return number and question of the filter in the middle of those that have one."""
    known = [(number, each) for number, each in enumerate(questions) if each is not None]
    return known[len(known) // 2]
