"""The first page of a comparison: who both networks are, and how alike their layers are."""

from __future__ import annotations

from dataclasses import dataclass

from generator.render import urls
from generator.render.charts.matrix import Matrix, matrix
from generator.render.text.prose import References, Source, to_html
from generator.render.views.frame import Frame, Table
from generator.render.words.words import count, decimal, share
from generator.studies.comparison.comparison import Comparison
from generator.studies.comparison.views.cards import (
    Card,
    card,
    extremes,
    median,
    mutual_words,
    where_words,
)
from generator.studies.comparison.views.frames import CompareFrames, Side

ALIKE, ALONE = 2, 1  # filters of each layer shown on the first page
OF_STIMULI = (
    "Linear CKA of the answers of two layers to {stimuli} stimuli: 1 where one layer is the other "
    "turned, mirrored or scaled, 0 where nothing is shared."
)
CONTROL = (
    "The same with the layers of B as they were before they learned anything: random weights. What "
    "is alike here, no training has made so."
)
RANDOM = "B has random weights itself, so there is no such control beside it."


@dataclass(frozen=True)
class FrontView:
    """`index.html`."""

    frame: Frame
    sentence: str
    matrices: tuple[Matrix, ...]
    matrix_words: tuple[str, ...]
    html: str
    layers: tuple[Table, ...]
    alike: tuple[Card, ...]
    alone: tuple[Card, ...]
    networks: Table
    json: str


def front_view(frames: CompareFrames, found: Comparison, summary: str, text: Source) -> FrontView:
    """Return the view of the first page; `text` is a person's, `summary` its sentence."""
    a, b = frames.sides
    page = urls.HOME
    return FrontView(
        frame=frames.frame(page, frames.title, summary),
        sentence=_sentence(a, b),
        matrices=_matrices(found, a, b),
        matrix_words=(
            OF_STIMULI.format(stimuli=count(found.stimuli)),
            RANDOM if b.gallery.manifest.network.is_random else CONTROL,
        ),
        html=to_html(text, References(_nothing, _no_figure, _no_page)),
        layers=tuple(_layers(side, other) for side, other in ((a, b), (b, a))),
        alike=tuple(
            card(page, (a, b), *place, whole=True)
            for place in extremes(a.nearest, alike=True, each=ALIKE)
        ),
        alone=tuple(
            card(page, (side, other), *place, whole=True)
            for side, other in ((a, b), (b, a))
            for place in extremes(side.nearest, alike=False, each=ALONE)
        ),
        networks=_networks(a, b),
        json=urls.link(page, urls.COMPARISON),
    )


def _sentence(a: Side, b: Side) -> str:
    filters = sum(len(layer.filter) for layer in a.nearest)
    mutual = sum(int(layer.mutual.sum()) for layer in a.nearest)
    of_b = sum(len(layer.filter) for layer in b.nearest)
    return (
        f"Of the {count(filters)} filters of A and the {count(of_b)} of B, {count(mutual)} form "
        f"pairs in which each is the other’s nearest: {share(mutual, filters)} of A."
    )


def _matrices(found: Comparison, a: Side, b: Side) -> tuple[Matrix, ...]:
    rows, columns = ([layer.record.title for layer in side.layers] for side in (a, b))
    made = [matrix("Rows: A. Columns: B", rows, columns, found.cka.tolist(), decimal)]
    if not b.gallery.manifest.network.is_random:
        untrained = found.cka_untrained.tolist()
        made.append(
            matrix("Rows: A. Columns: B with random weights", rows, columns, untrained, decimal)
        )
    return tuple(made)


def _layers(side: Side, other: Side) -> Table:
    rows = []
    for at, nearest in enumerate(side.nearest):
        silent = int((nearest.filter < 0).sum())
        rows.append(
            (
                side.title(at),
                count(len(nearest.filter)),
                count(silent),
                mutual_words(nearest),
                decimal(median(nearest)),
                where_words(nearest, other),
            )
        )
    head = (
        *("Layer", "Filters", "Silent", "Each the other’s nearest"),
        *("Median correlation with the nearest", f"Where the nearest of {other.letter} lie"),
    )
    return Table(f"The layers of {side.letter}", head, tuple(rows))


def _networks(a: Side, b: Side) -> Table:
    both = [side.gallery.manifest for side in (a, b)]
    rows: list[tuple[str, ...]] = [
        ("Network", *(each.network.name for each in both)),
        ("Weights", *(each.network.source for each in both)),
        ("Trained on", *(each.network.trained_on or "not known" for each in both)),
        ("Weights, sha256", *(f"{each.network.weights_sha256[:12]}…" for each in both)),
        ("Input", *(f"{each.network.input_size} pixels" for each in both)),
        ("Pictures made by", *(each.rule for each in both)),
        ("Images", *(f"{each.images.root_name}, {count(each.images.count)}" for each in both)),
    ]
    terms = [each.images.credits for each in both]
    if any(terms):
        rows.append(("Credit of the images", *(t.how_to_credit if t else "none" for t in terms)))
        rows.append(("Licence of the images", *(t.licence if t else "not known" for t in terms)))
    return Table("The two networks", ("", "A", "B"), tuple(rows))


def _nothing(name: str) -> tuple[str, str]:
    raise LookupError(f"the text of a comparison is about any two networks and cannot name {name}")


def _no_figure(name: str) -> str:
    return _nothing(name)[0]


def _no_page(key: str) -> str:
    raise KeyError(key)
