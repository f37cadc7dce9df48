"""Which part of an image the answer rests on."""

from __future__ import annotations

from generator.studies.study import Study

OCCLUSION = Study(
    name="occlusion",
    purpose="which part of an image the answer rests on",
    rests_on="the network with its head, and the images",
    passes="about 500 for each of six images",
    on=True,
    version=1,
)
