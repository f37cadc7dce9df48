"""Ctrl-C, and the polite request to end that batch systems send."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.faults.fault import Deed, Fault
from tests.faults.place import Place
from tests.faults.states import Undisturbed

INTERRUPTED = 130
STAGES = {
    "reading": r"^read many/right",
    "search": r"^write atlas\.work/.*search",
    "pictures": r"^write atlas\.work/atlas/pictures/layer2",
    "record": r"^write atlas\.work/made",
    "swap": r"^rename atlas\.work/atlas$",
    "pages": r"^write \.site\..*html",
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("deed", ["interrupt", "terminate"])
def test_a_signal_ends_the_run_and_the_next_one_goes_on(
    replacing: Callable[[], Place], undisturbed: Undisturbed, stage: str, deed: Deed
) -> None:
    """What was there stays, Ctrl-C is answered in one line, and the end is as if undisturbed."""
    place = replacing()
    outcome = place.run("build", fault=Fault(deed, STAGES[stage]))
    assert "Traceback" not in outcome.err
    if deed == "interrupt":
        assert outcome.status == INTERRUPTED
        assert outcome.err.endswith("interrupted; the same command goes on from here\n")
    else:
        assert outcome.status in {-signal.SIGTERM, 128 + signal.SIGTERM}
    assert set(undisturbed.state(place)) <= {"old", "new"}
    place.succeed("build")
    undisturbed.require_complete(place)
    assert undisturbed.state(place) == ("new", "new")
