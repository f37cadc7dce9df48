"""What the network does when an image is moved, scaled or turned."""

from __future__ import annotations

from generator.studies.study import Study

INVARIANCE = Study(
    name="invariance",
    purpose="what an image does to the network when it is moved, scaled or turned",
    rests_on="the network, and the images",
    passes="about 50 for each of a hundred images",
    on=True,
    version=1,
)
