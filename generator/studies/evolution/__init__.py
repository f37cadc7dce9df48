"""How the filters came to be: the network's snapshots beside its final weights."""

from __future__ import annotations

from generator.studies.study import Study

EVOLUTION = Study(
    name="evolution",
    purpose="how each filter came to be, from snapshots of the training ([ZF] figure 4)",
    rests_on="the network, its snapshots, and up to 2,000 of the images",
    passes="one for each image and each snapshot, and 373 stimuli",
    on=True,
    version=1,
)
