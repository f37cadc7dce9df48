"""What the network does when an image is moved, scaled or turned."""

from __future__ import annotations

from generator.studies.study import Study

INVARIANCE = Study(
    name="invariance",
    purpose="how far an image moved, scaled or turned is from itself ([ZF] figure 5)",
    rests_on="the network, and up to 100 of the images",
    passes="45 for each of up to 100 images",
    on=True,
    version=1,
)
