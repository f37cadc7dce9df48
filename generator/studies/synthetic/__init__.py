"""The picture that activates a filter most, as far as it can be made and not found."""

from __future__ import annotations

from generator.studies.study import Study

SYNTHETIC = Study(
    name="synthetic",
    purpose="one picture for each filter, made step by step so that it activates it most",
    rests_on="the network",
    passes="three for each step and filter, of the pixels that a unit sees",
    on=False,
    version=1,
)
