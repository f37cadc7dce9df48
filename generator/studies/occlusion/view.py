"""The record as views: the page of the six images, a page for each, and ways to them."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from generator.atlas.schema import ImageRecord
from generator.errors import AtlasError
from generator.render import urls
from generator.render.facts import Gallery, LayerFacts
from generator.render.text.study_claims import Numbers
from generator.render.text.texts import Texts
from generator.render.views.frame import Frame, Frames, Link, Pair, Picture, Target
from generator.render.views.pictures import pair
from generator.render.views.study import (
    AGAIN,
    Section,
    StudyPage,
    StudySite,
    read_record,
    trained_on,
)
from generator.render.words.words import (
    activation,
    count,
    decimal,
    first_capital,
    in_words,
    listing,
    per_cent,
    pixels,
    several,
    share,
    shortened,
)
from generator.studies.occlusion import record, words
from generator.studies.occlusion.choice import IMAGES, SURE
from generator.studies.occlusion.record import (
    COLOURS,
    RECORD,
    Floats,
    Image,
    Maps,
    Occlusion,
    Positions,
)
from generator.studies.occlusion.squares import Square, side_of, squares, stride_of

NAME = "occlusion"
PAGE = urls.study_page(NAME)
LETTERS = {"map": "(a)", "reconstruction": "(b)", "probability": "(c)", "answers": "(d)"}
LONGEST = 40  # characters of a class or caption in a sentence
HARDLY = 0.01  # of a probability, below which a fall is none to speak of


@dataclass(frozen=True)
class Outlined:
    """A picture with a square drawn over it."""

    src: str
    width: str
    height: str
    alt: str
    box: tuple[str, str, str, str]  # left, top, width, height


@dataclass(frozen=True)
class Scale:
    """The colours of a map, and the values at both ends."""

    src: str
    low: str
    high: str


@dataclass(frozen=True)
class Column:
    """One picture of an image, with what stands under it."""

    letter: str  # "(a)"; "" of the image itself
    title: str
    picture: Picture | None
    outlined: Outlined | None  # one of both
    scale: Scale | None
    note: str


@dataclass(frozen=True)
class Winner:
    """A class that is the most probable one somewhere."""

    colour: str
    cells: tuple[str, str, str]  # name, share of the positions, where most of them are


@dataclass(frozen=True)
class Row:
    """One image in brief: five pictures side by side."""

    link: Link
    columns: tuple[Column, ...]
    sentence: str


@dataclass(frozen=True)
class OcclusionView:
    """`occlusion.html`."""

    frame: Frame
    html: str
    legend: str
    rows: tuple[Row, ...]
    rule: tuple[str, ...]  # paragraphs
    how: str


@dataclass(frozen=True)
class ImageView:
    """`occlusion/<row>.html`."""

    frame: Frame
    image: Column
    sentences: tuple[str, ...]
    filter: Link
    columns: tuple[Column, ...]
    head: tuple[str, ...]
    winners: tuple[Winner, ...]
    elsewhere: str
    figure: Pair
    how: str
    about: Link


@dataclass(frozen=True)
class OnImage:
    """What stands on the page of an image."""

    row: Row
    about: Link


@dataclass(frozen=True)
class OcclusionSite(StudySite):
    """The study as the site sees it."""

    folder: Path
    gallery: Gallery
    record: Occlusion
    maps: Mapping[int, Maps]  # by row of the image set

    name = NAME
    has_page = True

    @classmethod
    def read(cls, folder: Path, gallery: Gallery) -> OcclusionSite:
        """Read what the study left; AtlasError where it does not fit this version or the atlas."""
        found = read_record(folder / RECORD, Occlusion.model_validate_json)
        last = gallery.layers[-1].record
        if found.layer != last.name or any(each.filter >= last.filters for each in found.images):
            raise AtlasError(f"{folder}: made for other layers than the atlas has; {AGAIN}")
        maps = {each.row: record.read_maps(folder, each.row) for each in found.images}
        return cls(folder, gallery, found, maps)

    @property
    def numbers(self) -> Numbers:
        """Return medians over the images, and the least.

        "median fall" of the right class's probability, where it is greatest; "median fall of the
        map", a part of its sum without the square; "median share of positions" at which the answer
        stays; "median correlation" of both maps. Also how many "images" there are, and "images
        with another answer" somewhere.
        """
        images = [(each, self.maps[each.row]) for each in self.record.images]
        falls = [each.probability - float(maps.probability.min()) for each, maps in images]
        of_map = [
            1 - float(maps.total.min()) / each.total for each, maps in images if each.total > 0
        ]
        stays = [_stays(each, maps) / maps.answer.size for each, maps in images]
        together = [r for _, maps in images if (r := _correlation(maps)) is not None]
        found = {
            "fall": falls,
            "fall of the map": of_map,
            "share of positions": stays,
            "correlation": together,
        }
        values = {
            (f"{what} {name}", ""): of(each)
            for name, each in found.items()
            for what, of in (("median", statistics.median), ("least", min))
            if each
        }
        values["images", ""] = float(len(images))
        values["images with another answer", ""] = float(sum(each < 1 for each in stays))
        return Numbers(values, photographs=True)

    @property
    def pictures(self) -> dict[str, Path]:
        """Return the pictures: path inside the site, and where each lies in the atlas."""
        names = [(str(each.row), name) for each in self.record.images for name in record.PICTURES]
        return {
            urls.study_picture(NAME, *each): record.picture(self.folder, *each)
            for each in [(record.SCALE,), *names]
        }

    def invitation(self, layer: str = "", number: int | None = None) -> Target | None:
        """Return the way to the page from home and the last layer, to an image from its filter."""
        if number is None:
            return (PAGE, words.ABOUT) if layer in ("", self.record.layer) else None
        if layer == self.record.layer:
            for each in self.record.images:
                if each.filter == number:
                    return _page_of(each.row), words.OF_FILTER
        return None

    def view(self, frames: Frames, texts: Texts) -> OcclusionView:
        """Return the view of the page."""
        text = frames.content.studies[NAME]
        return OcclusionView(
            frame=self.frame(frames, card_of=self.record.layer),
            html=texts.html(text, PAGE),
            legend=words.LEGEND,
            rows=tuple(self._row(PAGE, each) for each in self.record.images),
            rule=tuple(self._rule()),
            how=self._how,
        )

    def pages(self, frames: Frames, _texts: Texts) -> Iterator[StudyPage]:
        """Return a page for each image."""
        text, images = frames.content.studies[NAME], self.record.images
        for at, each in enumerate(images):
            page = _page_of(each.row)
            near = [
                (_page_of(other.row), first_capital(_short(other.caption))) if other else None
                for other in (images[at - 1] if at else None, *(images[at + 1 : at + 2] or [None]))
            ]
            title = first_capital(_short(each.caption))
            frame = frames.frame(
                page,
                title,
                (words.COVERED if self._falls(each) else words.COVERED_HARDLY).format(
                    **self._fall(each)
                ),
                crumbs=[(PAGE, text.title), (page, title)],
                card_of=self.record.layer,
                previous=near[0],
                following=near[1],
            )
            yield StudyPage(page, f"studies/{NAME}.item", self._item(frame, page, each))

    def on_image(self, frames: Frames, image: ImageRecord) -> Section | None:
        """Return the pictures of an image, where it is one of these."""
        page = urls.image_page(image.row)
        for each in self.record.images:
            if each.row == image.row:
                about = frames.link(page, _page_of(each.row), words.OF_IMAGE)
                return Section(f"studies/{NAME}.image.html", OnImage(self._row(page, each), about))
        return None

    @cached_property
    def _layer(self) -> LayerFacts:
        return self.gallery.layer(self.record.layer)

    @cached_property
    def _squares(self) -> list[Square]:
        return squares(self._layer.input_size)

    def _item(self, frame: Frame, page: str, image: Image) -> ImageView:
        layer = self._layer
        picture, *columns = self._columns(page, image)
        return ImageView(
            frame=frame,
            image=picture,
            sentences=tuple(self._sentences(image)),
            filter=Link(
                urls.link(page, urls.filter_page(layer.record.name, image.filter)),
                f"{layer.record.title}, filter {image.filter}",
            ),
            columns=tuple(columns),
            head=words.HEAD,
            winners=tuple(self._winners(image)),
            elsewhere=words.MAP_OF.format(number=image.filter),
            figure=pair(page, layer, layer.filters[image.filter], small=False),
            how=self._how,
            about=Link(urls.link(page, PAGE), words.ABOUT),
        )

    def _row(self, page: str, image: Image) -> Row:
        return Row(
            link=Link(urls.link(page, _page_of(image.row)), first_capital(_short(image.caption))),
            columns=tuple(self._columns(page, image, brief=True)),
            sentence=self._brief(image),
        )

    def _columns(self, page: str, image: Image, *, brief: bool = False) -> Iterator[Column]:
        """Yield the image and the four columns of the paper's figure, `brief` without notes."""
        maps, right = self.maps[image.row], self._name(image.right)
        field, covered = self._clipped(image.box), self._clipped(self._at(maps.probability))
        alt = words.IMAGE_ALT.format(caption=_short(image.caption), right=right)
        outlined = self._outlined(page, image, "image", alt, covered)
        yield Column("", words.IMAGE, None, outlined, None, "" if brief else words.OUTLINED)
        values: dict[str, str] = {
            "number": str(image.filter),
            "right": right,
            "projection": self._layer.projection.title.removesuffix("s"),
            "classes": listing([" ".join(each.cells[:2]) for each in self._winners(image)]),
        }
        for name, letter in LETTERS.items():
            scale, note, box = None, "", None
            if name in ("map", "probability"):
                shown = maps.total if name == "map" else maps.probability
                numbers = [min(float(shown.min()), 0.0), float(shown.min()), float(shown.max())]
                texts = [activation(x) if name == "map" else per_cent(x) for x in numbers]
                start, low, high = texts
                scale = Scale(self._src(page, record.SCALE), start, high)
                values |= {"low": low, "high": high, "where": self._where(shown, brief=True)}
            elif name == "reconstruction":
                box = field
                if not brief:
                    note = words.IN_FIELD.format(scale=activation(image.scale, 2))
            else:
                most_frequent, won = max(self._groups(image), key=lambda group: int(group[1].sum()))
                note = f"{most_frequent} {share(int(won.sum()), won.size)}"
            alt = words.ALTS[name].format(**values)
            of = words.RIGHT if self.record.counts == "label" else words.OWN
            titles = words.BRIEF_TITLES if brief else words.TITLES
            title = titles[name].format(right=of, projection=self._layer.projection.one)
            yield Column(
                letter,
                title,
                None if box else self._picture(page, image, name, alt),
                self._outlined(page, image, name, alt, box) if box else None,
                scale,
                note,
            )

    def _src(self, page: str, *names: str) -> str:
        return urls.link(page, urls.study_picture(NAME, *names))

    def _picture(self, page: str, image: Image, name: str, alt: str) -> Picture:
        size = self._layer.input_size
        return Picture(
            self._src(page, str(image.row), name), size.width, size.height, alt, pixelated=True
        )

    def _outlined(self, page: str, image: Image, name: str, alt: str, box: Square) -> Outlined:
        size, (top, left, bottom, right) = self._layer.input_size, box
        return Outlined(
            src=self._src(page, str(image.row), name),
            width=str(size.width),
            height=str(size.height),
            alt=alt,
            box=(str(left), str(top), str(right - left), str(bottom - top)),
        )

    def _clipped(self, box: Square) -> Square:
        """Return what of a square lies in the input."""
        size, (top, left, bottom, right) = self._layer.input_size, box
        return max(top, 0), max(left, 0), min(bottom, size.height), min(right, size.width)

    def _at(self, values: Floats) -> Square:
        """Return the square where a map is least."""
        return self._squares[int(values.argmin())]

    def _where(self, values: Floats, *, brief: bool = False) -> str:
        """Say where a map is least."""
        row, column = np.unravel_index(int(values.argmin()), values.shape)
        third = words.WHERE[_third(int(row), values.shape[0])][_third(int(column), values.shape[1])]
        if brief:
            return third
        size, (rows, columns) = self._layer.input_size, values.shape
        x, y = (
            (2 * int(at) + 1) * length // (2 * cells)
            for at, length, cells in ((column, size.width, columns), (row, size.height, rows))
        )
        return words.AT.format(third=third, x=pixels(x), y=pixels(y))

    def _groups(self, image: Image) -> list[tuple[str, Positions]]:
        """Return who wins where: the classes with a colour of their own, then all others as one."""
        answer = self.maps[image.row].answer
        order = record.by_frequency(self.maps[image.row], image.right)
        named, rest = order[: len(COLOURS) - 1], order[len(COLOURS) - 1 :]
        groups = [(self._name(each), answer == each) for each in named]
        if rest:
            name = words.OTHER if len(rest) == 1 else words.OTHERS.format(n=count(len(rest)))
            groups.append((name, np.isin(answer, rest)))
        return groups

    def _winners(self, image: Image) -> Iterator[Winner]:
        """Yield a line of the legend for each colour."""
        for colour, (name, won) in zip(COLOURS, self._groups(image), strict=False):
            most = _most(won) if 0 < 2 * won.sum() < won.size else "–"
            yield Winner(colour, (name, share(int(won.sum()), won.size), most))

    def _brief(self, image: Image) -> str:
        said = words.BRIEF if self._falls(image) else words.BRIEF_HARDLY
        fall = said.format(**self._fall(image))
        return f"{first_capital(fall)} {self._stays(image)}"

    def _falls(self, image: Image) -> bool:
        """Say whether the square takes something to speak of anywhere."""
        low = float(self.maps[image.row].probability.min())
        return low < (1 - HARDLY) * image.probability

    def _fall(self, image: Image) -> dict[str, str]:
        probability = self.maps[image.row].probability
        return {
            "right": self._name(image.right),
            "probability": per_cent(image.probability),
            "low": per_cent(float(probability.min())),
            "where": self._where(probability, brief=True),
        }

    def _stays(self, image: Image) -> str:
        """Say at how many positions the right class is the answer."""
        maps = self.maps[image.row]
        stays, positions = _stays(image, maps), maps.answer.size
        said = {0: words.STAYS_NOWHERE, positions: words.STAYS_EVERYWHERE}.get(stays, words.STAYS)
        return said.format(
            share=share(stays, positions),
            positions=count(positions),
            right=self._name(image.right),
        )

    def _sentences(self, image: Image) -> Iterator[str]:
        """Yield a paragraph on the answer, one on the map, and one on both."""
        maps, right = self.maps[image.row], self._name(image.right)
        low, least = float(maps.probability.min()), float(maps.total.min())
        yield " ".join(
            (
                words.WITHOUT.format(right=right, probability=per_cent(image.probability)),
                words.FALLS.format(where=self._where(maps.probability), low=per_cent(low))
                if self._falls(image)
                else words.FALLS_HARDLY,
                self._stays(image),
            )
        )
        falls = words.MAP_NEVER_FALLS
        if least < image.total:
            falls = words.MAP_FALLS
        yield " ".join(
            (
                words.STRONGEST.format(
                    layer=self._layer.record.title,
                    number=image.filter,
                    activation=activation(image.activation),
                ),
                falls.format(
                    where=self._where(maps.total),
                    total=activation(image.total),
                    low=activation(least),
                    part=words.BY.format(part=per_cent(1 - least / image.total))
                    if image.total > 0 <= least
                    else "",
                ),
            )
        )
        together = _correlation(maps)
        yield words.ALONE if together is None else words.TOGETHER.format(value=decimal(together))

    def _rule(self) -> Iterator[str]:
        found, counted = self.record, count(self.record.looked_at)
        yield words.RULE.format(
            shown=first_capital(several(len(found.images), "image", "images")),
            looked_at=first_capital(
                (words.ALL if found.all_images else words.SOME).format(n=counted)
            ),
            counts=words.COUNTS[found.counts],
            sure=per_cent(SURE),
            layer=self._layer.record.title,
            fitting={0: words.FITS_NONE, 1: words.FITS_ONE}.get(
                found.fitting, words.FITTING.format(n=in_words(found.fitting))
            ),
        )
        if len(found.images) < IMAGES:
            yield words.FEWER.format(six=in_words(IMAGES))
        if trained := trained_on(self.gallery.manifest.network):
            yield trained

    @property
    def _how(self) -> str:
        size = self._layer.input_size
        red, green, blue = (
            str(round(255 * channel)) for channel in self.gallery.manifest.network.mean
        )
        return words.HOW.format(
            side=pixels(side_of(size)),
            stride=pixels(stride_of(size)),
            positions=count(len(self._squares)),
            red=red,
            green=green,
            blue=blue,
        )

    def _name(self, number: int) -> str:
        return shortened(self.record.classes[number], LONGEST)


def _page_of(row: int) -> str:
    return urls.study_item(NAME, str(row))


def _short(caption: str) -> str:
    return shortened(caption, LONGEST)


def _stays(image: Image, maps: Maps) -> int:
    """Return at how many positions the right class is the most probable one."""
    return int((maps.answer == image.right).sum())


def _third(at: int, of: int) -> int:
    """Return which third of so many cells one lies in; a middle one in the middle."""
    return min(3 * (2 * at + 1) // (2 * of), 2)


def _most(won: Positions) -> str:
    """Say in which ninth of the input most of these positions are."""
    ninths = np.zeros((3, 3), int)
    for row, column in np.argwhere(won).tolist():
        ninths[_third(row, won.shape[0]), _third(column, won.shape[1])] += 1
    row, column = divmod(int(ninths.argmax()), 3)
    return words.WHERE[row][column]


def _correlation(maps: Maps) -> float | None:
    """Return Pearson's correlation of both maps; None where one is the same everywhere."""
    a, b = (each.astype(np.float64) for each in (maps.total, maps.probability))
    if a.min() == a.max() or b.min() == b.max():
        return None
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])
