"""Which part of an image the answer rests on."""

from __future__ import annotations

from generator.studies.study import Study

OCCLUSION = Study(
    name="occlusion",
    purpose="which part of an image the answer rests on ([ZF] figure 7)",
    rests_on="the network with its head, and the images where their licence lets them be shown",
    passes="784 for each of six images, and one for each of up to 500",
    on=True,
    version=1,
)
