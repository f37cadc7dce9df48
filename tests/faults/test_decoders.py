"""Processes that decode images die, or are left behind."""

from __future__ import annotations

import signal
from collections.abc import Callable

from tests.faults.fault import Fault
from tests.faults.place import Place
from tests.faults.states import Undisturbed


def test_a_decoder_that_is_killed_is_named_and_made_good(
    replacing: Callable[[], Place], undisturbed: Undisturbed
) -> None:
    """One line that says so, exit status 1, and the next run ends as if nothing had been."""
    place = replacing()
    fault = Fault("kill", r"^decoder read many/left/picture_006")
    outcome = place.run("compute", "--workers", "2", fault=fault)
    assert outcome.status == 1
    assert "Traceback" not in outcome.err
    last = outcome.err.splitlines()[-1]
    assert last.startswith("error: process ")
    assert "which decodes images, has died (ended by SIGKILL" in last
    assert undisturbed.state(place) == ("old", "old")
    place.succeed("compute", "--workers", "2")
    undisturbed.require_complete(place)


def test_decoders_end_with_the_run_that_was_killed(
    replacing: Callable[[], Place], undisturbed: Undisturbed
) -> None:
    """Nobody has to look for processes; the driver itself waits until all of them are gone."""
    place = replacing()
    fault = Fault("kill", r"^write atlas\.work/.*search")
    outcome = place.run("compute", "--workers", "2", fault=fault)
    assert outcome.status == -signal.SIGKILL
    place.succeed("compute", "--workers", "1")
    undisturbed.require_complete(place)
