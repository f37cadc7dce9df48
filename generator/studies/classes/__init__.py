"""What the score of each class rests on."""

from __future__ import annotations

from generator.studies.study import Study

CLASSES = Study(
    name="classes",
    purpose="which filters speak for and against each class, and how often it is named right",
    rests_on="the network with its head, and up to 10,000 of the images",
    passes="one for each image",
    on=True,
    version=1,
)
