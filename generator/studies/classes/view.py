"""The classes on the site: an index, a page for each, and what filters and images say of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from generator.atlas.schema import GUTTER, IMAGE_TILE, ImageRecord, sheet_side
from generator.render import urls
from generator.render.facts import Gallery, LayerFacts
from generator.render.text.study_claims import Numbers
from generator.render.text.texts import Texts
from generator.render.views.frame import Fact, Frame, Frames, Link, Pair
from generator.render.views.paging import Paging, paging
from generator.render.views.pictures import Crop, pair
from generator.render.views.study import Section, StudyPage, StudySite, trained_on
from generator.render.words.words import count, in_words, listing, several, share, shortened
from generator.studies.classes import record, words
from generator.studies.classes.findings import Added, Findings
from generator.studies.classes.record import Shown
from generator.studies.labels import HOW

NAME = "classes"
PAGE = urls.study_page(NAME)
ON_PAGE = 100  # classes of the index, and of a layer's table
FOR, AGAINST = 8, 4  # filters of a class's page
CLASSES_FOR, CLASSES_AGAINST = 6, 3  # of a filter's page
LONGEST = 40  # characters of a name in a list
LABELS_NAMED = 20


@dataclass(frozen=True)
class Cell:
    """A cell of a table: words, after a link where it has one."""

    link: Link | None
    words: str = ""


@dataclass(frozen=True)
class LinkTable:
    """A table whose first cell of each row is its heading."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class IndexView:
    """`classes.html`, or a page on which a long index goes on."""

    frame: Frame
    html: str  # "" on a later page
    facts: tuple[Fact, ...]
    remarks: tuple[str, ...]
    table: LinkTable
    paging: Paging | None


@dataclass(frozen=True)
class ShownView:
    """One image of a class."""

    tile: Crop
    words: str  # probability and answer
    caption: str
    href: str  # of the page of the image; "" where it has none


@dataclass(frozen=True)
class Row:
    """Some images of a class."""

    title: str
    images: tuple[ShownView, ...]


@dataclass(frozen=True)
class Confusion:
    """Which classes one is confused with."""

    title: str
    classes: tuple[Cell, ...]


@dataclass(frozen=True)
class ClassView:
    """`classes/<number>.html`."""

    frame: Frame
    facts: tuple[Fact, ...]
    trained_on: str  # "" where it is not known
    how: str  # what the numbers at filters are, and over which images
    speaking: tuple[tuple[str, tuple[Pair, ...]], ...]  # for and against
    rows: tuple[Row, ...]
    confusions: tuple[Confusion, ...]


@dataclass(frozen=True)
class FilterClasses:
    """The section of a filter's page."""

    sentence: str
    lists: tuple[tuple[str, tuple[Cell, ...]], ...]
    about: Link


@dataclass(frozen=True)
class LayerClasses:
    """The section of a layer's page."""

    sentence: str
    table: LinkTable
    about: Link


@dataclass(frozen=True)
class ImageClasses:
    """The section of an image's page."""

    title: str
    answers: tuple[Cell, ...]
    sentence: str


