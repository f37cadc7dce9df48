"""Two computations on one atlas: the second is refused while the first is at work."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.faults.fault import Fault
from tests.faults.place import Place
from tests.faults.states import Undisturbed

AT_WORK = (r"^read many/left", r"^write atlas\.work/atlas/pictures", r"^rename atlas\.work/atlas$")


@pytest.mark.parametrize("at", AT_WORK, ids=["search", "pictures", "swap"])
def test_the_second_is_refused_and_the_first_is_not_disturbed(
    replacing: Callable[[], Place], undisturbed: Undisturbed, at: str
) -> None:
    """Whatever the second asks for; afterwards there is nothing to do for it."""
    place = replacing()
    first = place.start("compute", fault=Fault("pause", at))
    assert first.pauses()
    for more in ((), ("--anew",), ("--batch", "7")):
        second = place.run("compute", *more)
        assert second.status == 1
        last = second.err.splitlines()[-1]
        assert last.startswith("error: ")
        assert f"process {first.process} " in last
    first.resume()
    assert first.outcome().status == 0
    undisturbed.require_complete(place)
    assert "unchanged" in place.succeed("compute").out


def test_whoever_is_killed_holds_no_lock(
    replacing: Callable[[], Place], undisturbed: Undisturbed
) -> None:
    """Nobody has to remove a file by hand."""
    place = replacing()
    first = place.start("compute", fault=Fault("pause", r"^write atlas\.work/atlas/pictures"))
    assert first.pauses()
    assert place.run("compute").status == 1
    first.signal(signal.SIGKILL)
    assert first.outcome().status == -signal.SIGKILL
    place.succeed("compute")
    undisturbed.require_complete(place)
