"""Which images are alike to the network: a map on which these lie together."""

from __future__ import annotations

from generator.studies.study import Study

MAP = Study(
    name="map",
    purpose="which images are alike to the network: t-SNE on a grid, and who their neighbours are",
    rests_on="the network and the images; the map itself on their licence",
    passes="one for each of up to 2,000 images, and one more with random weights",
    on=True,
    version=1,
)
