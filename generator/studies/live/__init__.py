"""The network as a page can run it in the browser, and pictures to begin with."""

from __future__ import annotations

from generator.studies.study import Study

LIVE = Study(
    name="live",
    purpose="the network itself, with 8-bit weights, to run on a reader's own picture",
    rests_on="the network; images only where their licence lets them be shown",
    passes="two for each of up to sixteen pictures",
    on=True,
    version=1,
)
