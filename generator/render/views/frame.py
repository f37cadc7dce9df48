"""What every page has around its content: title, navigation, crumbs, notices, footer.

All views are frozen records of strings, so that templates print and decide nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from generator.atlas.schema import LayerRecord
from generator.render import urls
from generator.render.facts import Gallery
from generator.render.site.assets import Assets
from generator.render.text.content import Content, Text

if TYPE_CHECKING:
    from generator.render.views.study import StudySite

MEANING = "Layer n means the output of convolution n after its ReLU."
MEANING_OF_MODULES = "A layer here is the output of one module of the network; its page names it."
Target = tuple[str, str]  # a path inside the site, and the words of a link to it
NO_LICENCE = (
    "No licence is known for these images. Ask those who made them before you publish this page."
)


@dataclass(frozen=True)
class Link:
    """An address as written on its page, and its words."""

    href: str
    text: str
    current: bool = False


def filter_link(page: str, layer: str, number: int, words: str) -> Link:
    """Return a link to a filter's page, as written on `page`."""
    return Link(urls.link(page, urls.filter_page(layer, number)), words)


@dataclass(frozen=True)
class Picture:
    """An image shown whole."""

    src: str
    width: int
    height: int
    alt: str
    pixelated: bool  # enlarge with nearest neighbour: the sheet holds every pixel exactly


@dataclass(frozen=True)
class Pair:
    """The two sheets of one filter, as in the paper's figures."""

    href: str
    title: str
    words: str  # what stimuli showed of the filter
    reconstructions: Picture
    patches: Picture


@dataclass(frozen=True)
class Table:
    """Facts in rows; the first cell of each row is its heading."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()  # sentences under it


class Fact(NamedTuple):
    """One measured fact: its name and its value."""

    name: str
    value: str


@dataclass(frozen=True)
class Frame:
    """The part of a page that all pages share."""

    language: str
    title: str  # of the browser's tab
    heading: str
    description: str  # in one sentence; most pages show it under their heading
    home: Link
    layers: tuple[Link, ...]
    texts: tuple[Link, ...]
    finder: Link | None  # None on a site without one
    crumbs: tuple[Link, ...]  # from the home page to this one; none on the home page
    style: str
    scripts: tuple[str, ...]
    notice: str  # "" where the licence of the images is known
    credit: str  # how to credit the pictures shown
    credits: str  # address of the credits
    made_with: str
    meaning: str  # of the word layer
    previous: Link | None
    following: Link | None
    up: Link | None  # the crumb before this page
    canonical: str
    card: str  # whole address of the picture that other sites show


class AnyFrames(Protocol):
    """Makes frames, of a gallery's pages or of a comparison's."""

    @property
    def assets(self) -> Assets: ...

    def frame(self, path: str, heading: str, description: str) -> Frame: ...


@dataclass(frozen=True)
class Frames:
    """Makes the frame of each page from what all pages share."""

    gallery: Gallery
    content: Content
    assets: Assets
    base_url: str | None
    version: str
    studies: tuple[StudySite, ...] = ()
    # Studies without a page: what is not there, and why.
    absent: tuple[Fact, ...] = ()

    @property
    def _numbered(self) -> bool:
        """Say whether layer n is the ReLU behind convolution n, by the names of the modules."""
        return all(
            (found := re.search(r"relu(\d+)$", layer.record.module))
            and layer.record.title == f"Layer {found[1]}"
            for layer in self.gallery.layers
        )

    def module_of(self, record: LayerRecord) -> str:
        """Name the module whose output a layer is; "" where every page says what layers are."""
        if self._numbered:
            return ""
        return f"{record.title} is the output of the module {record.module}."

    def frame(
        self,
        path: str,
        heading: str,
        description: str,
        *,
        crumbs: Sequence[Target] = (),
        scripts: Sequence[str] = (),
        card_of: str = "",
        previous: Target | None = None,
        following: Target | None = None,
    ) -> Frame:
        """Return the frame of the page at `path`; `crumbs` lead from below the home page to it.

        A page that shows pictures names the layer whose card stands for it elsewhere, `card_of`.
        """
        site = self.content.site
        terms = self.gallery.manifest.images.credits
        unlicensed = card_of and (terms is None or not terms.licence)
        finder = self.content.finder
        records = (layer.record for layer in self.gallery.layers)
        texts = ((page, text.nav) for page, text in self._texts() if text.nav)
        trail = [self.link(path, *crumb) for crumb in ((urls.HOME, "Home"), *crumbs) if crumbs]
        base = self.base_url
        return Frame(
            language=site.language,
            title=site.title if path == urls.HOME else f"{heading} – {site.title}",
            heading=heading,
            description=description,
            home=self.link(path, urls.HOME, site.title),
            layers=tuple(self.link(path, urls.layer(r.name), r.title) for r in records),
            texts=tuple(self.link(path, *text) for text in texts),
            finder=self.link(path, urls.FINDER, finder.nav or finder.title),
            crumbs=tuple(trail),
            style=self.address(path, self.assets.style),
            # 404.html is shown at any depth, where a script may not be found: it has none.
            scripts=tuple(
                self.address(path, self.assets.scripts[name])
                for name in ("keys.js", *scripts)
                if path != urls.NOT_FOUND
            ),
            notice=NO_LICENCE if unlicensed else "",
            credit=terms.how_to_credit if card_of and terms else "",
            credits=self.address(path, urls.CREDITS),
            made_with=f"Filter Gallery {self.version}",
            meaning=MEANING if self._numbered else MEANING_OF_MODULES,
            previous=self.link(path, *previous) if previous else None,
            following=self.link(path, *following) if following else None,
            up=trail[-2] if trail else None,
            canonical=urls.absolute(base, path) if base else "",
            card=urls.absolute(base, urls.social_card(card_of)) if base and card_of else "",
        )

    def invitations(
        self, source: str, layer: str = "", number: int | None = None
    ) -> tuple[Link, ...]:
        """Return the ways to the studies from home, a layer's page or a filter's, `source`."""
        ways = (study.invitation(layer, number) for study in self.studies)
        return tuple(self.link(source, *way) for way in ways if way)

    def _texts(self) -> list[tuple[str, Text]]:
        """Return page and text, in the order of the navigation."""
        content = self.content
        found = [(urls.text_page(text.name), text) for text in content.pages]
        found += [(urls.study_page(name), text) for name, text in content.studies.items()]
        return sorted(found, key=lambda each: (each[1].order, each[1].name))

    def link(self, source: str, target: str, words: str) -> Link:
        """Return the link as written on the page `source`."""
        return Link(self.address(source, target), words, current=source == target)

    def address(self, source: str, target: str) -> str:
        """Return the address of `target` as written on `source`.

        A server shows `404.html` at any depth, so its links start at the root where that is known.
        """
        if source == urls.NOT_FOUND and self.base_url:
            return urls.from_root(self.base_url, target)
        return urls.link(source, target)
