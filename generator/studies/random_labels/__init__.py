"""What is learned when there is nothing to learn? A twin that was trained on shuffled labels."""

from __future__ import annotations

from generator.studies.study import Study

RANDOM_LABELS = Study(
    name="random_labels",
    purpose="what the same network learns from labels that say nothing (Zhang and others 2016)",
    rests_on="the network, its twin, and up to 2,000 of the images",
    passes="one for each image, and every stimulus",
    on=True,
    version=1,
)
