"""What a study may add to the site; each study's view says what it has of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import ValidationError

from generator.atlas.schema import ImageRecord, NetworkRecord
from generator.errors import AtlasError
from generator.render import urls
from generator.render.facts import Gallery, LayerFacts
from generator.render.text.drawings import Answers
from generator.render.text.study_claims import Numbers

if TYPE_CHECKING:
    from generator.render.site.pages import View
    from generator.render.text.texts import Texts
    from generator.render.views.frame import Frame, Frames, Target


T = TypeVar("T")
TRAINED_ON = (
    "The network was trained on: {sets}. Images of this set may have been among them, so this is "
    "no measure of how well it does on new pictures."
)
AGAIN = "run `filter-gallery compute` again, which mends it"


@dataclass(frozen=True)
class Section:
    """A part of a page that a study adds: a template, which prints `section.view`."""

    template: str  # "studies/control.filter.html"
    view: Any  # a frozen record of strings
    above: str = ""  # a template of what stands above the nine places of a filter


@dataclass(frozen=True)
class StudyPage:
    """A further page of a study: of a class, of an image."""

    path: str  # as `urls.study_item` has it
    template: str  # "studies/classes.class"
    view: View


@dataclass(frozen=True)
class CardPictures:
    """Other pictures for the cards of a layer, one a filter, which scripts put there if asked."""

    name: str  # in addresses: `?show=made`
    words: str  # of the choice: "made pictures"
    alt: str  # "Made picture"
    start: str  # of their addresses; the number of the filter and ".webp" follow


@dataclass(frozen=True)
class CardOrder:
    """Another order for the cards of a layer."""

    name: str  # in addresses: `?order=machine`
    words: str  # of the choice: "by machine score"
    values: Sequence[float | None]  # of all filters of the layer; the lowest first, None last


def trained_on(network: NetworkRecord) -> str:
    """Say that images of the set may have been learned from; "" where that is not known."""
    if not network.trained_on or network.is_random:
        return ""
    return TRAINED_ON.format(sets=network.trained_on.rstrip("."))


def sections_of(sections: Iterable[Section | None]) -> tuple[Section, ...]:
    """Return those that there are."""
    return tuple(section for section in sections if section is not None)


def read_record(path: Path, parse: Callable[[bytes], T]) -> T:
    """Return what a study left in a file; AtlasError where this version cannot read it."""
    try:
        return parse(path.read_bytes())
    except (OSError, ValidationError) as problem:
        raise AtlasError(f"{path}: not what this version reads; {AGAIN}") from problem


def require_layers(folder: Path, gallery: Gallery, layers: Iterable[tuple[str, int]]) -> None:
    """Raise AtlasError where a study's layers, names and filters, are not those of the atlas."""
    if [(layer.record.name, layer.record.filters) for layer in gallery.layers] != [*layers]:
        raise AtlasError(f"{folder}: made for other layers than the atlas has; {AGAIN}")


class StudySite:
    """A study of the atlas, as the site sees it. What a study does not have is empty here."""

    name: ClassVar[str]
    about: ClassVar[str] = ""  # words of the way from home to its page

    @property
    def has_page(self) -> bool:
        """Say whether it has a page of its own, made with `studies/<name>.html`."""
        return False

    @property
    def answers(self) -> Answers:
        """Return what claims on drawings rest on."""
        return {}

    @property
    def numbers(self) -> Numbers:
        """Return what texts can claim of it."""
        return Numbers()

    @property
    def pictures(self) -> dict[str, Path]:
        """Return its pictures: path inside the site, and where each lies in the atlas."""
        return {}

    def scripts(self, _static: Path) -> dict[str, bytes]:
        """Return the scripts that it makes by name, given the folder of all scripts."""
        return {}

    def frame(self, frames: Frames, *, card_of: str = "", scripts: Sequence[str] = ()) -> Frame:
        """Return the frame of its page, with the heading of its text."""
        page, text = urls.study_page(self.name), frames.content.studies[self.name]
        crumbs = [(page, text.title)]
        return frames.frame(
            page, text.title, text.summary, crumbs=crumbs, card_of=card_of, scripts=scripts
        )

    def view(self, frames: Frames, texts: Texts) -> View:
        """Return the view of its page."""
        raise NotImplementedError

    def pages(self, _frames: Frames, _texts: Texts) -> Iterable[StudyPage]:
        """Return its further pages, beside the one of its name."""
        return ()

    def invitation(self, layer: str = "", _number: int | None = None) -> Target | None:
        """Return a way to its page from home, from a layer's page, or from a filter's."""
        return None if layer or not self.about else (urls.study_page(self.name), self.about)

    def on_filter(self, _frames: Frames, _layer: LayerFacts, _number: int) -> Section | None:
        """Return what it adds to the page of a filter."""
        return None

    def remark(self, _layer: LayerFacts, _number: int) -> str:
        """Return a sentence that the pictures of a filter's places must not be seen without."""
        return ""

    def on_cards(self, _layer: LayerFacts, _page: str) -> CardPictures | None:
        """Return what it adds to the choice above the cards of a layer, on a page of it."""
        return None

    def order(self, _layer: LayerFacts) -> CardOrder | None:
        """Return an order that it adds to those of a layer's cards."""
        return None

    def on_image(self, _frames: Frames, _image: ImageRecord) -> Section | None:
        """Return what it adds to the page of an image."""
        return None

    def on_layer(self, _frames: Frames, _layer: LayerFacts) -> Section | None:
        """Return what it adds to the page of a layer."""
        return None
