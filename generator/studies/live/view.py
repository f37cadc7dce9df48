"""The page on which the network runs on a reader's own picture: view, scripts, and ways there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from generator.names import Rule
from generator.render import urls
from generator.render.facts import Gallery
from generator.render.site.check import gzipped
from generator.render.text.drawings import Answers
from generator.render.text.texts import Texts
from generator.render.views.frame import Fact, Frame, Frames, Target
from generator.render.views.study import StudySite, read_record, require_layers
from generator.render.words.rules import PROJECTIONS
from generator.render.words.words import count, first_capital, listing, several, shortened
from generator.studies.live import scripts, words
from generator.studies.live.gallery_tables import gallery_tables
from generator.studies.live.record import (
    NETWORK,
    PICTURE_LIST,
    PICTURES,
    NetworkRecord,
    Picture,
    weights_name,
)

NAME = "live"
PAGE = urls.study_page(NAME)
LONGEST = 60  # characters of what a picture is called
FIRST_LAYERS = 2  # that can be looked at before the others have come


@dataclass(frozen=True)
class Mode:
    """One thing to do, by its name in addresses."""

    name: str
    title: str
    missing: bool  # whether this network cannot do it


@dataclass(frozen=True)
class Choice:
    """One of several things to choose from."""

    name: str
    title: str


@dataclass(frozen=True)
class LiveView:
    """`live.html`."""

    frame: Frame
    html: str
    # Addresses, separated by blanks where there are several.
    engine: str
    network: str
    pictures: str
    weights: str
    bytes: str  # of each file of weights, compressed
    start: str
    size: str
    privacy: str
    without_scripts: str
    modes: tuple[Mode, ...]
    without_classes: str  # why some modes are missing; "" where none is
    layers: tuple[Choice, ...]
    samples: tuple[Choice, ...]
    rules: tuple[Choice, ...]  # the gallery's own first
    projection: str  # "Reconstruction"
    width: str  # of the input, pixels
    height: str
    side: str  # of the square that covers, to begin with
    longest: str
    last_row: str
    last_column: str
    classes: bool
    reading_maps: str
    reading_rank: str
    reading_reconstruction: str
    reading_name: str
    reading_cover: str
    reading_dream: str
    reading_fool: str
    facts: tuple[Fact, ...]
    precision: str


@dataclass(frozen=True)
class LivePage(StudySite):
    """The study as the site sees it."""

    folder: Path  # of the study in the atlas
    gallery: Gallery
    record: NetworkRecord
    samples: tuple[Picture, ...]

    name = NAME
    has_page = True

    @classmethod
    def read(cls, folder: Path, gallery: Gallery) -> LivePage:
        """Read what the study left; AtlasError where it does not fit this version or the atlas."""
        record = read_record(folder / NETWORK, NetworkRecord.model_validate_json)
        samples = read_record(folder / PICTURES, PICTURE_LIST.validate_json)
        require_layers(folder, gallery, ((each.name, each.filters) for each in record.layers))
        return cls(folder, gallery, record, samples)

    @property
    def answers(self) -> Answers:
        """Return which filters answer most to each drawing."""
        return {
            sample.name: {
                layer: [number for number, _ in filters] for layer, filters in sample.top.items()
            }
            for sample in self.samples
            if sample.kind == "drawing"
        }

    def invitation(self, layer: str = "", number: int | None = None) -> Target:
        """Return the way to the page: from home, from a layer's page, from a filter's."""
        if number is not None:
            return f"{PAGE}#{layer}/{number}", "Try it on your own picture"
        if layer:
            return f"{PAGE}#look={layer}", "See this layer answer to your own picture"
        return PAGE, "Try it on your own picture"

    def scripts(self, static: Path) -> dict[str, bytes]:
        """Return the page's scripts by name."""
        network = json.loads((self.folder / NETWORK).read_bytes())
        network["gallery"] = gallery_tables(self.gallery, PAGE)
        pictures = [
            {
                **sample.model_dump(include={"name", "words", "kind", "credit"}),
                "src": f"data:{sample.type};base64,{sample.data}",
            }
            for sample in self.samples
        ]
        texts = {
            "page": scripts.page_script(static),
            "engine": scripts.engine_script(static),
            "network": scripts.network_script(network),
            "pictures": scripts.pictures_script(pictures),
        }
        for part in self._parts:
            weights = (self.folder / weights_name(part)).read_bytes()
            texts[f"weights-{part}"] = scripts.weights_script(part, weights)
        return {f"{NAME}-{part}.js": text.encode() for part, text in texts.items()}

    @property
    def _parts(self) -> range:
        return range(1, len(self.record.parts) + 1)

    def view(self, frames: Frames, texts: Texts) -> LiveView:
        """Return the view of the page."""
        record, text, assets = self.record, frames.content.studies[NAME], frames.assets
        height, width = record.input

        def script(part: str) -> str:
            return assets.scripts[f"{NAME}-{part}.js"]

        sizes = {
            part: gzipped(assets.files[script(part)])
            for part in ("engine", "network", "pictures", *(f"weights-{n}" for n in self._parts))
        }
        weights = [f"weights-{part}" for part in self._parts]
        early = record.layers[:FIRST_LAYERS][-1].part
        first = sum(sizes[part] for part in ("engine", "network", "pictures", *weights[:early]))
        then = sum(sizes.values()) - first
        classes = bool(record.classes) and record.output is not None
        images = several(self.gallery.manifest.images.count, "image", "images")
        lost = [title for _, title, needed in words.MODES if needed and not classes]
        last = self.gallery.layers[-1].record.name
        return LiveView(
            frame=self.frame(frames, scripts=[f"{NAME}-page.js"], card_of=last),
            html=texts.html(text, PAGE),
            engine=frames.address(PAGE, script("engine")),
            network=frames.address(PAGE, script("network")),
            pictures=frames.address(PAGE, script("pictures")),
            weights=" ".join(frames.address(PAGE, script(part)) for part in weights),
            bytes=" ".join(str(sizes[part]) for part in weights),
            start=f"Start ({megabytes(first)}, then {megabytes(then)})",
            size=words.SIZE if len(record.layers) > FIRST_LAYERS else words.SIZE_OF_ONE,
            privacy=words.PRIVACY,
            without_scripts=words.WITHOUT_SCRIPTS,
            modes=tuple(Mode(name, title, title in lost) for name, title, _ in words.MODES),
            without_classes=words.NO_CLASSES.format(
                modes=listing(lost), reason=record.no_output or words.THIS_HAS_NONE
            )
            if lost
            else "",
            layers=tuple(Choice(layer.name, layer.title) for layer in record.layers),
            samples=tuple(
                Choice(each.name, first_capital(shortened(each.words, LONGEST)))
                for each in self.samples
            ),
            rules=self._rules(),
            projection=first_capital(PROJECTIONS[record.rule].one),
            width=str(width),
            height=str(height),
            side=str(min(record.input) // 4),
            longest=str(min(record.input)),
            last_row=str(height - 1),
            last_column=str(width - 1),
            classes=classes,
            reading_maps=words.MAPS,
            reading_rank=words.RANK.format(images=images),
            reading_reconstruction=words.RECONSTRUCTION.format(
                honest=PROJECTIONS[record.rule].honest
            ),
            reading_name=words.NAME.format(classes=several(len(record.classes), "class", "classes"))
            if classes
            else "",
            reading_cover=words.COVER,
            reading_dream=words.DREAM,
            reading_fool=words.FOOL,
            facts=self._facts(first + then),
            precision=words.PRECISION,
        )

    def _rules(self) -> tuple[Choice, ...]:
        ours: Rule = self.record.rule
        rules = sorted(get_args(Rule), key=lambda rule: rule != ours)
        return tuple(
            Choice(rule, first_capital(rule) + (", as in this gallery" if rule == ours else ""))
            for rule in rules
        )

    def _facts(self, total: int) -> tuple[Fact, ...]:
        record = self.record
        weights = sum(part.bytes for part in record.parts)
        return (
            Fact("Network", record.network),
            Fact("Weights", f"8 bits each, {megabytes(weights)}"),
            Fact("All that is fetched", megabytes(total)),
            Fact("Classes", count(len(record.classes)) if record.classes else "none"),
            *(
                Fact(layer.title, f"8-bit weights change it by {percent(layer.deviation)}")
                for layer in record.layers
            ),
        )


def megabytes(size: int) -> str:
    """Return a size in bytes as megabytes of a million: "0.9 MB", "less than 0.1 MB"."""
    return f"{size / 1e6:.1f} MB" if size >= 50_000 else "less than 0.1 MB"


def percent(part: float) -> str:
    """Return a small share: "0.6 %"."""
    return f"{100 * part:.1f} %" if part >= 0.0005 else "less than 0.1 %"