@dataclass(frozen=True)
class ClassesSite(StudySite):
    """The study as the site sees it."""

    found: Findings

    name = NAME
    about = words.ABOUT
    has_page = True

    @classmethod
    def read(cls, folder: Path, gallery: Gallery) -> ClassesSite:
        """Read the study's files. Raises AtlasError."""
        return cls(Findings.read(folder, gallery))

    @property
    def numbers(self) -> Numbers:
        """Return what `Findings.numbers` says."""
        return self.found.numbers

    @property
    def pictures(self) -> dict[str, Path]:
        """Return the pictures of those classes with a page that have one."""
        return {
            urls.study_picture(NAME, str(number)): record.picture(self.found.folder, number)
            for number in self.found.paged
            if any(_groups(self.found, number))
        }

    def view(self, frames: Frames, texts: Texts) -> IndexView:
        """Return the view of the index's first page."""
        text, found = frames.content.studies[NAME], self.found.record
        frame = self.frame(frames)
        facts = [Fact("Classes", count(len(found.classes))), Fact("Images", self._images)]
        remarks = [self._exactness]
        if found.labelled:
            facts.append(_right("Named right", found.right, found.labelled))
            if len(found.classes) > 5:  # or it would be so by itself
                facts.append(_right("Among the first five", found.among_five, found.labelled))
            matched = words.MATCHED.format(n=count(found.labelled), images=count(found.images))
            remarks += [trained_on(frames.gallery.manifest.network), f"{HOW}. {matched}"]
        else:
            remarks.append(words.NO_LABELS.format(how=HOW))
        if bare := found.without_class:
            named = [shortened(label, LONGEST) for label in bare[:LABELS_NAMED]]
            if more := len(bare) - len(named):
                named.append(f"{count(more)} more")
            remarks.append(words.WITHOUT_CLASS.format(labels=listing(named)))
        return IndexView(
            frame=frame,
            html=texts.html(text, PAGE),
            facts=tuple(facts),
            remarks=tuple(filter(None, remarks)),
            table=self._index(PAGE, 1),
            paging=self._paging(PAGE),
        )

    def pages(self, frames: Frames, _texts: Texts) -> Iterator[StudyPage]:
        """Return the further pages of the index, and a page for each class."""
        title = frames.content.studies[NAME].title
        for number, (path, name) in enumerate(self._index_pages[1:], 2):
            heading = f"{title}, {name}"
            crumbs = [(PAGE, title), (path, name)]
            frame = frames.frame(path, heading, words.ABOUT, crumbs=crumbs)
            index = IndexView(frame, "", (), (), self._index(path, number), self._paging(path))
            yield StudyPage(path, f"studies/{NAME}", index)
        for at, number in enumerate(self.found.paged):
            view = self._class(frames, at, number)
            yield StudyPage(_path(number), f"studies/{NAME}.class", view)

    def on_filter(self, frames: Frames, layer: LayerFacts, number: int) -> Section | None:
        """Say which classes a filter of the last layer speaks for."""
        if layer.record.name != self.found.record.layer:
            return None
        page = urls.filter_page(layer.record.name, number)
        lists = (
            ("For", self.found.speaks_for(number, CLASSES_FOR)),
            ("Against", self.found.speaks_against(number, CLASSES_AGAINST)),
        )
        view = FilterClasses(
            sentence=self._over(words.FILTER, own=bool(self.found.with_images))
            if any(each for _, each in lists)
            else words.FILTER_NOTHING,
            lists=tuple(
                (title, tuple(self._added(page, each) for each in classes))
                for title, classes in lists
                if classes
            ),
            about=frames.link(page, PAGE, words.ABOUT),
        )
        return Section(f"studies/{NAME}.filter.html", view)

    def on_layer(self, frames: Frames, layer: LayerFacts) -> Section | None:
        """Show the strongest filter for each class."""
        if layer.record.name != self.found.record.layer:
            return None
        page, classes = urls.layer(layer.record.name), self.found.record.classes
        paged = [n for n in self.found.paged if classes[n].images]
        paged = paged or [n for n in self.found.paged if classes[n].weighed]
        shown = sorted(paged, key=lambda n: -classes[n].images)[:ON_PAGE]
        own = all(classes[number].images for number in shown)
        sentence = self._over(words.LAYER, own=own)
        if len(shown) < len(paged):
            sentence += " " + words.MORE[own].format(n=count(len(shown)))
        view = LayerClasses(
            sentence=sentence,
            table=LinkTable(
                "Strongest filter for each class",
                ("Class", "Filter"),
                tuple(
                    (Cell(self._link(page, number)), self._strongest(page, number))
                    for number in paged
                    if number in shown
                ),
            ),
            about=frames.link(page, PAGE, words.ABOUT),
        )
        return Section(f"studies/{NAME}.layer.html", view)

    def on_image(self, frames: Frames, image: ImageRecord) -> Section | None:
        """Say what the network takes an image for; nothing of one that was not looked at."""
        arrays, at = self.found.arrays, self.found.of_image.get(image.row)
        if at is None:
            return None
        page, meant = urls.image_page(image.row), int(arrays.meant[at])
        answers = zip(arrays.answer[at].tolist(), arrays.probability[at].tolist(), strict=True)
        said = words.NO_CLASS if image.label else ""
        if meant >= 0:
            said = words.RIGHT.format(name=self.found.names[meant])
        if frames.gallery.manifest.network.trained_on:
            said = f"{said} {words.TRAINED}".strip()
        view = ImageClasses(
            title=words.IMAGE,
            answers=tuple(
                self._cell(page, number, words.probability(value)) for number, value in answers
            ),
            sentence=said,
        )
        return Section(f"studies/{NAME}.image.html", view)

    # --- The index --------------------------------------------------------------------------------

    @property
    def _index_pages(self) -> list[tuple[str, str]]:
        """Return path and words of each page of the index."""
        paged, names = self.found.paged, self.found.names
        starts = range(0, len(paged), ON_PAGE)
        found = []
        for page, start in enumerate(starts, 1):
            ends = paged[start], paged[min(start + ON_PAGE, len(paged)) - 1]
            first, last = (shortened(names[number], 20) for number in ends)
            path = PAGE if page == 1 else urls.study_item(NAME, f"page{page}")
            found.append((path, f"{first} to {last}"))
        return found

    def _paging(self, path: str) -> Paging | None:
        return paging(path, "Pages of the index", "Classes", self._index_pages)

    def _index(self, path: str, page: int) -> LinkTable:
        numbers = self.found.paged[(page - 1) * ON_PAGE : page * ON_PAGE]
        head = ("Class", "Images", "Named right", "Strongest filter", "Most often taken for")
        return LinkTable("All classes", head, tuple(self._line(path, each) for each in numbers))

    def _line(self, page: str, number: int) -> tuple[Cell, ...]:
        one = self.found.one(number)
        return (
            Cell(self._link(page, number)),
            Cell(None, count(one.images)),
            Cell(None, share(one.right, one.images) if one.images else "–"),
            self._strongest(page, number),
            *(self._cell(page, other, f"({count(n)})") for other, n in one.taken_for[:1]),
            *(() if one.taken_for else (Cell(None, "–"),)),
        )

    # --- A class ----------------------------------------------------------------------------------

    def _class(self, frames: Frames, at: int, number: int) -> ClassView:
        found, page, paged = self.found, _path(number), self.found.paged
        one, name = found.one(number), found.names[number]
        beside = {
            step: (_path(paged[step]), shortened(found.names[paged[step]], LONGEST))
            for step in (at - 1, at + 1)
            if 0 <= step < len(paged)
        }
        lead = f"{words.NO_IMAGE}."
        facts = []
        if one.images:
            lead = words.LEAD.format(
                right=in_words(one.right), images=several(one.images, "image", "images")
            )
            facts = [_right("Named right", one.right, one.images)]
        if one.score is not None:
            facts.append(Fact("Mean score", _number(one.score)))
            if one.bias is not None:
                facts += [
                    Fact("Of it from the filters", _number(one.score - one.bias)),
                    Fact("The constant", _number(one.bias)),
                ]
        text = frames.content.studies[NAME]
        return ClassView(
            frame=frames.frame(
                page,
                name,
                lead,
                crumbs=[(PAGE, text.title), (page, shortened(name, LONGEST))],
                card_of=found.record.layer,
                previous=beside.get(at - 1),
                following=beside.get(at + 1),
            ),
            facts=tuple(facts),
            trained_on=trained_on(frames.gallery.manifest.network),
            how=f"{self._exactness} {self._basis(number)}",
            speaking=tuple(
                (title, tuple(self._pair(page, each) for each in filters))
                for title, filters in (
                    ("Filters that speak for it", found.strongest(number, FOR)),
                    ("Filters that speak against it", found.weakest(number, AGAINST)),
                )
                if filters
            ),
            rows=tuple(self._rows(frames, page, number)),
            confusions=tuple(
                Confusion(title, tuple(self._cell(page, n, f"({count(k)})") for n, k in classes))
                for title, classes in (
                    (words.TAKEN_FOR, one.taken_for),
                    (words.TAKEN_FROM, one.taken_from),
                )
                if classes
            ),
        )

    def _rows(self, frames: Frames, page: str, number: int) -> Iterator[Row]:
        for row, (title, group) in enumerate(
            zip(words.ROWS, _groups(self.found, number), strict=True)
        ):
            if group:
                yield Row(
                    title,
                    tuple(
                        self._shown(frames, page, number, place, image)
                        for place, image in enumerate(group, row * record.BESIDE)
                    ),
                )

    def _shown(self, frames: Frames, page: str, number: int, place: int, image: Shown) -> ShownView:
        row, column = divmod(place, record.BESIDE)
        pitch = IMAGE_TILE + GUTTER
        label = shortened(image.label, LONGEST)
        there = image.row in frames.gallery.image_pages
        answer = "" if image.answer == number else self._short(image.answer)
        return ShownView(
            tile=Crop(
                src=urls.link(page, urls.study_picture(NAME, str(number))),
                side=sheet_side(IMAGE_TILE, GUTTER),
                view_box=f"{column * pitch} {row * pitch} {IMAGE_TILE} {IMAGE_TILE}",
                alt=words.ALT.format(label=label) if label else words.ALT_BARE,
                pixelated=False,
            ),
            words=f"{words.probability(image.probability)} {answer}".strip(),
            caption=shortened(image.caption, LONGEST),
            href=urls.link(page, urls.image_page(image.row)) if there else "",
        )

    def _pair(self, page: str, added: Added) -> Pair:
        number, value = added
        layer = self.found.layer
        shown = pair(page, layer, layer.filters[number], small=True, brief=True)
        return replace(shown, title=f"Filter {number}", words=words.added(value))

    # --- Sentences and cells ----------------------------------------------------------------------

    @property
    def _images(self) -> str:
        images = count(self.found.record.images)
        return f"all {images}" if self.found.record.all_images else words.SOME.format(n=images)

    @property
    def _exactness(self) -> str:
        sentence = words.EXACT if self.found.record.exact else words.BY_GRADIENT
        return sentence.format(layer=self.found.layer.record.title)

    def _over(self, sentence: str, *, own: bool) -> str:
        said = sentence.format(over=words.OVER[own])
        return said if self.found.record.exact else f"{said} {words.ESTIMATE}"

    def _basis(self, number: int) -> str:
        one = self.found.one(number)
        return words.BASIS[one.basis].format(images=several(one.weighed, "image", "images"))

    def _short(self, number: int) -> str:
        return shortened(self.found.names[number], LONGEST)

    def _cell(self, page: str, number: int, said: str) -> Cell:
        """Return a class as a link; as words where it is one of very many and has no page."""
        link = self._link(page, number)
        return Cell(link, said) if link else Cell(None, f"{self._short(number)} {said}")

    def _link(self, page: str, number: int) -> Link | None:
        known = number in self.found.paged_set
        return Link(urls.link(page, _path(number)), self._short(number)) if known else None

    def _added(self, page: str, added: Added) -> Cell:
        number, value = added
        return self._cell(page, number, words.added(value))

    def _strongest(self, page: str, number: int) -> Cell:
        for filter_, value in self.found.strongest(number, 1):
            target = urls.filter_page(self.found.record.layer, filter_)
            return Cell(Link(urls.link(page, target), str(filter_)), f"({words.added(value)})")
        return Cell(None, "none")


def _path(number: int) -> str:
    return urls.study_item(NAME, str(number))


def _groups(found: Findings, number: int) -> Sequence[tuple[Shown, ...]]:
    one = found.one(number)
    return one.surest_right, one.surest_wrong, one.surest_taken


def _right(name: str, right: int, of: int) -> Fact:
    return Fact(name, f"{share(right, of)} ({count(right)} of {count(of)})")


def _number(value: float) -> str:
    return words.added(value).removeprefix("+")
