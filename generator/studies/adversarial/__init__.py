"""How little changes the answer."""

from __future__ import annotations

from generator.studies.study import Study

ADVERSARIAL = Study(
    name="adversarial",
    purpose="how little must change in an image for another answer",
    rests_on="the network with its head, and the images",
    passes="about 100 up and down for each of some images",
    on=True,
    version=1,
)
