"""How little changes the answer."""

from __future__ import annotations

from generator.studies.study import Study

ADVERSARIAL = Study(
    name="adversarial",
    purpose="how little must change in an image for another answer",
    rests_on="the network with its head, the images, and whether these may be shown",
    passes="about 200 for each of 32 images",
    on=True,
    version=1,
)
