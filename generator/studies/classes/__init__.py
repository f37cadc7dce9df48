"""What the score of each class rests on."""

from __future__ import annotations

from generator.studies.study import Study

CLASSES = Study(
    name="classes",
    purpose="what the score of each class rests on, and how often it is right",
    rests_on="the network with its head, and the images",
    passes="one for each image, of 10,000 at most",
    on=True,
    version=1,
)
