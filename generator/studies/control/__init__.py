"""The reconstructions again, with random weights: how much of them is the network, how much not."""

from __future__ import annotations

from generator.studies.study import Study

CONTROL = Study(
    name="control",
    purpose="the reconstructions of the same places with random weights, and how alike both are",
    rests_on="the network and the images",
    passes="three for each place, up and down, over what its unit sees",
    on=True,
    version=2,
)
