"""Which studies an atlas has, and what each of them adds to the site.

The only place of the site that knows a study by name: a study's view stands in `VIEWS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from generator.atlas.store import Atlas
from generator.render.facts import Gallery
from generator.render.site.pages import View
from generator.render.text.drawings import Answers
from generator.render.text.texts import Texts
from generator.render.views.frame import Fact, Frames, Inviting
from generator.studies.live.view import LivePage


class StudyPage(Inviting, Protocol):
    """A study with a page of its own, made with `studies/<name>.html`."""

    @property
    def answers(self) -> Answers:
        """Return what claims on drawings rest on."""

    def scripts(self, static: Path) -> dict[str, bytes]:
        """Return the scripts of its page by name, given the folder of all scripts."""

    def view(self, frames: Frames, texts: Texts) -> View:
        """Return the view of its page."""


VIEWS: dict[str, tuple[str, Callable[[Path, Gallery], StudyPage]]] = {
    "live": ("Your own picture", LivePage.read),
}


@dataclass(frozen=True)
class Studies:
    """The studies of an atlas."""

    pages: tuple[StudyPage, ...]
    absent: tuple[Fact, ...]  # what the site lacks, and why; nothing of studies that never ran

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of those with a page."""
        return tuple(page.name for page in self.pages)

    @property
    def answers(self) -> Answers:
        """Return the answers to the drawings of all studies."""
        return {name: found for page in self.pages for name, found in page.answers.items()}


def read_studies(atlas: Atlas, gallery: Gallery) -> Studies:
    """Read the studies that the atlas has."""
    pages, absent = [], []
    for name, (words, read) in VIEWS.items():
        study = atlas.study(name)
        if study is None:
            continue
        if reason := study.manifest.missing:
            absent.append(Fact(words, f"not on this site: {reason}"))
        else:
            pages.append(read(study.folder, gallery))
    return Studies(tuple(pages), tuple(absent))
