"""Which studies an atlas has, and what each of them adds to the site.

The only place of the site that knows a study by name: a study's view stands in `VIEWS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from generator.atlas.store import Atlas
from generator.render.facts import Gallery
from generator.render.text.drawings import Answers
from generator.render.text.study_claims import Numbers
from generator.render.views.frame import Fact
from generator.render.views.study import StudySite
from generator.studies.adversarial.view import AdversarialSite
from generator.studies.classes.view import ClassesSite
from generator.studies.control.view import Control
from generator.studies.evolution.view import EvolutionSite
from generator.studies.invariance.view import InvarianceSite
from generator.studies.live.view import LivePage
from generator.studies.map.view import MapSite
from generator.studies.occlusion.view import OcclusionSite
from generator.studies.quiz.view import QuizSite
from generator.studies.random_labels.view import RandomLabelsSite
from generator.studies.synthetic.view import MadePictures

# By the study's name: what people call it where it is missing, and how it is read.
VIEWS: dict[str, tuple[str, Callable[[Path, Gallery], StudySite]]] = {
    "live": ("Your own picture", LivePage.read),
    "control": ("Random weights", Control.read),
    "evolution": ("How the filters came to be", EvolutionSite.read),
    "random_labels": ("Labels that say nothing", RandomLabelsSite.read),
    "classes": ("Classes", ClassesSite.read),
    "occlusion": ("What the answer rests on", OcclusionSite.read),
    "invariance": ("When an image is moved, scaled or turned", InvarianceSite.read),
    "adversarial": ("How little changes the answer", AdversarialSite.read),
    "quiz": ("Can you tell?", QuizSite.read),
    "map": ("Which images are alike to the network", MapSite.read),
    "synthetic": ("Made pictures", MadePictures.read),
}


@dataclass(frozen=True)
class Studies:
    """The studies of an atlas."""

    sites: tuple[StudySite, ...]
    absent: tuple[Fact, ...]  # what the site lacks, and why; nothing of studies that never ran

    @property
    def with_page(self) -> tuple[str, ...]:
        """Return the names of those with a page of their own."""
        return tuple(study.name for study in self.sites if study.has_page)

    @property
    def answers(self) -> Answers:
        """Return the answers to the drawings of all studies."""
        return {name: found for study in self.sites for name, found in study.answers.items()}

    @property
    def numbers(self) -> dict[str, Numbers]:
        """Return what texts can claim, by study."""
        return {study.name: study.numbers for study in self.sites}


def read_studies(atlas: Atlas, gallery: Gallery) -> Studies:
    """Read the studies that the atlas has."""
    sites, absent = [], []
    for name, (words, read) in VIEWS.items():
        study = atlas.study(name)
        if study is None:
            continue
        if reason := study.manifest.missing:
            absent.append(Fact(words, f"not on this site: {reason}"))
        else:
            sites.append(read(study.folder, gallery))
    return Studies(tuple(sites), tuple(absent))
