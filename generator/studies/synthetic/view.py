"""The pictures that were made: on the page of each filter, and as a choice above the cards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from generator.render import urls
from generator.render.facts import Gallery, LayerFacts
from generator.render.views.frame import Frames, Picture
from generator.render.views.pictures import FEW_PIXELS
from generator.render.views.study import (
    CardPictures,
    Section,
    StudySite,
    read_record,
    require_layers,
)
from generator.render.words.words import activation, pixels, several
from generator.studies.synthetic import record
from generator.studies.synthetic.record import Layer, SyntheticRecord

NAME = "synthetic"
SHOWN = 224  # pixels: pictures are enlarged by whole numbers to about this side
HOW = (
    "No image shows this square of {side}. It was made in {steps}, each of which changed it so "
    "that the filter answers more, and it rests on the network alone."
)
NONE = "In {steps} no picture was found that activates this filter."
ANSWER = "As it is stored it activates the filter with {activation}{multiple}."
MOVED = (
    "Moved by {shift} up, down, left or right it does so with {activation} on average{multiple}."
)
CARE = (
    "It shows how the filter can be driven, not what it does on photographs: people could tell "
    "better from natural images than from such pictures which image activates a unit (Borowski and "
    "others 2021), and a network can be built so that such pictures show what its makers like "
    "while it works as before (Geirhos and others 2024)."
)


@dataclass(frozen=True)
class MadeView:
    """What stands on the page of a filter."""

    picture: Picture | None  # None where nothing activates it
    sentences: tuple[str, ...]
    care: str


@dataclass(frozen=True)
class MadePictures(StudySite):
    """The study as the site sees it."""

    folder: Path  # of the study in the atlas
    record: SyntheticRecord

    name = NAME

    @classmethod
    def read(cls, folder: Path, gallery: Gallery) -> MadePictures:
        """Read what the study left; AtlasError where it does not fit this version or the atlas."""
        found = read_record(folder / record.RECORD, SyntheticRecord.model_validate_json)
        layers = ((layer.name, len(layer.activation)) for layer in found.layers)
        require_layers(folder, gallery, layers)
        return cls(folder, found)

    @property
    def pictures(self) -> dict[str, Path]:
        """Return the picture of each filter."""
        return {
            urls.study_picture(NAME, layer.name, str(number)): self.folder
            / record.picture(layer.name, number)
            for layer in self.record.layers
            for number in range(len(layer.activation))
        }

    def on_filter(self, _frames: Frames, layer: LayerFacts, number: int) -> Section:
        """Return the picture, and how much the filter answers to it."""
        made = self._layer(layer)
        page = urls.filter_page(made.name, number)
        answer, moved = made.activation[number], made.shifted[number]
        steps = several(self.record.steps, "step", "steps")
        strongest = layer.filters[number].strongest
        if answer <= 0:
            none = MadeView(None, (NONE.format(steps=steps),), "")
            return Section("studies/synthetic.filter.html", none)
        sentences = [
            HOW.format(side=pixels(made.side), steps=steps),
            ANSWER.format(activation=activation(answer), multiple=_multiple(answer, strongest)),
        ]
        if made.shift:
            sentences.append(
                MOVED.format(
                    shift=several(made.shift, "pixel", "pixels"),
                    activation=activation(moved),
                    multiple=_multiple(moved, strongest),
                )
            )
        shown = made.side * max(1, round(SHOWN / made.side))
        picture = Picture(
            src=urls.link(page, urls.study_picture(NAME, made.name, str(number))),
            width=shown,
            height=shown,
            alt=f"Picture made for filter {number} of {layer.record.title}",
            pixelated=made.side < FEW_PIXELS,
        )
        view = MadeView(picture, tuple(sentences), CARE)
        return Section("studies/synthetic.filter.html", view)

    def on_cards(self, layer: LayerFacts, page: str) -> CardPictures:
        """Return the pictures as a third choice."""
        first = urls.link(page, urls.study_picture(NAME, layer.record.name, "0"))
        return CardPictures("made", "made pictures", "Made picture", first.removesuffix("0.webp"))

    def _layer(self, layer: LayerFacts) -> Layer:
        return next(each for each in self.record.layers if each.name == layer.record.name)


def _multiple(answer: float, strongest: float) -> str:
    """Say how many times the strongest patch's activation an answer is."""
    if strongest <= 0:
        return ", and no image does"
    return f", {activation(answer / strongest, 2)} times as much as its strongest patch"
