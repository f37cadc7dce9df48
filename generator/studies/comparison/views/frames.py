"""The two networks as the pages see them, and the frame that all pages share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from generator.render import urls
from generator.render.facts import FilterFacts, Gallery, LayerFacts
from generator.render.site.assets import Assets
from generator.render.views.frame import NO_LICENCE, Frame, Link, Target
from generator.studies.comparison.comparison import Nearest

MEANING = (
    "A and B were shown the same drawn stimuli. The nearest filter is the one whose answers to "
    "them correlate most."
)


@dataclass(frozen=True)
class Side:
    """One of the two networks. Its layers are named as its pages lie: "a/layer1"."""

    letter: str  # "A" or "B"
    gallery: Gallery
    nearest: tuple[Nearest, ...]  # of each layer, in the other network

    @classmethod
    def of(cls, letter: str, gallery: Gallery, nearest: tuple[Nearest, ...]) -> Side:
        """Return a network with its layers below a folder of its own."""
        layers = tuple(
            replace(layer, record=layer.record.model_copy(update={"name": name}))
            for layer in gallery.layers
            for name in [urls.of_side(letter, layer.record.name)]
        )
        return cls(letter, replace(gallery, layers=layers), nearest)

    @property
    def layers(self) -> tuple[LayerFacts, ...]:
        """Return its layers."""
        return self.gallery.layers

    def title(self, at: int) -> str:
        """Return "A, Layer 3"."""
        return f"{self.letter}, {self.layers[at].record.title}"

    def filter(self, at: int, number: int) -> tuple[LayerFacts, FilterFacts]:
        """Return a filter of its layer number `at`, and the layer."""
        return self.layers[at], self.layers[at].filters[number]


@dataclass(frozen=True)
class CompareFrames:
    """Makes the frame of each page."""

    title: str  # of the whole site
    language: str
    sides: tuple[Side, Side]
    assets: Assets
    base_url: str | None
    version: str

    def frame(
        self,
        path: str,
        heading: str,
        description: str,
        *,
        crumbs: Sequence[Target] = (),
        previous: Target | None = None,
        following: Target | None = None,
        pictures: bool = True,
    ) -> Frame:
        """Return the frame of the page at `path`; `crumbs` lead from below the first page to it."""
        terms = [side.gallery.manifest.images.credits for side in self.sides]
        credit = dict.fromkeys(each.how_to_credit for each in terms if each)
        known = all(each and each.licence for each in terms)
        trail = [self.link(path, *each) for each in ((urls.HOME, "Comparison"), *crumbs) if crumbs]
        navigation = [
            tuple(
                self.link(path, urls.layer(layer.record.name), side.title(at))
                for at, layer in enumerate(side.layers)
            )
            for side in self.sides
        ]
        return Frame(
            language=self.language,
            title=heading if path == urls.HOME else f"{heading} – {self.title}",
            heading=heading,
            description=description,
            home=self.link(path, urls.HOME, self.title),
            layers=navigation[0],
            texts=navigation[1],
            finder=None,
            crumbs=tuple(trail),
            style=self.address(path, self.assets.style),
            scripts=()
            if path == urls.NOT_FOUND
            else (self.address(path, self.assets.scripts["keys.js"]),),
            notice=NO_LICENCE if pictures and not known else "",
            credit=" ".join(credit) if pictures else "",
            credits=self.address(path, f"{urls.HOME}#networks"),
            made_with=f"Filter Gallery {self.version}",
            meaning=MEANING,
            previous=self.link(path, *previous) if previous else None,
            following=self.link(path, *following) if following else None,
            up=trail[-2] if trail else None,
            canonical=urls.absolute(self.base_url, path) if self.base_url else "",
            card="",
        )

    def link(self, source: str, target: str, words: str) -> Link:
        """Return the link as written on the page `source`."""
        return Link(self.address(source, target), words, current=source == target)

    def address(self, source: str, target: str) -> str:
        """Return the address of `target` as written on `source`; see `Frames.address`."""
        if source == urls.NOT_FOUND and self.base_url:
            return urls.from_root(self.base_url, target)
        return urls.link(source, target)
