"""What every page has around its content: title, navigation, crumbs, notices, footer.

Everything here is a frozen record of strings, so that templates print and decide nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from generator.atlas.schema import PLACES, LayerRecord
from generator.render import urls
from generator.render.facts import Gallery
from generator.render.site.assets import Assets
from generator.render.text.content import Content

MEANING = "Layer n means the output of convolution n after its ReLU."
MEANING_OF_MODULES = "A layer here is the output of one module of the network; its page names it."
NO_LICENCE = (
    "No licence is known for these images. Ask those who made them before you publish this page."
)


@dataclass(frozen=True)
class Link:
    """An address as written on its page, and its words."""

    href: str
    text: str
    current: bool = False


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


@dataclass(frozen=True)
class Fact:
    """One measured fact: its name, its value, and what it means."""

    name: str
    value: str


@dataclass(frozen=True)
class Frame:
    """The part of a page that all pages share."""

    language: str
    title: str  # of the browser's tab
    description: str
    site_title: str
    home: Link
    layers: tuple[Link, ...]
    texts: tuple[Link, ...]
    crumbs: tuple[Link, ...]
    style: str
    scripts: tuple[str, ...]
    notice: str  # "" where the licence of the images is known
    credit: str  # how to credit the pictures shown
    credits: str  # address of the credits
    made_with: str
    meaning: str  # of the word layer
    previous: Link | None = None
    following: Link | None = None
    up: Link | None = None
    finder: Link | None = None
    canonical: str = ""
    card: str = ""  # whole address of the picture that other sites show


@dataclass(frozen=True)
class Neighbours:
    """Where the keys lead: paths inside the site, with words."""

    previous: tuple[str, str] | None = None
    following: tuple[str, str] | None = None
    up: tuple[str, str] | None = None


class Frames:
    """Makes the frame of each page from what all pages share."""

    def __init__(
        self, gallery: Gallery, content: Content, assets: Assets, base_url: str | None, version: str
    ) -> None:
        self.gallery = gallery
        self.content = content
        self.assets = assets
        self.base_url = base_url
        self.version = version

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
        title: str,
        description: str,
        *,
        crumbs: Sequence[tuple[str, str]] = (),
        scripts: Sequence[str] = (),
        card_of: str = "",
        neighbours: Neighbours | None = None,
    ) -> Frame:
        """Return the frame of the page at `path`; crumbs are pairs of path and words.

        A page that shows pictures names the layer whose card stands for it elsewhere, `card_of`.
        """
        site = self.content.site
        around = neighbours or Neighbours()
        terms = self.gallery.manifest.images.credits
        unlicensed = card_of and (terms is None or not terms.licence)
        layers = (layer.record for layer in self.gallery.layers)
        finder = self.content.finder
        texts = [(urls.text_page(page.name), page.nav) for page in self.content.pages if page.nav]
        return Frame(
            language=site.language,
            title=site.title if path == urls.HOME else f"{title} – {site.title}",
            description=description,
            site_title=site.title,
            home=self.link(path, urls.HOME, site.title),
            layers=tuple(self.link(path, urls.layer(item.name), item.title) for item in layers),
            texts=tuple(self.link(path, target, words) for target, words in texts),
            crumbs=tuple(self.link(path, target, words) for target, words in crumbs),
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
            previous=self._around(path, around.previous),
            following=self._around(path, around.following),
            up=self._around(path, around.up),
            finder=self.link(path, urls.FINDER, finder.nav or finder.title),
            canonical=urls.absolute(self.base_url, path) if self.base_url else "",
            card=urls.absolute(self.base_url, urls.social_card(card_of))
            if self.base_url and card_of
            else "",
        )

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

    def _around(self, path: str, target: tuple[str, str] | None) -> Link | None:
        return self.link(path, *target) if target else None


def empty_places(filled: int) -> str:
    """Say why places are empty; "" where none is."""
    if filled == 0:
        return "No image activates this filter: it is dead on this image set, its places are empty."
    if filled < PLACES:
        images = "one image activates" if filled == 1 else f"{filled} images activate"
        return f"Only {images} this filter, so the other places are empty."
    return ""
