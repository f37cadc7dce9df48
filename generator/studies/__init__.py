"""Studies: what is asked of a network beyond its nine images, a room for each.

`compute` runs those that are on, after the core atlas. Nothing here imports torch but the rooms'
own `measure` modules, which the stage imports when it runs one.
"""

from __future__ import annotations

from generator.studies.adversarial import ADVERSARIAL
from generator.studies.classes import CLASSES
from generator.studies.control import CONTROL
from generator.studies.evolution import EVOLUTION
from generator.studies.invariance import INVARIANCE
from generator.studies.live import LIVE
from generator.studies.map import MAP
from generator.studies.occlusion import OCCLUSION
from generator.studies.quiz import QUIZ
from generator.studies.random_labels import RANDOM_LABELS
from generator.studies.study import Study
from generator.studies.synthetic import SYNTHETIC

# In the order in which they are made.
STUDIES: dict[str, Study] = {
    study.name: study
    for study in (
        *(
            LIVE,
            CONTROL,
            EVOLUTION,
            RANDOM_LABELS,
            CLASSES,
            OCCLUSION,
            INVARIANCE,
            ADVERSARIAL,
            QUIZ,
            MAP,
            SYNTHETIC,
        ),
    )
}

__all__ = ["STUDIES", "Study"]
