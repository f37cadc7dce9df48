"""Whether the gallery's pictures tell what a filter will do with images not seen before."""

from __future__ import annotations

from generator.studies.study import Study

QUIZ = Study(
    name="quiz",
    purpose="whether the pictures tell what a filter will do (Borowski and others 2021)",
    rests_on="the network, the filters' nine, and up to 2,000 of the images",
    passes="one for each image, another with random weights, and one for each patch compared",
    on=True,
    version=1,
)
